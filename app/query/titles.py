"""What the page calls a stage, and what it says of one that is not offered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from app.words.search import SEARCH
from cmpagl.rank.stage import FINAL, Stage, as_offered

if TYPE_CHECKING:
    from cmpagl.config.ranking import RankingConfig

__all__ = ["not_offered", "stage_help", "stage_title"]


def stage_title(stage: Stage) -> str:
    """Its title; its plain name where the words have none for it."""
    return _words(stage)[0]


def stage_help(stage: Stage) -> str:
    """What it does, in a line; nothing where the words have none for it."""
    return _words(stage)[1]


def not_offered(asked: Iterable[Stage], ranking: RankingConfig) -> tuple[str, ...]:
    """A sentence for each stage that was asked for by name and is shown as the one it equals."""
    pairs = [(stage, as_offered(stage, ranking)) for stage in dict.fromkeys(asked)]
    return tuple(
        SEARCH["fusion_off"].format(stage=stage_title(stage), same=stage_title(same))
        for stage, same in pairs
        if stage not in (same, FINAL)  # the final ranking is what it is, with fusion or without
    )


def _words(stage: Stage) -> tuple[str, str]:
    known: Any = SEARCH["stages"]
    title, said = known.get(stage.label, (stage.name, ""))
    return title, said
