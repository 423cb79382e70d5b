"""`cmpagl.model.towers`: one space for both towers, and embeddings averaged over turned views."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny import tiny_model, tiny_model_config

from cmpagl.model.towers import CMPAGL, EmbeddingHead, turned_view, view_numbers


def pixels(n=3):
    return torch.randn(n, 3, 64, 64)


def test_embeddings_have_unit_length():
    """Of images and texts alike, in one space."""
    model = tiny_model()
    with torch.no_grad():
        image = model.image(pixels())
        text = model.text(torch.randint(5, 100, (4, 7)), torch.ones(4, 7, dtype=torch.long))
    assert image.image_embeds.shape == (3, 16)
    assert image.image_tokens.shape == (3, 64, 16)
    assert text.text_embeds.shape == (4, 16)
    assert text.text_tokens.shape == (4, 7, 16)
    for embeds in (image.image_embeds, text.text_embeds):
        torch.testing.assert_close(embeds.norm(dim=1), torch.ones(len(embeds)))


def test_the_eight_views_are_all_different_and_closed():
    """Turning or mirroring any of them gives one of the eight again."""
    square = torch.arange(9).view(1, 3, 3)
    views = [tuple(turned_view(square, v).flatten().tolist()) for v in range(8)]
    assert len(set(views)) == 8
    for v in range(8):
        for change in range(8):
            again = turned_view(turned_view(square, v), change)
            assert tuple(again.flatten().tolist()) in views


def test_view_zero_is_upright_and_odd_views_are_mirrored():
    """The numbering that caches on disk rely on."""
    square = torch.tensor([[1, 2], [3, 4]])
    assert turned_view(square, 0).tolist() == [[1, 2], [3, 4]]
    assert turned_view(square, 1).tolist() == [[2, 1], [4, 3]]
    assert turned_view(square, 2).tolist() == [[2, 4], [1, 3]]
    assert turned_view(square, 4).tolist() == [[4, 3], [2, 1]]
    assert turned_view(square, 6).tolist() == [[3, 1], [4, 2]]
    assert [len(view_numbers(n)) for n in (1, 2, 4, 8)] == [1, 2, 4, 8]
    assert all(view_numbers(n)[0] == 0 for n in (1, 2, 4, 8))


@pytest.mark.parametrize(("views", "changes"), [(4, (2, 4, 6)), (8, tuple(range(1, 8)))])
def test_averaged_embedding_does_not_turn_with_the_picture(views, changes):
    """With four views a quarter turn of the input changes nothing; with eight a mirror neither."""
    tower = tiny_model(config=tiny_model_config(views=views)).image
    images = pixels()
    with torch.no_grad():
        upright = tower(images).image_embeds
        for change in changes:
            turned = tower(turned_view(images, change)).image_embeds
            torch.testing.assert_close(turned, upright, rtol=1e-4, atol=1e-5)
        if views == 4:
            mirrored = tower(turned_view(images, 1)).image_embeds
            assert (mirrored - upright).abs().max() > 0.01


@pytest.mark.parametrize("views", [1, 2, 4, 8])
def test_average_over_views_is_of_unit_vectors(views):
    """By hand from the embeddings of each view; tokens and maps are those of the upright one."""
    tower = tiny_model(config=tiny_model_config(views=views)).image
    single = tiny_model(config=tiny_model_config(views=1)).image
    images = pixels()
    with torch.no_grad():
        features = tower(images, need_weights=True)
        upright = single(images, need_weights=True)
        each = [single(turned_view(images, v)).image_embeds for v in view_numbers(views)]
    mean = torch.stack(each).mean(0)
    expected = mean / mean.norm(dim=1, keepdim=True)
    torch.testing.assert_close(features.image_embeds, expected)
    assert torch.equal(features.image_tokens, upright.image_tokens)
    for ours, theirs in zip(features.attention, upright.attention, strict=True):
        assert torch.equal(ours.global_, theirs.global_)


def test_head_standardises_what_it_gets():
    """Mean and deviation of the training set are buffers: saved, never trained."""
    head = EmbeddingHead(6, 4, 8, 0.5).eval()
    pooled = torch.randn(5, 6)
    with torch.no_grad():
        plain = head(pooled)
        head.mean.copy_(torch.arange(6))
        head.std.fill_(3)
        torch.testing.assert_close(head(pooled * 3 + torch.arange(6)), plain)
    assert {"mean", "std"} <= head.state_dict().keys()
    assert {"mean", "std"}.isdisjoint(dict(head.named_parameters()))


def test_every_parameter_of_both_towers_gets_a_gradient():
    """Through the aligned similarity, as in pre-alignment."""
    config = tiny_model_config()
    model = CMPAGL(replace(config, head_dropout=0.0)).eval()
    ids = torch.arange(5, 5 + 140).view(7, 20)
    images = model.image(pixels(7)).image_embeds
    texts = model.text(ids, torch.ones_like(ids)).text_embeds
    (images @ texts.T * torch.randn(7, 7)).sum().backward()
    for tower in (model.image, model.text):
        for name, parameter in tower.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.any() or name.endswith("key.bias"), name
