"""The names by which columns of tables and keys of objects go: image, caption, split, class.

Case, blanks and marks between words do not count: `Image Name`, `image-name` and `imageName` are
one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["CAPTION", "CLASS", "IMAGE", "SPLIT", "caption_fields", "columns_of", "first_of"]

IMAGE = (
    *("image", "filename", "filepath", "imagepath", "path", "file", "img", "imagename"),
    *("imagefile", "images", "imgpath", "imgname", "imgfile", "imagefilename", "imagefilepath"),
    *("imgfilename", "fname", "picture", "photo", "relativepath", "relpath", "localpath"),
    *("imageid", "imgid"),
)
CAPTION = (
    *("caption", "text", "sentence", "description", "captions", "sentences", "texts"),
    *("title", "comment", "raw", "prompt", "descriptions", "sent", "sents", "alttext"),
)
SPLIT = ("split", "set", "partition", "subset", "datasplit", "phase")
CLASS = ("class", "classname", "label", "category", "labelname", "categoryname")
"""Best first, as `_plain` writes them."""

_WITHIN = ("caption", "sentence", "description")  # where no column has one of the names above
_ABOUT = re.compile(
    r"(ids?|num(ber)?|no|count|len(gth)?|source|index|lang(uage)?|split|model|score|tokens?|type"
    r"|url|file(name)?|path)$"
)
"""Ends of names that tell something about captions, but are none."""


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def first_of(names: Sequence[str], known: Sequence[str]) -> int | None:
    """The place of the first of the known names that is there."""
    plain = [_plain(name) for name in names]
    return next((plain.index(name) for name in known if name in plain), None)


def caption_fields(names: Sequence[str]) -> list[int]:
    """The places of captions: the best of their names, each time it is there, and the numbered."""
    best = first_of(names, CAPTION)
    plain = [_plain(name) for name in names]
    numbered = [
        at
        for at, name in enumerate(plain)
        if (match := re.fullmatch(r"([a-z]+?)\d{1,2}", name)) and match[1] in CAPTION
    ]
    same = [] if best is None else [at for at, name in enumerate(plain) if name == plain[best]]
    found = sorted({*same, *numbered})
    return found or [
        at
        for at, name in enumerate(plain)
        if any(word in name for word in _WITHIN) and not _ABOUT.search(name)
    ]


def columns_of(
    header: Sequence[str],
) -> tuple[int | None, list[int], int | None, int | None]:
    """Which columns hold images, captions, split and class, by their names."""
    captions = caption_fields(header)
    others = ["" if at in captions else name for at, name in enumerate(header)]
    image, split, class_name = (first_of(others, known) for known in (IMAGE, SPLIT, CLASS))
    return image, captions, split, class_name
