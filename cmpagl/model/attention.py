"""Maps of where the model looked, painted from the attention weights that it used.

Nothing here runs the model: the image encoder returns its weights, and these functions choose an
image, a block and a head, and lay them out on the token grid. A map
says where weight went, not why a score came out as it did; `peak_in_boxes` measures how far it
points at what a word names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from cmpagl.errors import QueryError
from cmpagl.model.encoder import BlockAttention

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "AttentionMap",
    "TokenAttention",
    "Word",
    "box_share",
    "class_map",
    "mean_shares",
    "peak_in_boxes",
    "share_map",
    "token_attention",
    "words_of",
]

GridArray = NDArray[np.float32]


@dataclass(frozen=True)
class AttentionMap:
    """One value per token of the image, and what it is called."""

    label: str
    values: GridArray  # (grid, grid), rows from the top


@dataclass(frozen=True)
class TokenAttention:
    """What one token of one block looked at; parts that the block does not have are None.

    For ``joint``, local + global + to_class is all it looked at: the maps sum to 1 with the class
    token's weight, and their sum says how much of each token's value it took in. For ``scale`` the
    global map has a softmax of its own and sums to 1 by itself.
    """

    row: int
    column: int
    local: AttentionMap | None  # the tokens of its window; 0 where it cannot see
    global_: AttentionMap | None  # each cell's weight, spread evenly over the cell's tokens
    to_class: float | None
    share: float | None  # how far it looked beyond its window, 0 to 1


@dataclass(frozen=True)
class Word:
    """A word of a text: its characters and its word pieces."""

    text: str
    start: int  # characters, end exclusive
    end: int
    pieces: tuple[int, ...]  # places in the row of word pieces


def token_attention(
    blocks: Sequence[BlockAttention],
    block: int,
    token: int,
    *,
    head: int | None = None,
    image: int = 0,
) -> TokenAttention:
    """What a token looked at in one block.

    Args:
        blocks: ``attention`` of `EncodedImages` or `ImageFeatures`.
        block: from 0, over all stages.
        token: in reading order.
        head: from 0; None is the mean over heads.
        image: row of the batch.

    Raises:
        QueryError: there is no such block, token, head or image.
    """
    used = blocks[_within("block", block, len(blocks))]
    grid = used.grid
    token = _within("token", token, grid * grid)
    where = f"block {block + 1}, {_heads(head)}"
    local = cells = None
    if used.local is not None:
        painted = np.zeros(grid * grid, dtype=np.float32)
        window = used.local_index[used.window_of()[token]].cpu().numpy()
        painted[window] = _chosen(used.local, image, head)[token]
        local = AttentionMap(f"{where}: its window", painted.reshape(grid, grid))
    if used.global_ is not None:
        weights = _chosen(used.global_, image, head)[token]
        cells = AttentionMap(f"{where}: the cells", _spread(weights, grid))
    return TokenAttention(
        row=token // grid,
        column=token % grid,
        local=local,
        global_=cells,
        to_class=_number(used.to_class, image, head, token),
        share=_number(used.share, image, head, token),
    )


def share_map(
    blocks: Sequence[BlockAttention], block: int, *, head: int | None = None, image: int = 0
) -> AttentionMap | None:
    """How far each token of a block looked beyond its window, 0 to 1; arguments as above.

    None where the block has no global branch.

    Raises:
        QueryError: there is no such block, head or image.
    """
    used = blocks[_within("block", block, len(blocks))]
    if used.share is None:
        return None
    label = f"block {block + 1}, {_heads(head)}: share beyond the window"
    values = _chosen(used.share, image, head)
    return AttentionMap(label, values.reshape(used.grid, used.grid))


def class_map(
    blocks: Sequence[BlockAttention], block: int, *, head: int | None = None, image: int = 0
) -> AttentionMap | None:
    """What the class token looked at in a block, itself left out; arguments as above.

    None where the model has no class token.

    Raises:
        QueryError: there is no such block, head or image.
    """
    used = blocks[_within("block", block, len(blocks))]
    if used.from_class is None:
        return None
    label = f"block {block + 1}, {_heads(head)}: from the class token"
    values = _chosen(used.from_class, image, head)[1:]
    return AttentionMap(label, values.reshape(used.grid, used.grid))


def mean_shares(blocks: Sequence[BlockAttention]) -> list[float | None]:
    """Mean global share of each block over images, heads and tokens; None without that branch."""
    return [None if used.share is None else float(used.share.mean()) for used in blocks]


def words_of(tokenizer: Tokenizer, text: str, max_length: int) -> tuple[Word, ...]:
    """The words of a text that the text tower reads, in order, punctuation left out.

    Args:
        tokenizer: of the text tower.
        text: as it was typed.
        max_length: word pieces that the tower reads; words wholly beyond them are left out.
    """
    encoded = tokenizer.encode(text)
    kept = len(encoded.ids) if len(encoded.ids) <= max_length else max_length - 1
    pieces: dict[int, list[int]] = {}
    for place, word in enumerate(encoded.word_ids[:kept]):
        if word is not None:  # [CLS] and [SEP] belong to no word
            pieces.setdefault(word, []).append(place)
    words = []
    for places in pieces.values():
        start, end = encoded.offsets[places[0]][0], encoded.offsets[places[-1]][1]
        if any(letter.isalnum() for letter in text[start:end]):
            words.append(Word(text[start:end], start, end, tuple(places)))
    return tuple(words)


def peak_in_boxes(values: GridArray, boxes: ArrayLike, image_size: tuple[int, int]) -> bool:
    """Whether a map points into one of some boxes: the middle of its greatest patch lies inside.

    Of several equal peaks all must, so a map without a peak points nowhere. This is the pointing
    game of Zhang et al., IJCV 2018, without its margin. `box_share` is its chance level.

    Args:
        values: (grid, grid).
        boxes: (n, 4) left, top, right, bottom in pixels.
        image_size: width and height of the picture in pixels.

    Raises:
        QueryError: the map holds a value that is not finite.
    """
    if not np.isfinite(values).all():
        raise QueryError("The map holds values that are not finite, so it has no peak.")
    rows, columns = np.nonzero(values == values.max())
    width, height = image_size
    x = (columns + 0.5) * width / values.shape[1]
    y = (rows + 0.5) * height / values.shape[0]
    return bool(_inside(x, y, _box_array(boxes)).all())


def box_share(boxes: ArrayLike, image_size: tuple[int, int]) -> float:
    """Share of the picture that lies in at least one box, 0 to 1; arguments as `peak_in_boxes`."""
    width, height = image_size
    clipped = np.clip(_box_array(boxes), 0, [width, height, width, height])
    # Every edge, so that each piece of the grid they make lies in a box as a whole or not at all.
    x, y = np.unique(clipped[:, ::2]), np.unique(clipped[:, 1::2])
    middle_x, middle_y = ((edges[1:] + edges[:-1]) / 2 for edges in (x, y))
    inside = _inside(middle_x[None, :], middle_y[:, None], clipped)
    return float((np.diff(y)[:, None] * np.diff(x) * inside).sum() / (width * height))


def _box_array(boxes: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(boxes, dtype=np.float64).reshape(-1, 4)


def _inside(
    x: NDArray[np.float64], y: NDArray[np.float64], boxes: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which places (x and y broadcast together) lie in at least one box."""
    x, y = x[..., None], y[..., None]
    left, top, right, bottom = boxes.T
    inside = (left <= x) & (x < right) & (top <= y) & (y < bottom)
    return np.asarray(inside.any(axis=-1))


def _heads(head: int | None) -> str:
    return "mean of heads" if head is None else f"head {head + 1}"


def _within(what: str, number: int, count: int) -> int:
    if not 0 <= number < count:
        raise QueryError(f"There is no {what} {number}; choose 0 to {count - 1}.")
    return number


def _chosen(weights: Tensor, image: int, head: int | None) -> GridArray:
    """(B, heads, ...) -> (...): one image, one head or the mean of all."""
    heads = weights[_within("image", image, len(weights))]
    chosen = heads.mean(dim=0) if head is None else heads[_within("head", head, len(heads))]
    result: GridArray = chosen.detach().float().cpu().numpy()
    return result


def _number(weights: Tensor | None, image: int, head: int | None, token: int) -> float | None:
    return None if weights is None else float(_chosen(weights, image, head)[token])


def _spread(cells: GridArray, grid: int) -> GridArray:
    """Weights of G * G cells, each shared out evenly among the cell's tokens: (grid, grid)."""
    per_side = round(len(cells) ** 0.5)
    step = grid // per_side
    weights = cells.reshape(per_side, per_side) / np.float32(step**2)
    return np.asarray(weights.repeat(step, axis=0).repeat(step, axis=1))
