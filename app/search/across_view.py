"""What ``across.js`` draws: scenes of all galleries, and the link that opens each."""

from __future__ import annotations

from urllib.parse import urlencode

from app.query.request import SearchRequest
from app.query.titles import stage_help, stage_title
from app.search.across import Across, FoundScene
from app.search.contract import AcrossCard, AcrossShown
from app.search.service import Answer
from app.search.view import short_title
from app.words.search import SEARCH

__all__ = ["across_shown"]


def across_shown(answer: Answer) -> AcrossShown | None:
    """The list of an answer; None where it is of one gallery."""
    shown = answer.across
    if shown is None:
        return None
    title = stage_title(shown.stage)
    low, best = shown.found[-1].score, shown.found[0].score
    return {
        "title": title,
        "help": stage_help(shown.stage),
        "cards": [
            _card(answer.request, shown, one, (one.score - low) / ((best - low) or 1.0))
            for one in shown.found
        ],
        "summary": SEARCH.across_label,
    }


def _card(request: SearchRequest, shown: Across, found: FoundScene, share: float) -> AcrossCard:
    scene = found.scene
    page = f"g/{found.key}/" if found.key else ""
    root = ("../../" if shown.here else "./") + page
    title = short_title(scene)
    spoken = SEARCH.across_open.format(rank=found.rank, title="{title}", gallery="{gallery}")
    spoken = spoken.replace("{title}", title).replace("{gallery}", found.gallery)
    return {
        "id": f"{page}{scene.image_id}",
        "rank": str(found.rank),
        "was": None,
        "value": round(found.score, 6),
        "share": round(share, 3),
        "title": title,
        "alt": "",
        "spoken": spoken,
        "thumbnail": root + scene.thumbnail,
        "label": found.gallery,
        "line": title,
        "move": None,
        "truth": None,
        "version": None,
        "mark": None,
        "behind": None,
        "href": root + _asked(request, scene.image_id),
    }


def _asked(request: SearchRequest, scene: str) -> str:
    """The scene among its own gallery's answers; one that was asked with a scene opens in Look."""
    given = {"q": request.text, "upload": request.upload}
    if request.like:
        given = {"tab": "look"}
    params = {name: value for name, value in given.items() if value} | {"scene": scene}
    return "?" + urlencode(params)
