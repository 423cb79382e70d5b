"""Digests of rows, for a million at once: what tells that a stored row is not the one written.

A row's digest is 64 bits over all of its columns, so a flipped bit, two rows' columns exchanged or
a caption under another picture is noticed, and the row named. It guards against accidents (a disk,
a tool, a hand), not against somebody who computes the digest anew.

Bytes are weighed by fixed odd 64-bit numbers, one a place, and summed modulo 2**64 (Carter and
Wegman's multilinear hashing): one changed byte always changes the sum, any other change escapes
with a chance of about 2**-64. Arrays do all of it; nothing loops over rows.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["bytes_digest", "digest_column", "digest_rows", "key_of", "total"]

Digests = npt.NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15
_BLOCK_BYTES = 2**22  # of text weighed at once


def bytes_digest(content: bytes) -> bytes:
    """128 bits of BLAKE2b: of a thumbnail, of tokens."""
    return hashlib.blake2b(content, digest_size=16).digest()


def key_of(text: str) -> int:
    """The number of 64 bits that a caption is found by."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def total(digests: Digests) -> int:
    """One number for a set of rows, whatever their order; sums of two sets are that of both."""
    return int(_mixed(digests).sum(dtype=np.uint64))


def digest_rows(*columns: Digests) -> Digests:
    """One digest a row from those of its columns, which may not change places."""
    result = np.zeros(len(columns[0]), np.uint64)
    for weight, column in zip(_weights(len(columns)), columns, strict=True):
        result += _mixed(column + weight) * weight
    return _mixed(result)


def digest_column(column: pa.Array | pa.ChunkedArray) -> Digests:
    """Digests ``(n,)`` of a column of text, bytes, numbers, or lists of these."""
    if isinstance(column, pa.ChunkedArray):
        chunks = [digest_column(chunk) for chunk in column.chunks]
        return np.concatenate(chunks) if chunks else np.zeros(0, np.uint64)
    kind = column.type
    if pa.types.is_fixed_size_list(kind):
        width = kind.list_size
        values = column.flatten() if column.null_count == 0 else _filled(column)
        found = _of_numbers(values.to_numpy(zero_copy_only=False).reshape(-1, width))
    elif pa.types.is_list(kind):
        found = _of_lists(column)
    elif pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        found = _of_texts(column)
    elif pa.types.is_fixed_size_binary(kind):
        width = kind.byte_width
        content = np.frombuffer(column.buffers()[1], np.uint8)
        found = _of_numbers(
            content[column.offset * width :][: len(column) * width].reshape(-1, width)
        )
    else:
        plain = column.fill_null(0) if column.null_count else column
        found = _of_numbers(plain.to_numpy(zero_copy_only=False).reshape(-1, 1))
    if column.null_count:  # nothing is not the same as an empty text
        found = np.where(column.is_null().to_numpy(zero_copy_only=False), np.uint64(1), found)
    return found


def _filled(column: pa.FixedSizeListArray) -> pa.Array:
    """The values of lists, nulls included."""
    return column.values.slice(
        column.offset * column.type.list_size, len(column) * column.type.list_size
    )


def _of_numbers(values: npt.NDArray[Any]) -> Digests:
    """Of rows ``(n, k)`` of numbers, by their bytes."""
    rows = np.ascontiguousarray(values)
    width = rows.itemsize * rows.shape[1]
    step = next(size for size in (8, 4, 2, 1) if width % size == 0)
    words = rows.view(f"<u{step}") if len(rows) else np.zeros((0, width // step), f"<u{step}")
    weights = _weights(words.shape[1])
    result = np.zeros(len(words), np.uint64)
    block = max(1, _BLOCK_BYTES // max(1, width))
    for start in range(0, len(words), block):
        part = words[start : start + block].astype(np.uint64, copy=False)
        result[start : start + block] = (part * weights).sum(axis=1, dtype=np.uint64)
    return _mixed(result + np.uint64(width))


def _of_texts(column: pa.Array) -> Digests:
    """Of texts or bytes of any length."""
    large = pa.types.is_large_binary(column.type)
    buffers = column.buffers()
    offsets = np.frombuffer(buffers[1], np.int64 if large else np.int32)
    offsets = offsets[column.offset : column.offset + len(column) + 1].astype(np.int64)
    content = np.frombuffer(buffers[2] or b"", np.uint8)
    result = np.zeros(len(column), np.uint64)
    row = 0
    while row < len(column):
        end = int(np.searchsorted(offsets, offsets[row] + _BLOCK_BYTES, side="right")) - 1
        end = min(max(end, row + 1), len(column))
        starts, stop = offsets[row : end + 1] - offsets[row], offsets[end]
        part = content[offsets[row] : stop].astype(np.uint64) + np.uint64(1)
        lengths = np.diff(starts)
        places = np.arange(len(part)) - np.repeat(starts[:-1], lengths)
        sums = np.zeros(len(part) + 1, np.uint64)
        longest = int(lengths.max(initial=0))
        np.cumsum(part * _weights(longest)[places], out=sums[1:])
        result[row:end] = sums[starts[1:]] - sums[starts[:-1]] + lengths.astype(np.uint64)
        row = end
    return _mixed(result)


def _of_lists(column: pa.ListArray) -> Digests:
    """Of lists, by the digests of their values and the places of these."""
    inner = digest_column(column.flatten())
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    lengths = lengths.astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    places = np.arange(len(inner)) - np.repeat(starts[:-1], lengths)
    sums = np.zeros(len(inner) + 1, np.uint64)
    np.cumsum(inner * _weights(int(lengths.max(initial=0)))[places], out=sums[1:])
    return _mixed(sums[starts[1:]] - sums[starts[:-1]] + lengths.astype(np.uint64))


def _weights(n: int) -> Digests:
    """The first ``n`` of a fixed sequence of odd numbers."""
    return _sequence(max(64, 1 << max(0, n - 1).bit_length()))[:n]


@lru_cache(maxsize=8)
def _sequence(n: int) -> Digests:
    steps = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
    return _mixed(steps) | np.uint64(1)


def _mixed(values: Digests) -> Digests:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014): every bit decides about every bit."""
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)
