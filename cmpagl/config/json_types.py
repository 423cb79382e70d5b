"""Whether what JSON holds is of a type, for files that a stranger may have written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

__all__ = ["TwiceError", "distinct_keys", "fits"]


class TwiceError(ValueError):
    """A key that an object has twice, of which the last would count and the other be lost."""


def distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, for ``object_pairs_hook``.

    Raises:
        TwiceError: it has a key twice, with values that differ; named as a sentence would.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        for key, value in pairs:
            if value != found[key]:
                raise TwiceError(repr(key[:80]))
    return found


def fits(value: object, kind: Any) -> bool:  # noqa: ANN401 (a type as an annotation says it)
    """Whether a value is of a type: as plain JSON, whole numbers of 64 bits, finite others."""
    origin, args = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in args)
    if origin is Mapping:
        return isinstance(value, dict) and all(
            fits(key, args[0]) and fits(one, args[1]) for key, one in value.items()
        )
    if origin is Sequence or (origin is tuple and args[-1] is Ellipsis):
        return isinstance(value, list | tuple) and all(fits(one, args[0]) for one in value)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return isinstance(value, dict) and all(
            f.name not in value or fits(value[f.name], hints[f.name]) for f in fields(kind)
        )
    if kind is float:
        return isinstance(value, int | float) and type(value) is not bool and _finite(value)
    if kind is int:
        return type(value) is int and abs(value) < 2**64
    return type(value) is (NoneType if kind is None else kind)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond every other one
        return False
