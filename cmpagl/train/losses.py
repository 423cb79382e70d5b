"""The losses of pre-alignment and of matching.

Alignment compares I images with C captions of one batch, several captions per image allowed::

    L = w_itc * ITC + w_triplet * (triplet + lambda * intra-class distance)

- ITC: symmetric InfoNCE; the targets of an image are spread evenly over its positives.
- triplet: ``mean [margin - s(i, i+) + s(i, j-)]_+``, both directions summed.
- intra-class distance: ``mean ||x - y||^2`` over the pairs of an image and its captions.

Positives of an image are its own captions and every caption that is the same word for word, so
equal captions are never negatives. A loss without a valid pair is 0 and still has a gradient. The
paper (arXiv 2411.14704) names the terms; their form and weights are this project's reading.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from cmpagl.errors import ConfigError

__all__ = [
    "AlignmentLoss",
    "alignment_loss",
    "intra_class_distance",
    "itc_loss",
    "itm_loss",
    "positive_mask",
    "triplet_loss",
]


class AlignmentLoss(NamedTuple):
    """The weighted sum and its unweighted parts, all scalars; the parts carry no gradient."""

    total: Tensor
    itc: Tensor
    triplet: Tensor
    intra_class: Tensor


def positive_mask(image_caption_ids: Tensor, caption_ids: Tensor) -> Tensor:
    """Which captions of a batch are right for which images, ``(I, C)``, bool.

    Text ids number the distinct captions of the data set, so that equal captions share one.

    Args:
        image_caption_ids: ``(I, M)`` the text ids of all captions of each image, those that are not
            in the batch included; rows are filled up with -1.
        caption_ids: ``(C,)`` the text ids of the batch's captions, from 0.
    """
    same = image_caption_ids[:, :, None] == caption_ids[None, None, :]  # (I, M, C)
    return same.any(dim=1)


def itc_loss(sims: Tensor, targets: Tensor, temperature: Tensor | float) -> Tensor:
    """Symmetric InfoNCE: the mean cross-entropy of image->text and of text->image.

    Args:
        sims: ``(I, C)`` cosines.
        targets: ``(I, C)`` positives as bool, or weights of at least 0; each row (column) is
            divided by its sum. Rows and columns without a positive are left out.
        temperature: divides the cosines; above 0.
    """
    logits = sims / temperature
    return (_cross_entropy(logits, targets) + _cross_entropy(logits.T, targets.T)) / 2


def triplet_loss(sims: Tensor, positives: Tensor, margin: float, mining: str = "all") -> Tensor:
    """``mean [margin - s(i, i+) + s(i, j-)]_+`` over the positive pairs, both directions summed.

    Args:
        sims: ``(I, C)`` cosines.
        positives: ``(I, C)`` bool; every other pair is a negative.
        margin: by how much a positive shall lead.
        mining: "all" averages over a pair's negatives, "hardest" takes the worst.

    Raises:
        ConfigError: ``mining`` is neither.
    """
    if mining not in ("all", "hardest"):
        raise ConfigError(f'The triplet mining is {mining!r}, but must be "all" or "hardest".')
    return _hinge(sims, positives, margin, mining) + _hinge(sims.T, positives.T, margin, mining)


def intra_class_distance(
    image_embeds: Tensor, text_embeds: Tensor, caption_to_image: Tensor
) -> Tensor:
    """``mean ||x - y||^2`` over the pairs of a class: an image and its captions in the batch.

    Args:
        image_embeds: ``(I, E)``, L2-normalised.
        text_embeds: ``(C, E)``, L2-normalised.
        caption_to_image: ``(C,)`` the row of each caption's image.
    """
    same = caption_to_image[:, None] == caption_to_image[None, :]
    first, second = torch.nonzero(torch.triu(same, diagonal=1), as_tuple=True)
    image_caption = (image_embeds[caption_to_image] - text_embeds).square().sum(dim=1)
    caption_caption = (text_embeds[first] - text_embeds[second]).square().sum(dim=1)
    return _mean(torch.cat([image_caption, caption_caption]))


def alignment_loss(
    image_embeds: Tensor,
    text_embeds: Tensor,
    caption_to_image: Tensor,
    positives: Tensor,
    temperature: Tensor | float,
    *,
    infonce_weight: float = 1.0,
    triplet_weight: float = 1.0,
    margin: float = 0.2,
    mining: str = "all",
    intra_class_weight: float = 0.1,
) -> AlignmentLoss:
    """The loss of pre-alignment (see the module's docstring).

    With ``intra_class_weight=0`` the total is exactly the loss without that term.

    Args:
        image_embeds: ``(I, E)``, L2-normalised.
        text_embeds: ``(C, E)``, L2-normalised.
        caption_to_image: ``(C,)`` the row of each caption's image.
        positives: ``(I, C)`` bool, from `positive_mask`.
        temperature: of the InfoNCE, a learned scalar or a number.
        infonce_weight: w_itc.
        triplet_weight: w_triplet; also scales the intra-class term, which is part of that loss.
        margin: of the triplets.
        mining: of the triplets, "all" or "hardest".
        intra_class_weight: lambda.

    Raises:
        ConfigError: ``mining`` is unknown.
    """
    sims = image_embeds @ text_embeds.T
    itc = itc_loss(sims, positives, temperature)
    triplet = intra_class = sims.new_zeros(())
    if triplet_weight:  # the triplets cost more than all else in a large batch
        triplet = triplet_loss(sims, positives, margin, mining)
        intra_class = intra_class_distance(image_embeds, text_embeds, caption_to_image)
    total = infonce_weight * itc + triplet_weight * (triplet + intra_class_weight * intra_class)
    return AlignmentLoss(total, itc.detach(), triplet.detach(), intra_class.detach())


def itm_loss(match_logits: Tensor, matches: Tensor) -> Tensor:
    """Image-text matching: mean binary cross-entropy of ``(N,)`` logits.

    Args:
        match_logits: ``(N,)``, above 0 says that text and image belong together.
        matches: ``(N,)`` bool (or 0 and 1); equal captions count as matches.
    """
    target = matches.to(match_logits.dtype)
    return _mean(F.binary_cross_entropy_with_logits(match_logits, target, reduction="none"))


def _cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean over the rows of ``(Q, G)`` that have a positive."""
    weights = targets.to(logits.dtype)
    total = weights.sum(dim=1)
    has_positive = total > 0
    entropies = -(weights * F.log_softmax(logits, dim=1)).sum(dim=1)
    return _mean(entropies[has_positive] / total[has_positive])


def _hinge(sims: Tensor, positives: Tensor, margin: float, mining: str) -> Tensor:
    """One direction: rows of ``sims (Q, G)`` are the anchors."""
    anchors, items = torch.nonzero(positives, as_tuple=True)
    negatives = ~positives[anchors]  # (N, G): a row per positive pair
    violation = F.relu(margin - sims[anchors, items, None] + sims[anchors])
    violation = violation.masked_fill(~negatives, 0.0)
    n_negatives = negatives.sum(dim=1)
    if mining == "hardest":
        per_pair = violation.amax(dim=1) if violation.numel() else violation.sum(dim=1)
    else:
        per_pair = violation.sum(dim=1) / n_negatives.clamp(min=1)
    return _mean(per_pair[n_negatives > 0])


def _mean(values: Tensor) -> Tensor:
    """The mean of ``(N,)``; of nothing 0, with a gradient path."""
    return values.sum() / max(1, values.numel())
