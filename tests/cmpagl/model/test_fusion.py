"""`cmpagl.model.fusion`: rounding of stored tokens, and matching."""

from __future__ import annotations

import pytest
import torch
from tiny import tiny_model

from cmpagl.config.model import FusionConfig
from cmpagl.model.fusion import FusionEncoder, dequantise_tokens, quantise_tokens


@pytest.fixture
def fusion():
    return tiny_model().fusion


def inputs(n=3, length=5):
    return (
        torch.randn(n, length, 16),
        torch.ones(n, length, dtype=torch.long),
        torch.randn(n, 64, 8),
    )


@pytest.mark.parametrize("size", [0.05, 1.0, 300.0])
def test_rounding_errs_by_half_a_step_at_most(size):
    """A step is a 127th of a token's largest value."""
    tokens = torch.randn(4, 64, 8) * size
    values, scales = quantise_tokens(tokens)
    assert values.dtype == torch.int8
    assert scales.dtype == torch.float16
    assert scales.shape == (4, 64)
    error = (dequantise_tokens(values, scales) - tokens).abs()
    step = tokens.abs().amax(-1, keepdim=True) / 127
    assert (error <= 0.501 * step).all()  # the step itself is rounded, to float16
    assert values.abs().amax(-1).min() == 127


def test_rounding_once_more_changes_nothing():
    """What comes from the index is stored as it is."""
    values, scales = quantise_tokens(torch.randn(2, 64, 8))
    again, their_scales = quantise_tokens(dequantise_tokens(values, scales))
    assert torch.equal(again, values)
    assert torch.equal(their_scales, scales)


def test_a_token_of_zeros_stays_zero():
    """No division by nothing."""
    values, scales = quantise_tokens(torch.zeros(1, 2, 8))
    assert torch.equal(dequantise_tokens(values, scales), torch.zeros(1, 2, 8))


def test_padding_is_ignored(fusion):
    """Whatever stands on masked places, the logits and the real words' maps stay."""
    text, mask, image = inputs()
    mask[1, 3:] = 0
    other = text.clone()
    other[1, 3:] = 100.0
    with torch.no_grad():
        logits, maps = fusion(text, mask, image)
        same, same_maps = fusion(other, mask, image)
        short, _ = fusion(text[1:2, :3], mask[1:2, :3], image[1:2])
    torch.testing.assert_close(same, logits)
    torch.testing.assert_close(short[0], logits[1])
    for a, b in zip(maps, same_maps, strict=True):
        torch.testing.assert_close(a[1, :, :3], b[1, :, :3])


def test_pairs_do_not_mix(fusion):
    """Text i is matched with image i alone; one image can serve many texts."""
    text, mask, image = inputs()
    with torch.no_grad():
        logits, maps = fusion(text, mask, image)
        for i in range(3):
            own, own_maps = fusion(text[i : i + 1], mask[i : i + 1], image[i : i + 1])
            torch.testing.assert_close(own[0], logits[i])
            torch.testing.assert_close(own_maps[1][0], maps[1][i])
        shared, _ = fusion(text, mask, image[:1])
        torch.testing.assert_close(shared, fusion(text, mask, image[:1].expand(3, -1, -1))[0])


def test_maps_are_the_weights_that_were_used(fusion):
    """Each layer's output, rebuilt from its map; each row is a distribution over the image."""
    text, mask, image = inputs()
    with torch.no_grad():
        x = fusion.text_proj(text)
        _, maps = fusion(text, mask, image)
        for layer, weights in zip(fusion.layers, maps, strict=True):
            assert weights.shape == (3, 2, 5, 64)
            torch.testing.assert_close(weights.sum(-1), torch.ones(3, 2, 5))
            values = layer.kv(image).chunk(2, dim=-1)[1].view(3, 64, 2, 4).transpose(1, 2)
            y = x + layer.proj((weights @ values).transpose(1, 2).flatten(2))
            y = y + layer.mlp(layer.norm2(y))
            x, _ = layer(x, image)
            torch.testing.assert_close(y, x)


def test_every_parameter_gets_a_gradient():
    """Both projections, every layer, the head."""
    fusion = FusionEncoder(FusionConfig(dim=8, num_heads=2), text_dim=16, image_dim=12).eval()
    text, mask, _ = inputs()
    logits, _ = fusion(text, mask, fusion.project_image(torch.randn(3, 64, 12)))
    (logits * torch.randn(3)).sum().backward()
    for name, parameter in fusion.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name
