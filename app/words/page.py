"""What the shell of the page says, and how sentences that several tabs share are made.

Views and scripts read their words from `app.words`, never spell them. Names say where a word
stands; ``{}`` fields are filled with `str.format`, in JavaScript with the same field names. Words
that come from a data set or from a person never pass through `str.format` as a template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.words.errors import ERRORS
from app.words.translation import Forms, Words, each, translated

__all__ = ["PAGE", "SIGNS", "STATUS", "PageWords", "StatusWords", "limits_said", "source_said"]


@dataclass(frozen=True)
class PageWords(Words):
    """The shell's sentences."""

    source: str = "{data}, checkpoint {checkpoint}"
    source_split: str = "{data}, split {split}, checkpoint {checkpoint}"
    percent: str = "{n} %"
    title: str = "CMPAGL Explorer"
    tagline: str = "Search aerial and satellite images in words, and see why they rank"
    gallery: str = "Gallery"
    all_galleries: str = "All galleries"
    recent: str = "Opened before"
    lost_connection: str = "The connection was lost. Try again."
    lost: str = "The gallery of this link is no longer open here. This is another one:"
    copy_link: str = "Copy link"
    copied: str = "Link copied"
    copy_failed: str = "The link could not be copied; copy it from the address bar"
    to_dark: str = "Dark"
    to_light: str = "Light"
    theme: str = "Switch between light and dark"
    no_script: str = "A part of the page could not be loaded. Reload the page."
    bad_event: str = "The page did not understand this. Reload it."
    bug: str = "Something went wrong. The server log has the details."
    tabs: Mapping[str, str] = each(
        {
            "search": "Search",
            "look": "Look",
            "space": "Space",
            "earth": "Earth",
            "errors": "Errors",
            "about": "About",
        }
    )


PAGE = translated("page.PAGE", PageWords())

SIGNS = {"up": "▲", "down": "▼", "new": "+", "dropped": "−", "same": "="}
"""How something moved, told without colour."""


@dataclass(frozen=True)
class StatusWords(Words):
    """What is said of the gallery that is open, or of its opening."""

    starting: str = "Starting."
    opening: str = "Opening the gallery and loading the model."
    indexing: str = "Preparing {name}: {what}, {done:,} of {total:,}."
    indexing_left: str = "Preparing {name}: {what}, {done:,} of {total:,}, about {left} left."
    indexing_start: str = "Preparing {name}: reading the folder."
    elsewhere: str = "Another program is preparing {name}; this page opens it when that is done."
    stopping: str = "Stopping. Work done so far is kept."
    stopped: str = (
        "Stopped. Work done so far is kept and will be used the next time you open this folder."
    )
    ready: str = "{name}: {scenes}, model {model}"
    ready_split: str = "{name}, split {split}: {scenes}, model {model}"
    no_second: str = "This link compares two models, but only one is open here"
    piece: str = "{raster}: column {column}, row {row}"
    scenes: Forms = each({"one": "{n} scene", "other": "{n} scenes"})
    captions: Forms = each({"one": "{n} caption", "other": "{n} captions"})
    scenes_drawn: Forms = each(
        {"one": "{n} computer-drawn scene", "other": "{n} computer-drawn scenes"}
    )
    empty: str = (
        "No gallery is open. Start the app with a folder of pictures (python app.py --data DIR) "
        "or with an index (python app.py --index DIR)."
    )
    stages: Mapping[str, str] = each(
        {
            "images": "pictures",
            "captions": "captions",
            "engine": "search index",
            "bank": "bank statistics",
            "map_aligned": "map of pictures and captions",
            "map_centred": "map with both kinds centred",
            "map_raw_image": "map of picture features",
            "map_raw_text": "map of text features",
        }
    )
    no_gallery: str = "This gallery is no longer open here."
    not_ready: str = "The page is not ready yet: {status}"
    failed: str = "Something went wrong while opening ({kind}). The server log has the details."
    newer: str = "The gallery has a newer version."
    earlier: str = "This page shows an earlier version of the gallery: load it again."
    renew: str = "Open the newer version"
    tuning: str = "Tuning the reranking for this gallery."
    tuning_stops: str = "Stopping. The ranking stays as it was."
    stop: str = "Stop preparing"
    stop_tuning: str = "Stop tuning"
    tune_operator: str = "Only the person who runs this page can tune it."
    go_on: str = "Continue preparing"


STATUS = translated("page.STATUS", StatusWords())


def source_said(data: str, split: str | None, checkpoint: str) -> str:
    """Where what is shown comes from."""
    sentence = PAGE.source_split if split else PAGE.source
    return sentence.format(data=data, split=split, checkpoint=checkpoint)


def limits_said(limits: str, *, drawn: bool) -> str:
    """What the shown numbers cannot tell; before it that the scenes are drawn, where they are."""
    return f"{ERRORS.drawn} {limits}" if drawn else limits
