"""What stands around a map of Look: scenes to choose and to put beside, how far to trust it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from app.explorer.explorer import Explorer
from app.explorer.scenes import scene, scenes_of
from app.look.answer import Hint, Picture, Strip
from app.look.request import MAX_FIND, LookRequest
from app.look.tower_outputs import encodings_of
from app.query.encode import find_query
from app.query.rank import known_here, scene_ranking
from cmpagl.diagnose.results import WordResult, load_diagnosis
from cmpagl.errors import CmpaglError

if TYPE_CHECKING:
    from cmpagl.store.gallery import Gallery

__all__ = ["best_scenes", "hints", "pointing", "strip"]

STRIP = 24
"""How many scenes the strip shows."""


def best_scenes(
    explorer: Explorer, request: LookRequest, problems: list[tuple[str, str]]
) -> list[int]:
    """The first scenes of Search's right column; none, and why, where it cannot be ranked."""
    try:
        found = find_query(explorer, request.search)
        if found is None:
            return []
        items = scene_ranking(explorer.opened(), request.search, found).items[:STRIP]
    except CmpaglError as error:
        problems.append(("warn", str(error)))
        return []
    return [int(item) for item in items]


def hints(
    gallery: Gallery,
    request: LookRequest,
    best: list[int],
    pictures: list[tuple[str, Picture]],
) -> tuple[Hint, ...]:
    """The first hit of the query and its true scene, where they are not shown yet."""
    if not request.text:
        return ()
    shown = {picture.scene.number for _, picture in pictures if picture.scene}
    found = [("first_hit", number) for number in best[:1]]
    found += [
        ("true_scene", int(number)) for number in gallery.captioned.scenes_of(request.text)[:1]
    ]
    return tuple(Hint(kind, scene(gallery, n)) for kind, n in found if n not in shown)


@lru_cache(maxsize=4)
def pointing(folder: Path, fingerprint: str, scored: bool) -> WordResult | None:
    """How often this checkpoint's maps point at the right thing; None where nobody measured.

    Args:
        folder: the checkpoint's.
        fingerprint: of the model that is open.
        scored: of maps of a score, or of where it looked.
    """
    found = load_diagnosis(folder, fingerprint=fingerprint)
    if found is None:
        return None
    return found.score_pointing() if scored else found.pointing()


def strip(explorer: Explorer, request: LookRequest, text: str = "") -> Strip:
    """Scenes to choose from: by name or class, else the query's best, else some of all.

    Raises:
        QueryError: nothing is open.
    """
    opened = explorer.opened()
    gallery, retriever = opened.gallery, opened.retriever
    wanted = text.strip()[:MAX_FIND]
    if wanted:
        found = gallery.records.containing(wanted, STRIP)
        return Strip("strip_found", scenes_of(gallery, found), text.strip())
    if request.text and encodings_of(retriever).loaded(retriever, trained=True):
        search = known_here(opened, request.search)
        best = best_scenes(
            explorer, replace(request, search=search), []
        )  # `look` says what is wrong
        if best:
            return Strip("strip_query", scenes_of(gallery, best))
    count = min(STRIP, len(gallery))
    spread = [i * len(gallery) // count for i in range(count)]
    return Strip("strip", scenes_of(gallery, spread))
