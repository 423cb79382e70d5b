"""The captions that a value holds: a text, a list however it is written, an object, or nested.

A list may be a list, or the text of one as JSON, Python or NumPy writes it.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from typing import Any

from cmpagl.data.field_names import caption_fields

__all__ = ["caption_cells", "captions_of", "text_lines"]

_DEEPEST = 5  # lists in lists
_BETWEEN = frozenset("[](){},")  # what may stand between the texts of a list
_BOX = re.compile(r"(?:\S+\s+)?(?:[-+]?\d[\d.e+-]*[\s,]+){3}[-+]?\d")
_LETTERS = re.compile(r"[^\W\d_]")
_NO_TOKENS = (tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER)


def captions_of(value: Any) -> list[Any]:  # noqa: ANN401 - whatever a data set holds
    """All captions of a value; what is no text in it stays, for the caller to judge."""
    missing = value is None or (isinstance(value, float) and value != value)
    return [] if missing else _flat(value, _DEEPEST)


def caption_cells(cell: str) -> list[Any]:
    """The captions in a cell of a table: as `captions_of`, or one a line, or with bars between."""
    found = captions_of(cell)
    if found != [cell]:
        return found
    parts = re.split(r"[\r\n]+" if "<|" in cell else r"[\r\n|]+", cell)
    return [part.strip() for part in parts if part.strip()] or [cell]


def _flat(value: Any, deepest: int) -> list[Any]:  # noqa: ANN401
    items: list[Any] | None = None
    if isinstance(value, str):
        items = _written(value.strip())
    elif isinstance(value, list | tuple):
        items = list(value)
    elif isinstance(value, dict):
        items = _within(value)
    if items is None or not deepest:
        return [value]
    return [caption for item in items for caption in _flat(item, deepest - 1)]


def _within(value: dict[Any, Any]) -> list[Any] | None:
    """What an object says under the names of captions, or all where it counts them."""
    keys = list(value)
    if found := caption_fields([str(key) for key in keys]):
        return [value[keys[at]] for at in found]
    if keys and all(str(key).isdigit() for key in keys):
        return list(value.values())
    tokens = value.get("tokens")
    if isinstance(tokens, list) and all(isinstance(token, str) for token in tokens):
        return [" ".join(tokens)]
    return None


def _written(text: str) -> list[Any] | None:
    """The items of a list that stands there as a text; None where none does."""
    array = re.fullmatch(r"array\((.*?)(?:,\s*dtype=[^\[\]]*)?\)", text, re.DOTALL)
    text = array[1].strip() if array else text
    if text[:1] + text[-1:] not in ("[]", "()", "{}"):
        # One that begins as a list and does not end is no caption.
        return [[text]] if re.match(r"\[\s*(['\"]).+\1\s*,", text) else None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = _python_list(text)
        if said is None and text[1:2] in ("'", '"'):
            return [[text]]  # meant as a list and not to be read as one: no caption
    if isinstance(said, dict):
        return _within(said)
    return said if isinstance(said, list) and said else None


def _python_list(text: str) -> list[str | None] | None:
    """The texts of a list, with commas between them (Python) or without (NumPy); None: no list.

    Python alone would take two texts without a comma for one.
    """
    found: list[str | None] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.STRING:
                found.append(ast.literal_eval(token.string))
            elif token.string in ("None", "nan"):
                found.append(None)
            elif token.type not in _NO_TOKENS and token.string not in _BETWEEN:
                return None
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    sound = any(found) and all(one is None or isinstance(one, str) for one in found)
    return found if sound else None


def text_lines(text: str) -> list[str]:
    """The captions in a text file, one a line; none where it is one of boxes or labels.

    Detectors keep theirs beside the pictures, too: numbers alone, or four of them and a class.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    boxes = sum(bool(_BOX.match(line)) or not _LETTERS.search(line) for line in lines)
    return [] if 2 * boxes >= len(lines) else lines
