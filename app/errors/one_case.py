"""One query of Errors in both rankings, in scenes and words."""

from __future__ import annotations

from dataclasses import dataclass

from app.explorer.explorer import Opened
from app.explorer.scenes import Scene, scene
from cmpagl.measure.pair import Pair

__all__ = ["Case", "case_key", "make_case"]


@dataclass(frozen=True)
class Case:
    """One query in both rankings; a hit is a scene, or, for a scene as query, a caption."""

    key: str  # direction, query and first hit after; a verdict is kept under it
    query: int  # its number: of a caption, or of a scene of the gallery
    text: str  # t2i: the query; i2t: the scene's first caption
    scene: Scene  # the true one; i2t: the query
    before: float  # rank of the best right answer; a tie counts as its mean place
    after: float
    hits: tuple[Scene, Scene]  # first hits; i2t: the scenes that they describe
    captions: tuple[str, str]  # i2t: the first hits
    right: tuple[bool, bool]  # whether the first hits are right
    cosine: float  # how alike the first hit after and the query are, in words
    identical: bool
    nearest: str  # the hit's caption that is most like `against`
    against: str


def case_key(pair: Pair, direction: str, number: int) -> str:
    """What a verdict on a query's first hit after is kept under."""
    scenes, hit = pair.benchmark.scenes, int(pair.after.first[direction][number])
    if direction == "t2i":
        return f"t2i:{number}:{scenes[hit]}"
    return f"i2t:{scenes[number]}:{hit}"


def make_case(opened: Opened, pair: Pair, direction: str, number: int) -> Case:
    """A query as it is shown."""
    gallery, benchmark = opened.gallery, pair.benchmark
    texts = gallery.distinct_captions
    fits = pair.fits(direction)
    before, after = (float(ranks[number]) for ranks in pair.ranks(direction))
    firsts = [int(stage.first[direction][number]) for stage in (pair.before, pair.after)]
    own = int(pair.scene_of(direction)[number])
    shown = scene(gallery, int(benchmark.scenes[own]))
    if direction == "t2i":
        hits = [scene(gallery, int(benchmark.scenes[first])) for first in firsts]
        captions, text = ("", ""), gallery.captions[number]
    else:
        hits = [scene(gallery, int(benchmark.scenes[pair.owner[first]])) for first in firsts]
        captions, text = (texts[firsts[0]], texts[firsts[1]]), shown.captions[0]
    return Case(
        key=case_key(pair, direction, number),
        query=number if direction == "t2i" else shown.number,
        text=text,
        scene=shown,
        before=before,
        after=after,
        hits=(hits[0], hits[1]),
        captions=captions,
        right=pair.first_right(direction, number),
        cosine=float(fits.cosine[number]),
        identical=bool(fits.identical[number]),
        nearest=texts[int(fits.caption[number])],
        against=texts[int(fits.against[number])],
    )
