"""Shares of places, against plain differences; and places hidden in pixels, against a loop."""

import numpy as np
import pytest
import torch
from other_encoder import PatchConfig
from published_models import published_model
from tiny import tiny_model_config
from torch.nn.functional import normalize

from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.score_shares import BLOCK, STEPS, hidden_scores, hidden_squares, place_shares
from cmpagl.model.towers import ImageTower


def square(size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)


def queries(width, n=2, seed=1):
    drawn = torch.randn(n, width, generator=torch.Generator().manual_seed(seed))
    return normalize(drawn, dim=-1)


def tower(views=1, **changes):
    config = tiny_model_config(views=views, **changes)
    torch.manual_seed(0)
    return ImageTower(config).eval(), config


@pytest.mark.parametrize("changes", [{}, {"vision": PatchConfig()}], ids=["gswin", "other"])
def test_shares_are_slopes_on_the_way_from_the_average(changes, monkeypatch):
    """Place by place: a little further on for itself alone, at each step of the way, as it adds up.

    And with many steps together the score less that of a picture that looks like its average.
    """
    image, config = tower(**changes)
    pixels = square(config.vision.image_size)
    asked = queries(config.embed_dim)
    shares, scores = place_shares(image, pixels, asked)
    vision, start = image.vision, int(BLOCK * image.vision.num_blocks)
    below = []
    with torch.no_grad():
        values = to_pixel_values(pixels[None], config.vision.preprocessing)
        tokens, _ = vision.run_blocks(vision.embed(values), 0, start, kept=below)
        first = tokens.shape[1] - shares[0].size

        def score(moved):
            kept = [moved if one is tokens else one for one in below]
            last, _ = vision.run_blocks(moved, start, kept=kept)
            return asked @ normalize(image.head(vision.pool(last, kept)[1]), dim=-1)[0]

        apart = tokens.clone()
        apart[:, :first] = 0
        apart[:, first:] -= tokens[:, first:].mean(1, keepdim=True)
        for place in (0, 5, shares[0].size - 1):
            alone = torch.zeros_like(apart)
            alone[0, first + place] = 0.02 * apart[0, first + place]
            slope = torch.zeros(2)
            for step in range(STEPS):
                at = tokens - (1 - (step + 0.5) / STEPS) * apart
                slope += (score(at + alone) - score(at - alone)) / 0.04 / STEPS
            found = torch.from_numpy(shares.reshape(2, -1)[:, place])
            torch.testing.assert_close(found, slope, atol=2e-5, rtol=0.02)
        torch.testing.assert_close(torch.from_numpy(scores), score(tokens))
        gained = score(tokens) - score(tokens - apart)
    monkeypatch.setattr("cmpagl.model.score_shares.STEPS", 30)
    whole = place_shares(image, pixels, asked)[0].sum((1, 2))
    np.testing.assert_allclose(whole, gained, atol=0.01 * float(gained.abs().max()))


def test_shares_turn_with_the_picture():
    """With all four turns in it, a turned picture has the same score, and its map turns along."""
    image, config = tower(views=4)
    pixels, asked = square(config.vision.image_size), queries(config.embed_dim)
    shares, scores = place_shares(image, pixels, asked)
    turned, same = place_shares(image, np.rot90(pixels).copy(), asked)
    np.testing.assert_allclose(same, scores, atol=1e-5)
    np.testing.assert_allclose(turned, np.rot90(shares, axes=(1, 2)), atol=1e-6)
    with torch.inference_mode():
        values = to_pixel_values(pixels[None], config.vision.preprocessing)
        np.testing.assert_allclose(scores, asked @ image(values).image_embeds[0], atol=1e-5)


@pytest.mark.parametrize("kind", ["clip", "siglip", "dinov2"])
def test_a_published_tower_has_shares_too(kind, tmp_path):
    """Also where the embedding is read off a class token: the blocks behind bring it there."""
    published_model(kind, tmp_path)
    checkpoint = open_checkpoint(tmp_path)
    image = checkpoint.image_tower()
    pixels = square(checkpoint.config.vision.image_size)
    shares, _ = place_shares(image, pixels, queries(checkpoint.config.embed_dim))
    grid = checkpoint.config.vision.out_grid
    assert shares.shape == (2, grid, grid)
    assert np.isfinite(shares).all()
    assert np.abs(shares).max() > 0


def test_hidden_places_have_the_mean_colour():
    """Every pixel of a hidden place and no other, also where places are not equally wide."""
    pixels = square(10)
    hidden = np.zeros((3, 3), np.bool_)
    hidden[0, 2] = hidden[1, 0] = True
    (found,) = hidden_squares(pixels, 3, [hidden])
    edges = [0, 3, 7, 10]
    for row in range(3):
        for column in range(3):
            part = np.s_[edges[row] : edges[row + 1], edges[column] : edges[column + 1]]
            expected = pixels[part]
            if hidden[row, column]:
                expected = np.broadcast_to(pixels.mean(axis=(0, 1)).round(), expected.shape)
            np.testing.assert_array_equal(found[part], expected)


def test_scores_of_hidden_pictures_are_those_of_the_tower():
    image, config = tower()
    pixels, asked = square(config.vision.image_size), queries(config.embed_dim)
    shares, scores = place_shares(image, pixels, asked)
    none, every = (np.full(shares[0].shape, value) for value in (False, True))
    found = hidden_scores(image, pixels, asked[1], len(none), [none, every])
    assert found[0] == pytest.approx(scores[1], abs=1e-5)
    assert found[1] != pytest.approx(scores[1], abs=1e-5)
