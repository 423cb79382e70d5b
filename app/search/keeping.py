"""What a person keeps: beside the index for who runs the page, else in a visitor's own browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from app.explorer.explorer import Explorer
from app.search.kept_contract import Keeping, KeptShown
from cmpagl.collections.collections import Collections
from cmpagl.errors import CmpaglError

__all__ = ["keep"]

Change = Callable[[Collections, Mapping[str, Any]], None]

CHANGES: dict[str, Change] = {
    "read": lambda kept, asked: None,
    "tag": lambda kept, asked: kept.tag(*_texts(asked, "name", "version", "id")),
    "untag": lambda kept, asked: kept.untag(*_texts(asked, "name", "version")),
    "drop_tag": lambda kept, asked: kept.drop_tag(*_texts(asked, "name")),
    "note": lambda kept, asked: kept.note(*_texts(asked, "name", "note")),
    "save_search": lambda kept, asked: kept.save_search(
        str(asked["name"]), _params(asked), tuple(map(str, asked["seen"]))
    ),
    "drop_search": lambda kept, asked: kept.drop_search(*_texts(asked, "name")),
    "asked": lambda kept, asked: kept.asked(_params(asked)),
    "judge": lambda kept, asked: kept.judge(
        str(asked["query"]),
        {str(name): int(grade) for name, grade in dict(asked["grades"]).items()},
        [str(name) for name in asked["before"]][:10],
        [str(name) for name in asked["after"]][:10],
        str(asked.get("id", "")),
    ),
    "drop_judged": lambda kept, asked: kept.drop_judged(*_texts(asked, "query")),
    "bring": lambda kept, asked: kept.bring(asked["content"]),
}
"""What a script may ask for, by the name that it has there too."""


def keep(explorer: Explorer, asked: Mapping[str, Any], *, operator: bool) -> Keeping:
    """Make a change and give all that is kept then; a visitor's browser keeps its own.

    Args:
        explorer: of the page.
        asked: ``op``, one of `CHANGES`, and what it needs; untrusted.
        operator: whether who asks runs the page.
    """
    opened = explorer.opened()
    value: Keeping = {
        "kept": None,
        "gallery": opened.gallery.name,
        "added": explorer.added,
        "problem": "",
    }
    if not operator:
        return value
    collections = Collections(opened.gallery.kept)
    try:
        CHANGES[str(asked.get("op"))](collections, asked)
    except CmpaglError as error:
        value["problem"] = str(error)
    except (KeyError, TypeError, ValueError, OverflowError):
        value["problem"] = ""  # no script of ours asks so
    try:
        value["kept"] = cast("KeptShown", collections.read().to_json())
    except CmpaglError as error:
        value["problem"] = str(error)
    return value


def _texts(asked: Mapping[str, Any], *names: str) -> list[str]:
    return [str(asked[name]) for name in names]


def _params(asked: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in dict(asked["params"]).items()}
