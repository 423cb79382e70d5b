"""Look without a page: an explorer of its own, and what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiny import tiny_checkpoint, tiny_dataset
from tiny_explorer import opened_explorer

from app.explorer.explorer import Explorer
from app.look.answer import LookAnswer
from app.look.service import look
from cmpagl.data.dataset import load_dataset


def looking_explorer(folder: Path) -> Explorer:
    """A page's explorer on eight drawn scenes and a tiny model with random weights."""
    checkpoint = tiny_checkpoint(folder / "tiny")
    dataset = load_dataset(tiny_dataset(folder / "data"))
    return opened_explorer(folder / "index", dataset, checkpoint, with_map=False)


def scene_id(explorer: Explorer, number: int) -> str:
    """A scene's name in links."""
    return explorer.opened().gallery.records[number].image_id


def ask(explorer: Explorer, **params: Any) -> LookAnswer:
    """An answer that has found nothing wrong."""
    found = look(explorer, params)
    assert not [text for kind, text in found.problems if kind == "error"], found.problems
    return found
