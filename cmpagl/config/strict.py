"""JSON to frozen dataclasses, strictly: an unknown key is refused and the nearest one named."""

from __future__ import annotations

import difflib
import re
import sys
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from cmpagl.errors import ConfigError

__all__ = ["from_dict", "require", "require_attention", "require_ranges", "require_sizes"]


T = TypeVar("T")

MOST = {
    **dict.fromkeys(("depth", "depths", "num_heads", "pooled_layers", "pooled_blocks"), 256),
    **dict.fromkeys(("patch_size", "window_size", "global_size"), 1024),
    **dict.fromkeys(("image_size", "views"), 4096),
    **dict.fromkeys(("dim", "embed_dim"), 16_384),
    **dict.fromkeys(("mlp_dim", "head_dim", "max_positions", "max_length"), 65_536),
    "vocab_size": 2_000_000,
    "mlp_ratio": 64,
    "beta": 1e4,
    **dict.fromkeys(("head_lr", "align_head_lr", "text_lr", "vision_lr", "fuse_lr"), 1),
    **dict.fromkeys(("text_layer_decay", "vision_layer_decay", "ema_decay", "weight_decay"), 1),
    **dict.fromkeys(("infonce_weight", "triplet_weight", "intra_class_weight"), 1e4),
    **dict.fromkeys(("margin", "norm_eps"), 2),
    "temperature": 100,
    **dict.fromkeys(("data_repeats", "fuse_negatives", "captions_per_image"), 1000),
    **dict.fromkeys(("batch_size", "fuse_batch_size"), 1_000_000),
}
"""The most of a size by its name, in a stranger's config too, known before allocation; and of a
rate, a share or a weight: with more, a run diverges after hours."""


LAYERS = re.compile(r"layers|depth|blocks|stages|heads", re.I)
MOST_LAYERS, MOST_NUMBER, DEEPEST = 1024, 10_000_000, 20
MOST_ATTENTION = 8_000_000_000  # bytes of a block's weights


def require(condition: bool, message: str) -> None:
    """Raise a `ConfigError` with the message unless the condition holds."""
    if not condition:
        raise ConfigError(message)


def require_ranges(config: Any, zero: tuple[str, ...] = ()) -> None:  # noqa: ANN401
    """Whole numbers from 1 (those named in ``zero``: 0), others from 0, dropouts below 1."""
    for entry in fields(config):
        name, value = entry.name, getattr(config, entry.name)
        for number in value if isinstance(value, tuple) else (value,):
            if type(number) is int:
                least = int(name not in zero)
                said = str(value)[:60] if abs(number) < 10**18 else "beyond all measure"
                require(number >= least, f"{name} is {said}; it must be at least {least}.")
                most_size = MOST.get(name, 10**12)
                require(number <= most_size, f"{name} is {said}; it must be at most {most_size}.")
            elif type(number) is float:
                most = 1.0 if "dropout" in name else float("inf")
                require(
                    0 <= number < most,
                    f"{name} is {value}; it must be 0 or more"
                    + (" and below 1." if "dropout" in name else ", and finite."),
                )
                bound = MOST.get(name, float("inf"))
                require(number <= bound, f"{name} is {value}; it must be at most {bound}.")


def require_attention(places: int, each: int, heads: int) -> None:
    """Bound the attention weights of a block, ``heads`` x ``places`` x ``each`` float32.

    Raises:
        ConfigError: they would take more than `MOST_ATTENTION`.
    """
    size = 4 * places * each * heads
    require(
        size <= MOST_ATTENTION,
        f"one block's attention over {places:,} places would take {size / 1e9:,.0f} GB; "
        f"{MOST_ATTENTION / 1e9:.0f} GB is the most: make the image smaller or its patches larger.",
    )


def require_sizes(content: object, where: str) -> None:
    """Bound every size in settings that another library reads: whatever JSON they are.

    Raises:
        ConfigError: a number of layers above 1,024, or any whole number above 10 million.
    """
    level: list[tuple[str, object]] = [(where, content)]
    for _ in range(DEEPEST):
        below: list[tuple[str, object]] = []
        for name, value in level:
            if isinstance(value, dict):
                below += [(str(key)[:60], part) for key, part in value.items()]
            elif isinstance(value, list):
                below += [(name, part) for part in value]
            elif type(value) is int:
                most = MOST_LAYERS if LAYERS.search(name) else MOST_NUMBER
                said = value if abs(value) < 10**18 else "beyond all measure"
                require(abs(value) <= most, f"{name} is {said}; it must be at most {most}.")
        level = below
    require(not level, f"{where} has values more than {DEEPEST} deep.")


def from_dict(cls: type[T], content: object, where: str = "config") -> T:
    """Build a config dataclass from JSON values, strictly.

    Args:
        cls: the dataclass; one of several kinds is chosen by its ``class_for(content, where)``.
        content: a JSON object.
        where: how messages call the place, grows with nesting ("config.vision").

    Raises:
        ConfigError: not an object, an unknown key (the nearest is named), a value of another type,
            or a rule of the dataclass broken.
    """
    if not isinstance(content, dict):
        raise ConfigError(f"{where} must be a JSON object, not {type(content).__name__}.")
    if choose := getattr(cls, "class_for", None):
        cls = choose(content, where)
    hints = get_type_hints(cls)
    names = [f.name for f in fields(cls)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in names:
            short = str(key)[:80]
            near = difflib.get_close_matches(short, names, n=1, cutoff=0.0)
            raise ConfigError(f"{where} has the unknown key {short!r}; did you mean {near[0]!r}?")
        values[key] = _value(hints[key], value, f"{where}.{key}")
    try:
        return cls(**values)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _value(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 (whatever JSON holds)
    if is_dataclass(kind) or hasattr(kind, "class_for"):
        return from_dict(kind, value, where)
    if kind is bool or kind is str:
        ok = isinstance(value, kind)
    elif kind is int:
        ok = isinstance(value, int) and not isinstance(value, bool)
    elif kind is float:
        ok = isinstance(value, int | float) and not isinstance(value, bool)
        ok = ok and abs(value) <= sys.float_info.max  # no NaN either
        value = float(value) if ok else value
    elif get_origin(get_args(kind)[0]) is tuple and isinstance(value, list | tuple):
        return tuple(_value(get_args(kind)[0], part, where) for part in value)
    else:  # tuple[int, ...] or tuple[float, ...]
        numbers = int if int in get_args(kind) else int | float
        ok = isinstance(value, list | tuple) and all(
            isinstance(v, numbers) and type(v) is not bool for v in value
        )
        kind, value = list, tuple(value) if ok else value
    if not ok:
        try:
            said = repr(value)[:80]
        except (ValueError, RecursionError):  # an integer of thousands of digits
            said = "beyond all measure"
        raise ConfigError(f"{where} is {said}, which is not a valid {kind.__name__}.")
    return value
