"""Training pre-alignment: a batch of images, each with some of its captions as positives.

What is frozen is read from features that were computed once; what is tuned runs with gradients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from cmpagl.config.run import TrainConfig
from cmpagl.model.towers import CMPAGL
from cmpagl.train.images import Captions, ImageRows
from cmpagl.train.losses import alignment_loss, positive_mask

__all__ = ["AlignmentSet"]

TEXT_CHUNK = 64  # captions encoded together
IMAGE_CHUNK = 16  # images tuned together: more at once fall out of a CPU's cache, and take longer


@dataclass(frozen=True)
class AlignmentSet:
    """The training images and captions, and the model that is to bring them together."""

    model: CMPAGL
    images: ImageRows
    captions: Captions
    config: TrainConfig

    @property
    def first_tuned(self) -> int:
        """The lowest image block that may be tuned; its input is what is kept of an image."""
        return self.model.image.vision.num_blocks - self.config.tuned_blocks

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device

    def loss(
        self,
        rows: NDArray[np.int64],
        rng: np.random.Generator,
        scale: Tensor,
        texts: Tensor | None,
        *,
        tuned: bool,
    ) -> tuple[Tensor, dict[str, float]]:
        """The loss of one batch, and its parts for the log.

        Args:
            rows: the images.
            rng: chooses views and captions.
            scale: what similarities are multiplied by, a scalar with a gradient.
            texts: features of all captions by a frozen text tower, or None to encode them.
            tuned: whether gradients reach the image tower's upper blocks.
        """
        config, model = self.config, self.model
        views = rng.integers(self.images.views, size=len(rows))
        chosen = [
            rng.choice(self.captions.count[row], size, replace=False)
            for row in rows
            for size in [min(config.captions_per_image, int(self.captions.count[row]))]
        ]
        caption_to_image = torch.tensor(np.repeat(np.arange(len(rows)), [len(c) for c in chosen]))
        flat = torch.tensor(np.concatenate(chosen))
        of_image = self.captions.of_image[torch.from_numpy(rows)]
        ids = of_image[caption_to_image, flat]
        model.image.head.train()
        model.text.head.train()
        if tuned:
            tokens = self.images.tokens(rows, views)
            pooled = torch.cat(
                [self.upper_blocks(part) for part in torch.split(tokens, IMAGE_CHUNK)]
            )
        else:
            pooled = self.images.pooled(rows, views).to(self.device)
        if texts is None:
            model.text.encoder.train(config.tuned_text_layers > 0)
            text_pooled = self.pooled_texts(ids)
        else:
            text_pooled = texts[ids]
        loss = alignment_loss(
            normalize(model.image.head(pooled), dim=-1),
            normalize(model.text.head(text_pooled), dim=-1),
            caption_to_image.to(self.device),
            positive_mask(of_image, ids).to(self.device),
            scale,
            infonce_weight=config.infonce_weight,
            triplet_weight=config.triplet_weight,
            margin=config.margin,
            mining=config.mining,
            intra_class_weight=config.intra_class_weight,
        )
        parts = {
            "loss": float(loss.total.detach()),
            "itc": float(loss.itc),
            "triplet": float(loss.triplet),
            "intra_class": float(loss.intra_class),
            "temperature": float(scale.detach()),
        }
        return loss.total, {k: round(v, 5) for k, v in parts.items()}

    def upper_blocks(self, tokens: Tensor) -> Tensor:
        """Pooled vectors (n, P) of the tuned tower from the first tuned block's input."""
        vision = self.model.image.vision
        x = tokens.to(self.device)
        kept = [x] if self.first_tuned in vision.config.pooled_blocks else []
        return vision.pool(vision.run_blocks(x, self.first_tuned, kept=kept)[0], kept)[1]

    def pooled_texts(self, ids: Tensor) -> Tensor:
        """Pooled vectors of captions (n, P), with gradients.

        A caption that several images of the batch share is encoded once, captions of like length
        go together: padding to the longest of all would triple the work.
        """
        distinct, inverse = torch.unique(ids, return_inverse=True)
        lengths = [len(self.captions.word_pieces[i]) for i in distinct.tolist()]
        order = sorted(range(len(lengths)), key=lambda k: (lengths[k], k))
        found = []
        for start in range(0, len(order), TEXT_CHUNK):
            chosen = [int(distinct[k]) for k in order[start : start + TEXT_CHUNK]]
            batch = self.captions.batch(chosen).to(self.device)
            mask = batch.attention_mask
            if self.config.word_dropout:
                hidden = torch.rand(mask.shape, device=mask.device) < self.config.word_dropout
                hidden[:, 0] = False  # the first piece stays, so that no text is empty
                mask = mask * ~hidden
            found.append(self.model.text.encoder(batch.input_ids, mask)[1])
        place = torch.tensor(order).argsort()
        return torch.cat(found)[place.to(self.device)][inverse.to(self.device)]
