"""Look without a page: an explorer of its own, and what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from app.explorer.explorer import Explorer, Opened, Source
from app.look.answer import LookAnswer
from app.look.service import look
from cmpagl.data.dataset import load_dataset
from cmpagl.search.retriever import Retriever


def looking_explorer(folder: Path) -> Explorer:
    """A page's explorer on eight drawn scenes and a tiny model with random weights."""
    checkpoint = tiny_checkpoint(folder / "tiny")
    dataset = load_dataset(tiny_dataset(folder / "data"))
    gallery = build_index(dataset, checkpoint, folder / "index", with_map=False)
    explorer = Explorer(Source(checkpoint=folder / "tiny", index=folder / "index"))
    explorer._opened = Opened(gallery, Retriever(gallery, checkpoint))
    return explorer


def scene_id(explorer: Explorer, number: int) -> str:
    """A scene's name in links."""
    return explorer.opened().gallery.records[number].image_id


def ask(explorer: Explorer, **params: Any) -> LookAnswer:
    """An answer that has found nothing wrong."""
    found = look(explorer, params)
    assert not [text for kind, text in found.problems if kind == "error"], found.problems
    return found
