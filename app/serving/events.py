"""What an event of the page, or a call of an endpoint, looks like: checked before Gradio reads it.

Only what the page's own script sends is handed on, so that no other field of Gradio's protocol can
be used; anything else is refused in one sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["PICTURE", "BadEvent", "clean_call", "clean_event", "packed", "whole_letters"]

PICTURE = object()
"""Stands for a picture among the values of a call that it leaves out."""

FILE = {"_type": "gradio.FileData"}
SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
DEEPEST = 40  # lists and objects within each other


class BadEvent(ValueError):
    """A body that the page does not send."""


def clean_event(body: bytes, inputs: Mapping[int, int], uploads: Path) -> dict[str, Any]:
    """What an event of the page may say.

    Args:
        body: as it was sent.
        inputs: how many values each event is given, by its number.
        uploads: where pictures lie; an event names one, as ``path``, by its place in there.

    Raises:
        BadEvent: it is none of the page's.
    """
    asked = _read(body)
    number, data, told = asked.get("fn_index"), asked.get("data"), asked.get("event_data")
    session, trigger = asked.get("session_hash"), asked.get("trigger_id")
    if type(number) is not int or number not in inputs:
        raise BadEvent
    if not isinstance(data, list) or len(data) != inputs[number]:
        raise BadEvent
    if not (told is None or isinstance(told, dict)):
        raise BadEvent
    if not (session is None or (isinstance(session, str) and SESSION.fullmatch(session))):
        raise BadEvent
    if not (trigger is None or type(trigger) is int):
        raise BadEvent
    if told is not None and isinstance(told.get("params"), dict):
        # No view has one, and a link that anybody has put one into would be to Gradio a file.
        params = {name: value for name, value in told["params"].items() if name != "path"}
        told = {**told, "params": params}
    if _names_file(data) or _names_file(list((told or {}).values())):
        raise BadEvent
    if told is not None and _names_file(told):
        told = {**told, "path": _within(told["path"], uploads)}
    return {
        "fn_index": number,
        "data": data,
        "event_data": told,
        "session_hash": session,
        "trigger_id": trigger,
    }


def clean_call(
    body: bytes, name: str | None, calls: Mapping[str | int, Sequence[Any]], uploads: Path
) -> bytes:
    """The body of a call of an endpoint, with the values that it leaves out.

    Args:
        body: as it was sent.
        name: of the endpoint; None where the body has its number.
        calls: the values that each endpoint has where none are given, by its name and its number.
        uploads: where pictures lie; in the body, one is named by its place in there.

    Raises:
        BadEvent: there is no such endpoint, or it takes fewer values.
    """
    asked = _read(body)
    wanted = asked.get("fn_index") if name is None else name
    if not isinstance(wanted, (str, int)) or wanted not in calls:
        raise BadEvent
    usual, data = calls[wanted], asked.get("data")
    if not isinstance(data, list) or len(data) > len(usual):
        raise BadEvent
    given = [*data, *usual[len(data) :]]
    asked["data"] = [
        _picture(value, uploads) if one is PICTURE else value
        for value, one in zip(given, usual, strict=True)
    ]
    return packed(asked)


def packed(asked: object) -> bytes:
    """JSON in which half a letter, as of a cut emoji, is a question mark: none can be encoded."""
    return json.dumps(asked, ensure_ascii=False).encode("utf-8", "replace")


def whole_letters(body: bytes) -> bytes:
    """The body of a tool's call as `packed` writes it, where it may hold half a letter."""
    if b"\\ud" not in body.lower():
        return body
    try:
        return packed(json.loads(body))
    except (ValueError, RecursionError):  # which the tools refuse
        return body


def _read(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:  # as of a number of 5,000 digits
        raise BadEvent from error
    if not isinstance(asked, dict) or _deep(asked):
        raise BadEvent
    return asked


def _deep(value: object) -> bool:
    """Whether lists and objects lie deeper within each other than any reader of ours goes."""
    level: list[object] = [value]
    for _ in range(DEEPEST):
        level = [
            part
            for one in level
            if isinstance(one, (dict, list))
            for part in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _picture(value: object, uploads: Path) -> dict[str, Any] | None:
    """A picture that a call names, as Gradio wants it named.

    Raises:
        BadEvent: it is none.
    """
    if value is None or value is PICTURE:
        return None
    if not isinstance(value, dict) or value.get("meta") != FILE:
        raise BadEvent
    kept = {name: value[name] for name in ("path", "url", "orig_name") if value.get(name)}
    if "path" not in kept or not all(
        isinstance(said, str) and "\0" not in said for said in kept.values()
    ):
        raise BadEvent
    return {**kept, "path": _within(kept["path"], uploads), "meta": FILE}


def _within(path: str, uploads: Path) -> str:
    """Where an uploaded picture lies: Gradio knows it by that alone.

    Raises:
        BadEvent: the path leads out of the folder.
    """
    if path.startswith("/") or "\0" in path or ".." in path.split("/"):
        raise BadEvent
    return str(uploads / path)


def _names_file(value: object) -> bool:
    """Whether something in it is to Gradio a file: an object with a ``path``."""
    if isinstance(value, list):
        return any(map(_names_file, value))
    if not isinstance(value, dict):
        return False
    return isinstance(value.get("path"), str) or any(map(_names_file, value.values()))
