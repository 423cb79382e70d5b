"""Texts and JSON as they are found: byte order marks, old encodings, odd numbers."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

from cmpagl.config.json_types import TwiceError, distinct_keys
from cmpagl.errors import DataError
from cmpagl.files import require_file

__all__ = [
    "BrokenFileError",
    "is_text",
    "is_visible",
    "read_json",
    "read_json_lines",
    "read_lines",
    "read_text",
]

_SAMPLE = 100_000
_HEAD = 200  # bytes by which an encoding without a mark is told
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class BrokenFileError(DataError):
    """A file that cannot be read as what its name says it is."""


def is_text(text: str) -> bool:
    """Whether a text can be written down: not with half of a surrogate pair, or a broken name."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_visible(text: str) -> bool:
    """Whether there is a letter, a number or a sign in it, not blanks and marks alone."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def read_text(path: Path, *, fallback: str | None = None) -> str:
    """Read a file in UTF-8, or in UTF-16 where its first bytes say or show so.

    Args:
        path: the file.
        fallback: an encoding to try when it is neither.

    Raises:
        BrokenFileError: it cannot be read, or is in another encoding.
    """
    require_file(path, "give a file", BrokenFileError)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BrokenFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    mark = next((encoding for start, encoding in _MARKS.items() if content.startswith(start)), None)
    if mark is None and b"\0" in content[:_HEAD]:  # in UTF-16, half of a plain text's bytes are 0
        halves = content[:_HEAD:2].count(0), content[1:_HEAD:2].count(0)
        if 4 * abs(halves[0] - halves[1]) > len(content[:_HEAD]):
            mark = "utf-16-be" if halves[0] > halves[1] else "utf-16-le"
    try:
        return content.decode(mark or "utf-8")
    except UnicodeDecodeError as error:
        if fallback is not None and mark is None and b"\0" not in content:
            high = sum(byte > 127 for byte in content[:_SAMPLE])
            # No western language has so many; in an Asian encoding they are most of a text.
            if high <= max(8, len(content[:_SAMPLE]) // 5):
                try:
                    return content.decode(fallback)
                except UnicodeDecodeError:
                    pass
        raise BrokenFileError(
            f"{path} is not UTF-8 (byte {error.start:,}): save it in that encoding."
        ) from error


def read_lines(path: Path) -> list[str]:
    """Lines, of which an empty one counts: dropping it would shift every caption after it."""
    lines = read_text(path).replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def read_json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds, checked by the caller
    """Read a JSON file.

    Raises:
        BrokenFileError: it cannot be read, or is no JSON.
    """
    return _parse(read_text(path), str(path))


def read_json_lines(path: Path) -> list[tuple[int, Any]]:
    """Read a file with a JSON value on each line: their numbers and values, without blank lines.

    The value of a line that is no JSON is the error that says so: it spoils that one alone.

    Raises:
        BrokenFileError: the file cannot be read.
    """
    return [
        (number, _parsed(line, f"line {number:,} of {path.name}"))
        for number, line in enumerate(read_text(path).split("\n"), 1)
        if line.strip()
    ]


def _parsed(text: str, name: str) -> Any:  # noqa: ANN401
    try:
        return _parse(text, name)
    except BrokenFileError as error:
        return error


def _parse(text: str, name: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(text, parse_int=_whole, object_pairs_hook=distinct_keys)
    except TwiceError as error:
        raise BrokenFileError(
            f"{name} says {error} twice in one object, and not the same; keep one."
        ) from error
    except RecursionError as error:
        raise BrokenFileError(f"{name} nests lists or objects too deeply to be read.") from error
    except ValueError as error:
        raise BrokenFileError(f"{name} is not valid JSON ({error}): it may be cut off.") from error


def _whole(text: str) -> int | float:
    """A whole number; one of thousands of digits is no index of anything, only very large."""
    return int(text) if len(text) < 400 else float(text)
