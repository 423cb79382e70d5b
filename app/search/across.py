"""Search over every gallery that is open: one list, each scene with the gallery that it is of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.explorer.explorer import Explorer
from app.explorer.reachable import reachable
from app.explorer.scenes import Scene, scenes_of
from app.query.encode import EncodedQuery, find_query
from app.query.request import SearchRequest
from app.serving.owner import OWNER
from app.serving.which import GALLERY
from cmpagl.rank.stage import ALIGNED, Stage, as_offered, by_model

__all__ = ["Across", "FoundScene", "across", "others_open"]

FEWEST_SHOWN = 24


@dataclass(frozen=True)
class FoundScene:
    """A scene, and where it is."""

    scene: Scene
    rank: int
    score: float
    key: str  # of its gallery in addresses; "" is the first
    gallery: str  # as the page calls it


@dataclass(frozen=True)
class Across:
    """What is shown of a search over all galleries."""

    asked_with: EncodedQuery
    found: tuple[FoundScene, ...]
    stage: Stage  # that they are ranked by
    asked: Stage  # that was asked for
    searched: tuple[str, ...]  # the galleries, as the page calls them
    waiting: tuple[str, ...]  # those that are not open
    n_scenes: int  # of all that were searched
    here: str  # the gallery in whose page this is shown, by its name in addresses


def others_open(explorer: Explorer) -> tuple[str, ...]:
    """The names of the galleries that would be searched; none where there is only one."""
    there = [one.name for one in reachable(explorer, OWNER.get()) if one.opened]
    return tuple(there) if len(there) > 1 else ()


def across(explorer: Explorer, request: SearchRequest) -> Across | None:
    """Rank the scenes of all galleries that who asks may see, by the first model.

    Only query, number of results and stage count: filters, marks and struck-out words are those of
    one gallery. A stage whose scores do not compare stands back for the aligned one.

    Returns:
        None where nothing is searched for.

    Raises:
        QueryError: what `find_query` and `search_across` refuse.
    """
    from cmpagl.search.across import merges, search_across  # with PyTorch, imported late

    plain = replace(request, before=ALIGNED, after=by_model(request.after, ""), drop=())
    encoded = find_query(explorer, plain)
    if encoded is None:
        return None
    here = GALLERY.get()
    there = reachable(explorer, OWNER.get())
    opened = [one for one in there if one.opened is not None]
    opened.sort(key=lambda one: one.key != here)  # whose query it is stands first
    retrievers = [one.opened.retriever for one in opened if one.opened]
    query, ranking = encoded.query, retrievers[0].checkpoint.config.ranking
    asked = as_offered(plain.after, ranking)
    fits = merges(asked, ranking, "t2i" if query.text is not None else "i2t")
    stage = asked if fits else ALIGNED
    top = max(request.k, FEWEST_SHOWN)
    ranked = search_across(retrievers, query, stage, top=top)
    scenes = {}
    for at, retriever in enumerate(retrievers):
        numbers = [one.item for one in ranked if one.gallery == at]
        for scene in scenes_of(retriever.gallery, numbers):
            scenes[at, scene.number] = scene
    found = (
        FoundScene(
            scenes[one.gallery, one.item],
            one.rank,
            one.score,
            opened[one.gallery].key,
            opened[one.gallery].name,
        )
        for one in ranked
    )
    return Across(
        encoded,
        tuple(found),
        stage,
        asked,
        tuple(one.name for one in there if one.opened),
        tuple(one.name for one in there if not one.opened),
        sum(len(one.gallery) for one in retrievers),
        here,
    )
