"""The names by which splits go: Training and train2017 are train, dev is val, test1k is test."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

__all__ = ["called", "split_in", "split_of_folders", "take_in", "usual_split"]

_NAMES = {
    "train": ("train", "training", "trn"),
    "restval": ("restval",),
    "val": ("val", "validation", "valid", "dev", "development"),
    "test": ("test", "testing", "tst"),
}
"""What each is called, best first."""
_USUAL = {name: usual for usual, names in _NAMES.items() for name in names}


def usual_split(name: str) -> str | None:
    """Which split goes by a name: train, restval, val or test; None where it is none of these."""
    plain = name.strip().casefold()
    word = re.fullmatch(r"([a-z]+?)[ _.-]?(?:set|split)?[ _.-]?(?:\d+k?)?", plain)
    return _USUAL.get(plain) or (_USUAL.get(word[1]) if word else None)


def split_in(stem: str) -> str | None:
    """The split that a file's name tells by one of its words; None where it tells none, or two."""
    words = [word for word in re.findall(r"[a-z]+", stem.casefold()) if word in _USUAL]
    return words[0] if len({_USUAL[word] for word in words}) == 1 else None


def split_of_folders(name: str) -> str | None:
    """The first folder on a file's path that is called as a split."""
    return next((part for part in PurePosixPath(name).parts[:-1] if usual_split(part)), None)


def take_in(split: str, splits: Sequence[str]) -> tuple[str, ...]:
    """The names under which a split's entries go; none where there is no such split.

    One that is called so counts; else the only one that is usually called otherwise. What is called
    restval trains too.
    """
    own = split if split in splits else _alike(split, splits)
    if own is None:
        return ()
    also = "restval" if usual_split(own) == "train" else None
    return tuple(name for name in splits if name == own or (also and usual_split(name) == also))


def _alike(split: str, splits: Sequence[str]) -> str | None:
    """The split that is usually called as another; None where there is none, or several are."""
    usual = usual_split(split)
    found = [name for name in splits if usual and usual_split(name) == usual]
    best = [name for own in _NAMES.get(usual or "", ()) for name in found if name.lower() == own]
    return best[0] if best else found[0] if len(found) == 1 else None


def called(splits: Sequence[str]) -> dict[str, str]:
    """What each split is called here: train, val, test or restval, or as it calls itself."""
    known = {name: name for name in splits}
    for usual in ("train", "val", "test"):
        for name in take_in(usual, splits):
            known[name] = usual_split(name) or name
    return known
