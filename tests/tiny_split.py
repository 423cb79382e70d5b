"""A split's embeddings without a model: random ones, and ones whose best settings are known."""

from __future__ import annotations

import numpy as np
import torch

from cmpagl.config.model import FusionConfig
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.embed import SplitEmbeddings, TextTokens
from cmpagl.model.fusion import FusionEncoder, quantise_tokens

WIDTH, TEXT_DIM, IMAGE_DIM, N_TOKENS = 16, 10, 12, 6


def unit(rows):
    """Rows of length 1, float32."""
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def tiny_fusion():
    """A fusion encoder with weights large enough that pairs differ."""
    config = FusionConfig(dim=8, depth=2, num_heads=2, rerank_top=4)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        fusion = FusionEncoder(config, text_dim=TEXT_DIM, image_dim=IMAGE_DIM)
        for parameter in fusion.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)
    return fusion.eval()


def random_split(n_images=12, per_image=3, *, seed=0):
    """Captions of which some are the same word for word, with tokens of both sides."""
    rng = np.random.default_rng(seed)
    n_captions = n_images * per_image
    n_distinct = n_captions - 4
    group = np.concatenate([np.arange(n_distinct), rng.integers(n_distinct, size=4)])
    images = rng.standard_normal((n_images, WIDTH))
    texts = rng.standard_normal((n_distinct, WIDTH))
    own = np.repeat(np.arange(n_images), per_image)
    np.add.at(texts, group, images[own])
    tokens = torch.from_numpy(rng.standard_normal((n_images, N_TOKENS, 8)).astype(np.float32))
    values, scales = quantise_tokens(tokens)
    lengths = rng.integers(3, 9, size=n_distinct)
    return SplitEmbeddings(
        unit(images),
        unit(texts),
        own,
        group,
        values.numpy(),
        scales.numpy(),
        tuple(
            TextTokens(
                torch.from_numpy(rng.standard_normal((n, TEXT_DIM)).astype(np.float32)), False
            )
            for n in lengths
        ),
    )


def random_bank(size=30, *, seed=1):
    """Bank vectors that know nothing of the split."""
    rng = np.random.default_rng(seed)
    rows = (unit(rng.standard_normal((size + more, WIDTH))) for more in (0, 5, 5))
    return BankVectors(*map(torch.from_numpy, rows))


def split_with_hubs(n_images=60, *, hub=0.25, noise=0.9, seed=0):
    """A split and a bank in which every item scores its own constant more with everybody.

    One more coordinate holds each image's constant, which all texts read alike, and another each
    text's. Without them a caption's own image is nearly always first, and always with little noise;
    so taking off what everybody likes (alpha = 1) is right, and less or more is worse.
    """
    rng = np.random.default_rng(seed)
    width = 24

    def embeds(content, as_image, as_text):
        rows = [0.6 * unit(content), as_image[:, None], as_text[:, None]]
        return np.concatenate(rows, axis=1).astype(np.float32)

    content = rng.standard_normal((n_images, width))
    own = np.repeat(np.arange(n_images), 2)
    said = content[own] + noise * rng.standard_normal((2 * n_images, width))
    constant = np.ones
    image_embeds = embeds(content, hub * rng.random(n_images), constant(n_images))
    text_embeds = embeds(said, constant(len(said)), hub * rng.random(len(said)))
    bank = BankVectors(
        torch.from_numpy(embeds(rng.standard_normal((200, width)), constant(200), np.zeros(200))),
        torch.from_numpy(embeds(rng.standard_normal((200, width)), np.zeros(200), constant(200))),
        torch.zeros(200, width + 2),  # like nothing: every text is wrong for every bank image
    )
    return SplitEmbeddings(image_embeds, text_embeds, own, np.arange(len(said))), bank
