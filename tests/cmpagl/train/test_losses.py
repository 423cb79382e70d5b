import math

import pytest
import torch

from cmpagl.errors import ConfigError
from cmpagl.train.losses import (
    alignment_loss,
    intra_class_distance,
    itc_loss,
    itm_loss,
    positive_mask,
    triplet_loss,
)

IMAGE_TEXTS = torch.tensor([[0, 1, 1], [2, 1, -1], [3, 4, -1]])
"""Three images: the second's other caption reads like one of the first's."""
TEXTS = torch.tensor([0, 1, 2, 3, 4])
OWN = torch.tensor([0, 0, 1, 2, 2])


@pytest.fixture
def embeds():
    """Three images and five captions in float64, unit length, with gradients."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(3, 6, dtype=torch.float64, generator=generator)
    texts = torch.randn(5, 6, dtype=torch.float64, generator=generator)
    return (
        torch.nn.functional.normalize(images, dim=1).requires_grad_(),
        torch.nn.functional.normalize(texts, dim=1).requires_grad_(),
    )


def mask():
    return positive_mask(IMAGE_TEXTS, TEXTS)


def test_equal_captions_are_positives():
    """Caption 1 was drawn for image 0, and reads like a caption of image 1 that was not drawn."""
    assert mask().int().tolist() == [[1, 1, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 1, 1]]


def test_itc_is_the_cross_entropy_with_even_targets(embeds):
    """Against a loop over rows and columns."""
    sims = (embeds[0] @ embeds[1].T).detach()
    expected = 0.0
    for matrix, right in ((sims, mask()), (sims.T, mask().T)):
        losses = []
        for row, own in zip(matrix.tolist(), right.tolist(), strict=True):
            total = sum(math.exp(value / 0.1) for value in row)
            chances = [math.exp(value / 0.1) / total for value in row]
            positive = [chance for chance, yes in zip(chances, own, strict=True) if yes]
            losses.append(-sum(math.log(chance) for chance in positive) / len(positive))
        expected += sum(losses) / len(losses) / 2
    assert itc_loss(sims, mask(), 0.1).item() == pytest.approx(expected)


def test_itc_without_equal_captions_is_the_plain_one():
    """One caption per image: torch's cross entropy against the diagonal."""
    sims = torch.randn(4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    label = torch.arange(4)
    plain = torch.nn.functional.cross_entropy
    expected = (plain(sims / 0.05, label) + plain(sims.T / 0.05, label)) / 2
    assert itc_loss(sims, torch.eye(4).bool(), 0.05).item() == pytest.approx(expected.item())


def test_itc_takes_weights_and_leaves_rows_without_a_positive_out():
    """Scaling a row's weights changes nothing; an image without a caption adds nothing."""
    sims = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    weights = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    both = torch.tensor([[1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0]]).bool()
    loss = itc_loss(sims, weights, 0.1)
    assert loss.item() == pytest.approx(itc_loss(sims, both, 0.1).item())
    logits = sims / 0.1
    rows = [-torch.log_softmax(logits, 1)[i][both[i]].mean() for i in (0, 1)]
    columns = [-torch.log_softmax(logits, 0)[:, j][both[:, j]].mean() for j in range(4)]
    expected = (sum(rows) / 2 + sum(columns) / 4) / 2
    assert loss.item() == pytest.approx(expected.item())


@pytest.mark.parametrize("mining", ["all", "hardest"])
def test_triplet_agrees_with_a_loop_over_triplets(embeds, mining):
    """Every positive pair against its negatives, both directions."""
    sims = (embeds[0] @ embeds[1].T).detach()
    expected = 0.0
    for matrix, right in ((sims, mask()), (sims.T, mask().T)):
        per_pair = []
        for row, own in zip(matrix.tolist(), right.tolist(), strict=True):
            negatives = [value for value, yes in zip(row, own, strict=True) if not yes]
            for value, yes in zip(row, own, strict=True):
                if yes and negatives:
                    worst = [max(0.0, 0.2 - value + negative) for negative in negatives]
                    per_pair.append(max(worst) if mining == "hardest" else sum(worst) / len(worst))
        expected += sum(per_pair) / len(per_pair)
    assert triplet_loss(sims, mask(), 0.2, mining).item() == pytest.approx(expected)


def test_triplet_by_hand():
    """Angles of 0, 60 and 90 degrees: cosines 1, 0.5 and 0."""
    sims = torch.tensor([[1.0, 0.5], [0.5, 0.5]])
    own = torch.eye(2).bool()
    # image 0: 0.2 - 1 + 0.5 < 0; image 1: 0.2 - 0.5 + 0.5; the same by columns
    assert triplet_loss(sims, own, 0.2).item() == pytest.approx(0.1 + 0.1)


def test_an_equal_caption_is_never_a_negative():
    """Image 0 agrees best with a caption of image 1 that reads like its own: nothing to pay."""
    sims = torch.tensor([[0.5, 0.9], [0.9, 0.9]], requires_grad=True)
    everything = torch.ones(2, 2).bool()
    assert triplet_loss(sims, torch.eye(2).bool(), 0.2).item() > 0
    assert triplet_loss(sims, everything, 0.2).item() == 0.0


@pytest.mark.parametrize("mining", ["all", "hardest"])
@pytest.mark.parametrize("right", [torch.ones(2, 3), torch.zeros(2, 3), torch.ones(0, 3)])
def test_no_valid_triplet_gives_zero_with_a_gradient(mining, right):
    """All positive, all negative, no image at all: 0, and backward runs."""
    sims = torch.randn(right.shape, requires_grad=True)
    loss = triplet_loss(sims, right.bool(), 0.2, mining)
    loss.backward()
    assert loss.item() == 0.0
    assert torch.equal(sims.grad, torch.zeros_like(sims))


def test_unknown_mining_is_refused():
    """By name."""
    with pytest.raises(ConfigError, match="'semi'"):
        triplet_loss(torch.eye(2), torch.eye(2).bool(), 0.2, "semi")


def test_intra_class_distance_agrees_with_a_loop(embeds):
    """Image-caption and caption-caption pairs of each class, and 2 - 2 cos for unit vectors."""
    images, texts = (part.detach() for part in embeds)
    pairs = [(images[OWN[j]], texts[j]) for j in range(5)]
    pairs += [(texts[0], texts[1]), (texts[3], texts[4])]
    expected = sum(2 - 2 * float(x @ y) for x, y in pairs) / len(pairs)
    assert intra_class_distance(images, texts, OWN).item() == pytest.approx(expected)


def test_intra_class_distance_of_nothing_is_zero():
    """A batch without captions has no pairs, and still a gradient."""
    texts = torch.zeros(0, 6, requires_grad=True)
    loss = intra_class_distance(torch.eye(6)[:2], texts, torch.zeros(0, dtype=torch.long))
    loss.backward()
    assert loss.item() == 0.0


def test_the_total_is_the_weighted_sum(embeds):
    """w_itc * ITC + w_triplet * (triplet + lambda * distance)."""
    loss = alignment_loss(
        *embeds, OWN, mask(), 0.05, infonce_weight=0.7, triplet_weight=1.3, intra_class_weight=0.4
    )
    sims = embeds[0] @ embeds[1].T
    parts = itc_loss(sims, mask(), 0.05), triplet_loss(sims, mask(), 0.2)
    distance = intra_class_distance(*embeds, OWN)
    expected = 0.7 * parts[0] + 1.3 * (parts[1] + 0.4 * distance)
    assert loss.total.item() == pytest.approx(expected.item())
    assert (loss.itc, loss.triplet, loss.intra_class) == (*parts, distance)
    assert not loss.itc.requires_grad


def test_lambda_zero_is_exactly_the_plain_loss(embeds):
    """Value and gradient, bit for bit."""
    images, texts = embeds
    alignment_loss(images, texts, OWN, mask(), 0.05, intra_class_weight=0.0).total.backward()
    with_term = images.grad.clone(), texts.grad.clone()
    images.grad = texts.grad = None
    sims = images @ texts.T
    plain = itc_loss(sims, mask(), 0.05) + triplet_loss(sims, mask(), 0.2)
    total = alignment_loss(images, texts, OWN, mask(), 0.05, intra_class_weight=0.0).total
    assert total.item() == plain.item()
    plain.backward()
    assert torch.equal(with_term[0], images.grad)
    assert torch.equal(with_term[1], texts.grad)


@pytest.mark.parametrize("mining", ["all", "hardest"])
def test_gradients_agree_with_finite_differences(embeds, mining):
    """Of the whole alignment loss, also for the learned temperature."""
    at = [*embeds, torch.tensor(0.1, dtype=torch.float64, requires_grad=True)]
    generator = torch.Generator().manual_seed(4)
    step = [1e-6 * torch.randn(x.shape, dtype=torch.float64, generator=generator) for x in at]

    def total(sign):
        images, texts, temperature = (x + sign * d for x, d in zip(at, step, strict=True))
        return alignment_loss(images, texts, OWN, mask(), temperature, mining=mining).total

    slopes = torch.autograd.grad(total(0), at)
    expected = sum((slope * d).sum().item() for slope, d in zip(slopes, step, strict=True))
    assert (total(1) - total(-1)).item() / 2 == pytest.approx(expected, rel=1e-4)


def test_the_intra_class_term_pulls_a_class_together():
    """Ten steps on the term alone shorten the distances within a class."""
    generator = torch.Generator().manual_seed(3)
    texts = torch.randn(5, 6, generator=generator, requires_grad=True)
    images = torch.nn.functional.normalize(torch.randn(3, 6, generator=generator), dim=1)
    distances = []
    for _ in range(10):
        loss = intra_class_distance(images, torch.nn.functional.normalize(texts, dim=1), OWN)
        (slope,) = torch.autograd.grad(loss, texts)
        texts = (texts - 0.5 * slope).detach().requires_grad_()
        distances.append(loss.item())
    assert distances[-1] < 0.5 * distances[0]


def test_itm_is_binary_cross_entropy():
    """-log sigmoid of matches, -log (1 - sigmoid) of the others; large logits stay finite."""
    logits = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)
    matches = torch.tensor([True, False, False])
    chances = [1 / (1 + math.exp(-value)) for value in logits.tolist()]
    expected = -(math.log(chances[0]) + math.log(1 - chances[1]) + math.log(1 - chances[2])) / 3
    assert itm_loss(logits, matches).item() == pytest.approx(expected)
    assert itm_loss(torch.tensor([500.0, -500.0]), torch.tensor([0, 1])).item() == 500.0
    assert itm_loss(torch.zeros(0), torch.zeros(0)).item() == 0.0
