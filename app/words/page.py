"""What the shell of the page says, and how sentences that several tabs share are made.

Views and scripts read their words from `app.words`, never spell them. Names say where a word
stands; ``{}`` fields are filled with `str.format`, in JavaScript with the same field names. Words
that come from a data set or from a person never pass through `str.format` as a template.
"""

from __future__ import annotations

from typing import Any

from app.words.errors import ERRORS
from app.words.translation import translated

__all__ = ["PAGE", "SIGNS", "STATUS", "limits_said", "source_said"]

PAGE: dict[str, Any] = {
    "source": "{data}, checkpoint {checkpoint}",
    "source_split": "{data}, split {split}, checkpoint {checkpoint}",
    "percent": "{n} %",
    "title": "CMPAGL Explorer",
    "tagline": "Search aerial and satellite images in words, and see why they rank",
    "gallery": "Gallery",
    "lost": "The gallery of this link is not open here any more. This is another one:",
    "copy_link": "Copy link",
    "copied": "Link copied",
    "copy_failed": "The link could not be copied; copy it from the address bar",
    "to_dark": "Dark",
    "to_light": "Light",
    "theme": "Switch between light and dark",
    "no_script": "A part of the page could not be loaded. Reload the page.",
    "bad_event": "The page did not understand this; load it again.",
    "bug": "Something went wrong. The server log has the details.",
    "tabs": {
        "search": "Search",
        "look": "Look",
        "space": "Space",
        "earth": "Earth",
        "errors": "Errors",
        "about": "About",
    },
}
PAGE = translated("page.PAGE", PAGE)

SIGNS = {"up": "▲", "down": "▼", "new": "+", "dropped": "−", "same": "="}
"""How something moved, told without colour."""

STATUS: dict[str, Any] = {
    "starting": "Starting.",
    "opening": "Opening the gallery and loading the model.",
    "indexing": "Preparing {name}: {what}, {done:,} of {total:,}.",
    "indexing_left": "Preparing {name}: {what}, {done:,} of {total:,}, about {left} left.",
    "indexing_start": "Preparing {name}: reading the folder.",
    "stopping": "Stopping. Work done so far is kept.",
    "stopped": (
        "Stopped. Work done so far is kept and will be used the next time you open this folder."
    ),
    "ready": "{name}: {scenes}, model {model}",
    "ready_split": "{name}, split {split}: {scenes}, model {model}",
    "no_second": "This link compares two models, but only one is open here",
    "second_far": (
        "Two models are compared scene by scene, which this gallery is too large for. Open it with "
        "--mode exact, or with one model."
    ),
    "scenes": {"one": "{n} scene", "other": "{n} scenes"},
    "captions": {"one": "{n} caption", "other": "{n} captions"},
    "scenes_drawn": {"one": "{n} computer-drawn scene", "other": "{n} computer-drawn scenes"},
    "empty": (
        "No gallery is open. Start the app with a folder of pictures (python app.py --data DIR) "
        "or with an index (python app.py --index DIR)."
    ),
    "stages": {
        "images": "pictures",
        "captions": "captions",
        "engine": "search index",
        "bank": "bank statistics",
        "map_aligned": "map of pictures and captions",
        "map_centred": "map with both kinds centred",
        "map_raw_image": "map of picture features",
        "map_raw_text": "map of text features",
    },
    "no_gallery": "This gallery is not open here any more.",
    "not_ready": "The page is not ready yet: {status}",
    "failed": ("Something went wrong while opening ({kind}). The server log has the details."),
    "newer": "The gallery has a newer version.",
    "renew": "Open the newer version",
    "tuning": "Tuning the reranking for this gallery.",
    "stop": "Stop preparing",
    "go_on": "Continue preparing",
}
STATUS = translated("page.STATUS", STATUS)


def source_said(data: str, split: str | None, checkpoint: str) -> str:
    """Where what is shown comes from."""
    sentence = PAGE["source_split" if split else "source"]
    return str(sentence).format(data=data, split=split, checkpoint=checkpoint)


def limits_said(limits: str, *, drawn: bool) -> str:
    """What the shown numbers cannot tell; before it that the scenes are drawn, where they are."""
    return f"{ERRORS['drawn']} {limits}" if drawn else limits
