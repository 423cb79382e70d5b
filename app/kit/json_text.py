"""A component's value as JSON text, which its script reads."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["json_text"]


def json_text(value: object) -> str:
    """A value of a contract as JSON; numbers that are none (NaN, infinity) become null.

    Raises:
        TypeError: something in it is nothing that JSON has.
    """
    try:
        return _dumped(value)
    except ValueError:
        return _dumped(_finite(value))


def _dumped(value: object) -> str:
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
    )


def _plain(value: object) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """NumPy's numbers and arrays as Python's."""
    plain = getattr(value, "tolist", None)
    if plain is None:
        raise TypeError(f"{type(value).__name__} is nothing that JSON has")
    return plain()


def _finite(value: Any) -> Any:  # noqa: ANN401 (whatever JSON holds)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return _finite(_plain(value)) if hasattr(value, "tolist") else value
