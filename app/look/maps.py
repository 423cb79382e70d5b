"""Where the model looked, as maps: pictures and queries are encoded once and kept for a while.

The maps are those of `cmpagl.model.attention`; here they get windows, cells and what is strongest.
PyTorch and the towers are loaded when the first map is asked for.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.look.request import Place
from cmpagl.data.picture import load_pixels

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

    from cmpagl.model.attention import AttentionMap, Word
    from cmpagl.model.fusion import FusionEncoder
    from cmpagl.model.gswin import BlockAttention
    from cmpagl.model.towers import ImageTower, TextTower
    from cmpagl.search.retriever import Retriever

__all__ = [
    "Drawn",
    "Key",
    "QueryWords",
    "Sight",
    "Towers",
    "class_drawn",
    "load_towers",
    "place_drawn",
    "read_query",
    "see",
    "share_drawn",
    "towers_loaded",
    "words_drawn",
]

STRONGEST = 5

Values = tuple[float | None, ...]
Box = tuple[int, int, int, int]
"""Top, left, rows and columns, in places of the grid."""


@dataclass(frozen=True)
class Key:
    """One thing that was looked at; ``box`` is where it lies, None for the class token."""

    kind: str  # "place", "cell" or "class"
    box: Box | None
    weight: float
    per_patch: float  # what each patch of a cell gets; else the weight


@dataclass(frozen=True)
class Drawn:
    """A map: a value per place of the grid, None where nothing is drawn; perhaps cells below."""

    grid: int  # places a side
    values: Values
    strongest: tuple[Key, ...]
    cells: Values | None = None  # weight per patch beyond the window, on the scale of ``values``
    cell_weights: Values | None = None  # whole
    window: Box | None = None  # what is local to the place that is looked from
    parts: dict[str, float] | None = None  # how the look divides: "window", "beyond", "class"

    @property
    def drawn(self) -> list[float]:
        """Every value that is drawn."""
        return [value for value in (*self.values, *(self.cells or ())) if value is not None]


@dataclass(frozen=True, eq=False)
class Towers:
    """A model's parts, on one set of weights."""

    image: ImageTower
    text: TextTower
    fusion: FusionEncoder
    tokenizer: Tokenizer


@dataclass(frozen=True, eq=False)
class Sight:
    """What one set of weights made of one picture."""

    blocks: tuple[BlockAttention, ...]
    fusion_tokens: Tensor  # (1, N, F), rounded as an index stores them
    shares: tuple[float | None, ...]  # of each block, the mean over heads and places

    @property
    def heads(self) -> tuple[int, ...]:
        """How many heads each block has."""
        parts = [next(p for p in (b.local, b.global_) if p is not None) for b in self.blocks]
        return tuple(part.shape[1] for part in parts)


@dataclass(frozen=True, eq=False)
class QueryWords:
    """A query's words and what the text tower makes of it."""

    words: tuple[Word, ...]
    tokens: Tensor  # (1, L, D)
    text: str  # as the model reads it


# Loading and encoding

_SEEING = threading.Lock()  # one picture at a time, whatever the visitors
_LOADING = threading.Lock()
_LOADED: dict[tuple[Retriever, bool], Towers] = {}


def towers_loaded(retriever: Retriever, *, trained: bool) -> bool:
    """Whether `load_towers` answers at once."""
    return (retriever, trained) in _LOADED or (trained and retriever.towers_loaded)


def load_towers(retriever: Retriever, *, trained: bool) -> Towers:
    """The towers that answer queries, or towers of the same sizes with random weights.

    Raises:
        CheckpointError: the checkpoint is damaged.
    """
    key = (retriever, trained)
    with _LOADING:
        if key not in _LOADED:
            _LOADED[key] = Towers(*(retriever.towers() if trained else _random(retriever)))
        return _LOADED[key]


def _random(retriever: Retriever) -> tuple[ImageTower, TextTower, FusionEncoder, Tokenizer]:
    from cmpagl.diagnose.pointing import random_model

    model = random_model(retriever.checkpoint.config)
    return model.image, model.text, model.fusion, retriever.checkpoint.tokenizer()


@lru_cache(maxsize=8)
def see(towers: Towers, path: Path, version: str) -> Sight:
    """Encode a picture with all attention weights; ``version`` is another for another content.

    Raises:
        DataError: the file is missing or no picture.
    """
    import torch

    from cmpagl.model.attention import mean_shares
    from cmpagl.model.fusion import dequantise_tokens, quantise_tokens
    from cmpagl.model.pixels import to_pixel_values

    size = towers.image.vision.config.image_size
    pixels = to_pixel_values(load_pixels(path, size)[None])
    with _SEEING, torch.inference_mode():
        seen = towers.image.vision(pixels, need_weights=True)
        stored = quantise_tokens(towers.fusion.project_image(seen.tokens))
        tokens = dequantise_tokens(*stored)
    return Sight(seen.attention, tokens, tuple(mean_shares(seen.attention)))


@lru_cache(maxsize=64)
def read_query(towers: Towers, text: str) -> QueryWords:
    """Encode a query and find its words; those that the tower cuts off are left out.

    Raises:
        QueryError: nothing is left of it.
    """
    from cmpagl.model.attention import words_of
    from cmpagl.model.embed import embed_texts
    from cmpagl.search.query import read_text

    read = read_text(text, towers.tokenizer).text
    _, kept = embed_texts(towers.text, towers.tokenizer, [read], keep_tokens=True)
    words = words_of(towers.tokenizer, read, towers.text.encoder.config.max_length)
    return QueryWords(words, kept[0].tokens[None], read)


