"""The page in another language: a folder ``app/words/LANGUAGE`` of JSON files, one a module.

``CMPAGL_LANGUAGE`` names the folder; without it the page is in English, as its modules have it.
``app/words/LANGUAGE/search.json`` holds ``{"SEARCH": {...}}`` with the same keys
as `app.words.search`, each sentence with the same ``{}`` fields; where English has the plural forms
"one" and "other", a language has those of its own. It is checked when the page starts: a sentence
that is missing would otherwise be missed only by who comes to see it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, TypeVar, cast

from cmpagl.errors import ConfigError

__all__ = ["LANGUAGE", "Forms", "Words", "as_json", "each", "translated"]

LANGUAGE = os.environ.get("CMPAGL_LANGUAGE") or "en"
"""The page's language, as HTML and `Intl` name it: "en", "de", "pt-BR"."""

WORDS = Path(__file__).parent
PLURALS = {"zero", "one", "two", "few", "many", "other"}  # categories of Unicode's CLDR

T = TypeVar("T")


class Words:
    """Sentences by name: a dataclass whose defaults are the English ones."""


W = TypeVar("W", bound=Words)

Forms = Mapping[str, str]
"""A sentence for each plural form: English has "one" and "other"."""


def each(words: T) -> T:
    """Words that are several, as the default of a field."""
    return field(default_factory=lambda: words)


def as_json(words: Words) -> dict[str, Any]:
    """Words by name, as JSON and scripts have them: a name that Python keeps for itself is bare."""
    return {name.rstrip("_"): value for name, value in vars(words).items()}


def translated(name: str, english: W) -> W:
    """Sentences in the page's language.

    Args:
        name: ``module.NAME`` of the sentences, such as "search.SEARCH".
        english: what they are in English: a dataclass of text, or of dicts, lists and tuples of it.

    Raises:
        ConfigError: there is no such language, its file cannot be read, or a sentence lacks, is too
            many, or has other fields than the English one.
    """
    if LANGUAGE == "en":
        return english
    module, _, constant = name.partition(".")
    path = WORDS / LANGUAGE / f"{module}.json"
    found = _read(path).get(constant)
    matched = _matched(as_json(english), found, f"{path.name}: {constant}")
    named = zip(vars(english), cast("dict[str, Any]", matched).values(), strict=True)
    return type(english)(**dict(named))


@lru_cache
def _read(path: Path) -> dict[str, Any]:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", LANGUAGE) or not path.parent.is_dir():
        known = ", ".join(sorted(p.name for p in WORDS.iterdir() if any(p.glob("*.json"))))
        raise ConfigError(
            f"CMPAGL_LANGUAGE is {LANGUAGE[:40]!r}, but app/words has no such folder; choose en"
            + (f", {known}." if known else ".")
        )
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"app/words/{LANGUAGE}/{path.name} cannot be read ({error}); it must be a JSON file."
        ) from error
    if not isinstance(found, dict):
        raise ConfigError(f"app/words/{LANGUAGE}/{path.name} must hold a JSON object.")
    return found


def _matched(english: object, other: object, where: str) -> object:
    """The other language's words in the shape of the English ones."""
    if isinstance(english, dict):
        keys = set(other) if isinstance(other, dict) else set()
        if set(english) == {"one", "other"} and "other" in keys <= PLURALS:
            english = dict.fromkeys(keys, english["other"])
        if missing := [key for key in english if key not in keys]:
            raise ConfigError(f"In {LANGUAGE}/{where}, {missing[0]!r} is missing.")
        if extra := sorted(keys - set(english)):
            raise ConfigError(f"In {LANGUAGE}/{where}, {extra[0]!r} is not in the English words.")
        found = cast("dict[str, object]", other)
        return {
            key: _matched(value, found[key], f"{where}.{key}") for key, value in english.items()
        }
    if isinstance(english, list | tuple):
        if not isinstance(other, list) or len(other) != len(english):
            raise ConfigError(f"{LANGUAGE}/{where} must be a list of {len(english)}.")
        pairs = zip(english, other, strict=True)
        return type(english)(_matched(a, b, f"{where}[{i}]") for i, (a, b) in enumerate(pairs))
    if not isinstance(other, str) or _fields(str(english)) != _fields(other):
        fields = ", ".join(sorted(_fields(str(english)))) or "no fields"
        raise ConfigError(f"{LANGUAGE}/{where} must be a text with {fields}.")
    return other


def _fields(text: str) -> set[str]:
    """The fields of a template, with how they are formatted."""
    try:
        return {f"{{{name}:{how}}}" for _, name, how, _ in Formatter().parse(text) if name}
    except ValueError:  # a lone brace
        return {"a broken field"}
