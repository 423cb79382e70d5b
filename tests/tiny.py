"""A whole model small enough to build in a test: config, tokenizer, checkpoint, and scenes."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from fake_sets import write_karpathy
from PIL import Image, ImageDraw
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from cmpagl.config.model import FusionConfig, ModelConfig, TextConfig
from cmpagl.config.vision import GswinConfig
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.saving import save_checkpoint
from cmpagl.model.towers import CMPAGL

COLOURS = {
    "red": (200, 40, 40),
    "white": (240, 240, 240),
    "blue": (40, 80, 210),
    "yellow": (230, 210, 60),
    "black": (25, 25, 25),
    "orange": (235, 140, 40),
}
THINGS = ("plane", "ship", "car", "house", "pond")
GROUNDS = {
    "grass": (90, 140, 70),
    "sand": (205, 185, 130),
    "water": (60, 110, 140),
    "concrete": (150, 150, 150),
}
WORDS = """
    a an and are at beside between by in is lies near of on or over some stands the there
    this to two three many several with large long small round dark bright building buildings
    road roads tree trees river bridge runway field beach parked planes ships cars houses ponds
"""


def vocabulary() -> list[str]:
    """Word pieces in order of their ids: special ones, letters and digits, scene words."""
    letters = list("abcdefghijklmnopqrstuvwxyz0123456789.,'-")
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]
    pieces += [f"##{letter}" for letter in letters[:36]]
    return list(
        dict.fromkeys([*pieces, *WORDS.split(), *COLOURS, *THINGS, *GROUNDS, "##s", "##ing"])
    )


def tiny_tokenizer_json() -> bytes:
    """A WordPiece tokenizer with BERT's normaliser and its [CLS] ... [SEP]."""
    ids = {piece: i for i, piece in enumerate(vocabulary())}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    return tokenizer.to_str().encode()


def tiny_model_config(**changes: object) -> ModelConfig:
    """8 x 8 tokens in four windows and four cells; ``changes`` replace top-level fields."""
    config = ModelConfig(
        vision=GswinConfig(
            image_size=64,
            patch_size=8,
            dim=16,
            depths=(2,),
            num_heads=(2,),
            window_size=4,
            global_size=2,
        ),
        text=TextConfig(
            vocab_size=len(vocabulary()),
            dim=16,
            depth=1,
            num_heads=2,
            mlp_dim=32,
            max_positions=32,
            max_length=24,
        ),
        fusion=FusionConfig(dim=8, depth=2, num_heads=2, rerank_top=4),
        embed_dim=16,
        head_dim=24,
    )
    return replace(config, **changes)


def tiny_bert(folder: Path, *, seed: int = 1) -> Path:
    """A text tower of the tiny model's sizes in the form that a hub has it, tokenizer included."""
    from transformers import BertConfig, BertModel

    text = tiny_model_config().text
    torch.manual_seed(seed)
    bert = BertModel(
        BertConfig(
            vocab_size=len(vocabulary()),
            hidden_size=text.dim,
            num_hidden_layers=text.depth,
            num_attention_heads=text.num_heads,
            intermediate_size=text.mlp_dim,
            max_position_embeddings=text.max_positions,
            initializer_range=0.2,
        ),
        add_pooling_layer=False,
    )
    bert.save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes(tiny_tokenizer_json())
    return folder


def tiny_model(*, seed: int = 0, config: ModelConfig | None = None) -> CMPAGL:
    """Random weights, large enough that different inputs get clearly different embeddings."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = CMPAGL(config or tiny_model_config())
        for parameter in model.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)
    return model.eval()


def tiny_checkpoint(
    folder: Path, *, seed: int = 0, config: ModelConfig | None = None
) -> Checkpoint:
    """A checkpoint of `tiny_model` with a bank of a few random unit vectors."""
    model = tiny_model(seed=seed, config=config)
    generator = np.random.default_rng(seed)
    bank = [generator.standard_normal((n, model.config.embed_dim)) for n in (24, 20, 20)]
    texts, images, captions = (
        torch.from_numpy(rows / np.linalg.norm(rows, axis=1, keepdims=True)).float()
        for rows in bank
    )
    return save_checkpoint(
        folder,
        model,
        BankVectors(text_embeds=texts, image_embeds=images, image_captions=captions),
        tiny_tokenizer_json(),
        ranking=model.config.ranking,
        provenance={"data": ["drawn"], "seed": seed},
        card="# Tiny\n\nRandom weights, for tests.\n",
    )


def tiny_dataset(
    folder: Path, n: int = 8, *, splits: tuple[str, ...] = ("train", "train", "train", "val")
) -> Path:
    """``n`` drawn scenes in Karpathy's form, two captions each, ``splits`` given out in turns.

    A scene is one coloured thing on one ground; up to 120 of them all look and read differently.
    """
    scenes = list(itertools.product(COLOURS, THINGS, GROUNDS))
    random.Random(0).shuffle(scenes)
    images = []
    (folder / "images").mkdir(parents=True)
    for i in range(n):
        colour, thing, ground = scenes[i % len(scenes)]
        name = f"scene_{i:04d}.png"
        _draw(colour, thing, ground).save(folder / "images" / name)
        captions = (f"a {colour} {thing} on the {ground} .", f"{ground} with a {colour} {thing} .")
        images.append(
            {
                "filename": name,
                "imgid": i,
                "split": splits[i % len(splits)],
                "sentences": [{"raw": c, "tokens": c.split(), "imgid": i} for c in captions],
            }
        )
    return write_karpathy(folder, images, draw=False)


def _draw(colour: str, thing: str, ground: str) -> Image.Image:
    """One thing of a colour on a ground, 80 x 80 pixels."""
    picture = Image.new("RGB", (80, 80), GROUNDS[ground])
    pen, fill = ImageDraw.Draw(picture), COLOURS[colour]
    if thing == "plane":
        pen.polygon([(40, 8), (48, 72), (32, 72)], fill=fill)
        pen.polygon([(8, 50), (40, 28), (72, 50)], fill=fill)
    elif thing == "ship":
        pen.polygon([(8, 40), (24, 30), (72, 30), (72, 50), (24, 50)], fill=fill)
    elif thing == "car":
        pen.rectangle((30, 22, 50, 58), fill=fill)
    elif thing == "house":
        pen.rectangle((12, 12, 68, 68), fill=fill)
    else:
        pen.ellipse((14, 20, 66, 60), fill=fill)
    return picture