# Maps; heads and layers count from 1, and 0 is the mean over them


def place_drawn(sight: Sight, block: int, head: int, at: Place) -> Drawn:
    """What one place looked at in a block, from 0: its window's places, and below them the cells.

    A cell stands for all of its patches beyond the window, so colours compare weights per patch.
    """
    from cmpagl.model.attention import token_attention

    used = sight.blocks[block]
    grid = used.grid
    looked = token_attention(sight.blocks, block, at[0] * grid + at[1], head=_or_mean(head))
    sums = {"window": looked.local, "beyond": looked.global_}
    parts = {name: float(part.values.sum()) for name, part in sums.items() if part is not None}
    if looked.to_class is not None:
        parts["class"] = looked.to_class
    two_branches = sum(parts.values()) > 1.5  # with a softmax each
    keys: list[Key] = []
    seen, values = np.zeros((grid, grid), bool), np.full((grid, grid), np.nan)
    if looked.local is not None:
        seen = looked.local.values > 0
        values[seen] = looked.local.values[seen]
        keys += _strongest(values, values, "place", 1)
    cells, whole = None, None
    if looked.global_ is not None and used.global_ is not None:
        side = round(used.global_.shape[-1] ** 0.5)
        step = grid // side
        # The cells of a branch of their own know nothing of the window.
        counted = np.ones_like(seen) if two_branches else ~seen
        patches = counted.reshape(side, step, side, step).sum(axis=(1, 3))
        whole = looked.global_.values[::step, ::step].astype(np.float64) * step**2
        whole[patches == 0] = np.nan
        cells = whole / np.maximum(patches, 1)
        keys += _strongest(cells, whole, "cell", step)
    if looked.to_class is not None:
        keys.append(Key("class", None, looked.to_class, looked.to_class))
    if two_branches and looked.share is not None:  # it says how they mix
        parts = {name: (1 - looked.share) * part for name, part in parts.items()}
        parts["beyond"] = looked.share
    keys.sort(key=lambda key: -key.per_patch)
    return Drawn(
        grid,
        _values(values),
        tuple(keys[:STRONGEST]),
        None if cells is None else _values(cells),
        None if whole is None else _values(whole),
        _box(seen) if seen.any() else None,
        parts,
    )


def share_drawn(sight: Sight, block: int, head: int) -> Drawn | None:
    """How far each place looked beyond its window; None where nothing lies beyond it."""
    from cmpagl.model.attention import share_map

    return _plain(share_map(sight.blocks, block, head=_or_mean(head)))


def class_drawn(sight: Sight, block: int, head: int) -> Drawn | None:
    """What the class token looked at; None in a tower without one."""
    from cmpagl.model.attention import class_map

    return _plain(class_map(sight.blocks, block, head=_or_mean(head)))


def words_drawn(
    towers: Towers, sight: Sight, query: QueryWords, layer: int, head: int
) -> tuple[Drawn, ...]:
    """Where the words of a query met the picture in fusion: their mean, then each.

    Args:
        towers: of the same weights as ``sight`` and ``query``.
        sight: a picture.
        query: its words; none give no map.
        layer: from 1; 0 is the mean over layers.
        head: from 1; 0 is the mean over heads.
    """
    import torch

    from cmpagl.model.attention import AttentionMap, word_attention

    mask = torch.ones(query.tokens.shape[:2], dtype=torch.long)
    with torch.inference_mode():
        _, layers = towers.fusion(query.tokens, mask, sight.fusion_tokens)
    found = word_attention(query.words, layers, layer=_or_mean(layer), head=_or_mean(head))
    if not found:
        return ()
    mean = np.mean([one.map.values for one in found], axis=0)
    maps = [_plain(m) for m in (AttentionMap("", mean), *(one.map for one in found))]
    return tuple(drawn for drawn in maps if drawn is not None)


def _or_mean(number: int) -> int | None:
    return None if number == 0 else number - 1


def _plain(found: AttentionMap | None) -> Drawn | None:
    if found is None:
        return None
    strongest = tuple(_strongest(found.values, found.values, "place", 1))
    return Drawn(len(found.values), _values(found.values), strongest)


def _strongest(
    values: NDArray[np.floating], weights: NDArray[np.floating], kind: str, size: int
) -> list[Key]:
    """The greatest values per patch of a square of keys, each ``size`` places wide."""
    flat, whole, side = values.ravel(), weights.ravel(), len(values)
    order = np.argsort(-np.nan_to_num(flat, nan=-1.0), kind="stable")[:STRONGEST]
    return [
        Key(
            kind,
            (int(i) // side * size, int(i) % side * size, size, size),
            float(whole[i]),
            float(flat[i]),
        )
        for i in order
        if not np.isnan(flat[i])
    ]


def _box(seen: NDArray[np.bool_]) -> Box:
    rows, columns = np.nonzero(seen)
    top, left = int(rows.min()), int(columns.min())
    return top, left, int(rows.max()) - top + 1, int(columns.max()) - left + 1


def _values(values: NDArray[np.floating]) -> Values:
    return tuple(None if np.isnan(v) else round(float(v), 6) for v in values.ravel())
