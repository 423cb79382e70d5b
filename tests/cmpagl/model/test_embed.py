"""`cmpagl.model.embed` and `cmpagl.model.pixels`: batches change nothing but speed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import THINGS, tiny_model, tiny_tokenizer_json
from tokenizers import Tokenizer

from cmpagl.errors import CheckpointError
from cmpagl.model.embed import embed_images, embed_texts
from cmpagl.model.fusion import dequantise_tokens, quantise_tokens
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.text import tokenize


@pytest.fixture(scope="module")
def model():
    return tiny_model()


def squares(n):
    return np.random.default_rng(0).integers(0, 256, (n, 64, 64, 3), dtype=np.uint8)


def test_pixels_are_normalised_as_imagenet():
    """Channels first; by hand for black, white and each channel's own mean."""
    picture = np.zeros((1, 1, 3, 3), dtype=np.uint8)
    picture[0, 0, 1] = 255
    picture[0, 0, 2] = (51, 102, 204)
    values = to_pixel_values(picture)
    assert values.shape == (1, 3, 1, 3)
    assert values.dtype == torch.float32
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    expected = np.stack([-mean / std, (1 - mean) / std, (np.array([0.2, 0.4, 0.8]) - mean) / std])
    np.testing.assert_allclose(values[0, :, 0].T.numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 3, 4, 7, 50])
def test_images_in_batches(model, batch_size):
    """In order, each once, the last batch shorter; the same as all at once."""
    images = squares(7)
    batches = list(embed_images(model.image, model.fusion, iter(images), batch_size=batch_size))
    sizes = [len(batch.image_embeds) for batch in batches]
    assert sum(sizes) == 7
    assert set(sizes[:-1]) <= {batch_size}
    with torch.no_grad():
        features = model.image(to_pixel_values(images))
        stored = model.fusion.project_image(features.image_tokens)
    embeds = np.concatenate([batch.image_embeds for batch in batches])
    np.testing.assert_allclose(embeds, features.image_embeds.numpy(), rtol=1e-4, atol=1e-5)
    values = torch.from_numpy(np.concatenate([batch.token_values for batch in batches]))
    scales = torch.from_numpy(np.concatenate([batch.token_scales for batch in batches]))
    rounded = dequantise_tokens(*quantise_tokens(stored))
    step = scales.float().amax().item()
    torch.testing.assert_close(dequantise_tokens(values, scales), rounded, rtol=0, atol=2 * step)


def test_images_are_read_as_they_are_needed(model):
    """One batch is encoded before the next one is asked for; nothing gives nothing."""
    asked = []

    def source():
        for i, square in enumerate(squares(5)):
            asked.append(i)
            yield square

    batches = embed_images(model.image, model.fusion, source(), batch_size=2)
    next(batches)
    assert asked == [0, 1]
    assert list(embed_images(model.image, model.fusion, iter([]))) == []


def texts_of(n):
    ends = ["", " on the sand", " near a long road between two large dark buildings"]
    return [f"a {thing}{'s' * (i % 2)}{ends[i % 3]}" for i in range(n) for thing in THINGS]


@pytest.mark.parametrize("batch_size", [1, 4, 128])
def test_texts_come_back_in_their_order(model, tokenizer, batch_size):
    """Sorted by length inside, in the caller's order outside; as each text alone."""
    texts = texts_of(3)
    embeds, kept = embed_texts(model.text, tokenizer, texts, batch_size=batch_size)
    assert kept == []
    assert embeds.shape == (15, 16)
    assert embeds.dtype == np.float32
    for text, found in zip(texts, embeds, strict=True):
        batch = tokenize(tokenizer, [text], 24)
        with torch.no_grad():
            alone = model.text(batch.input_ids, batch.attention_mask).text_embeds[0].numpy()
        np.testing.assert_allclose(found, alone, rtol=1e-4, atol=1e-5)


def test_text_tokens_are_kept_without_padding(model, tokenizer):
    """Each text's own, and whether it was cut."""
    texts = ["a ship", "a plane " * 20, "two white planes"]
    _, kept = embed_texts(model.text, tokenizer, texts, keep_tokens=True)
    assert [len(k.tokens) for k in kept] == [4, 24, 5]
    assert [k.cut for k in kept] == [False, True, False]
    batch = tokenize(tokenizer, texts[2:], 24)
    with torch.no_grad():
        alone = model.text(batch.input_ids, batch.attention_mask).text_tokens[0]
    torch.testing.assert_close(kept[2].tokens, alone, rtol=1e-4, atol=1e-5)


def test_no_texts(model, tokenizer):
    """Nothing in, nothing out, of the right width."""
    embeds, kept = embed_texts(model.text, tokenizer, [], keep_tokens=True)
    assert embeds.shape == (0, 16)
    assert kept == []


@pytest.mark.parametrize("value", [0.0, 3e38])
def test_what_is_no_unit_vector_is_refused(value):
    """Weights may be finite numbers and yet make NaN, infinity or nothing of a picture or text."""
    broken = tiny_model()
    with torch.no_grad():
        for parameter in (*broken.image.parameters(), *broken.text.parameters()):
            parameter.fill_(value)
    with pytest.raises(CheckpointError, match="not finite, or of no length"):
        next(embed_images(broken.image, broken.fusion, squares(1)))
    tokenizer = Tokenizer.from_buffer(tiny_tokenizer_json())
    with pytest.raises(CheckpointError, match="not finite, or of no length"):
        embed_texts(broken.text, tokenizer, ["a red ship"])
