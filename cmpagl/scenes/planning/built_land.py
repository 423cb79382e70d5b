"""Land-use classes of built land: dwelling, work, traffic, sport."""

from __future__ import annotations

from cmpagl.scenes.planning.recipe import (
    AROUND,
    IN_PLACE,
    LEVELS,
    NEAR,
    ROWS,
    SIDES,
    TREES,
    Choice,
    SceneClass,
    Use,
    upto,
)
from cmpagl.scenes.planning.vocabulary import MANY, SHAPES, SOME

__all__ = ["BUILT_LAND"]

# A comment above a class tells its layout where the objects alone do not.
BUILT_LAND: dict[str, SceneClass] = {
    # Apron with one long terminal at an edge; the runway at the other, if planned.
    "airport": SceneClass(
        ("concrete", "grass"),
        (
            Use("plane", upto(1, 8)),
            Use("terminal", (1,), 0.7),
            Use("runway", (1, 2), 0.5),
            Use("truck", upto(1, 4), 0.25),
        ),
        (
            Choice("plane", NEAR, "terminal"),
            Choice("plane", ("on", "beside"), "runway"),
            Choice("plane", ROWS, "ground"),
        ),
    ),
    # One to four fans; they may share a centre like a clover or stand apart.
    "baseball field": SceneClass(
        ("grass", "bare ground"),
        (
            Use("baseball field", upto(1, 4)),
            Use("road", (1,), 0.35),
            Use("car", upto(1, 6), 0.35),
            Use("building", upto(1, 2), 0.35),
            TREES,
        ),
        (
            Choice("baseball field", NEAR, "road"),
            Choice("building", NEAR, "baseball field"),
            Choice("tree", AROUND, "baseball field"),
            Choice("car", ("on",), "road"),
        ),
    ),
    "church": SceneClass(
        ("grass", "concrete", "gardens"),
        (
            Use("church", (1,)),
            Use("road", (1, 2), 0.5),
            Use("house", upto(1, 7), 0.5),
            Use("car", upto(1, 6), 0.4),
            TREES,
        ),
        (
            Choice("church", IN_PLACE, "scene"),
            Choice("house", AROUND, "church"),
            Choice("tree", AROUND, "church"),
            Choice("car", ("on",), "road"),
            Choice("church", NEAR, "road"),
        ),
    ),
    # Tall blocks with long shadows between streets.
    "commercial": SceneClass(
        ("concrete", "asphalt"),
        (
            Use("building", (*upto(3, 9), SOME)),
            Use("road", (1, 2)),
            Use("car", (*upto(2, 8), SOME), 0.6),
            Use("bus", upto(1, 3), 0.3),
            Use("tree", LEVELS, 0.4),
        ),
        (
            Choice("building", SIDES, "road"),
            Choice("car", ("on",), "road"),
            Choice("bus", ("on",), "road"),
            Choice("tree", ("along",), "road"),
        ),
    ),
    # Houses close together in blocks, hardly any green.
    "dense residential": SceneClass(
        ("gardens", "concrete"),
        (
            Use("house", (MANY,)),
            Use("road", (1, 2, 3)),
            Use("car", upto(1, 8), 0.5),
            Use("tree", LEVELS, 0.5),
            Use("swimming pool", upto(1, 3), 0.2),
        ),
        (
            Choice("house", ("on both sides of",), "road"),
            Choice("car", ("on", "beside"), "road"),
            Choice("tree", ("along",), "road"),
        ),
    ),
    "industrial": SceneClass(
        ("concrete", "bare ground", "asphalt"),
        (
            Use("factory", upto(1, 5)),
            Use("storage tank", upto(1, 6), 0.4),
            Use("truck", upto(1, 6), 0.45),
            Use("container", (SOME,), 0.25),
            Use("road", (1,), 0.5),
            Use("railway", (1, 2), 0.2),
            Use("tree", (SOME,), 0.35),
        ),
        (
            Choice("factory", SIDES, "road"),
            Choice("storage tank", NEAR, "factory"),
            Choice("truck", ("on", "far from"), "road"),
            Choice("truck", NEAR, "factory"),
            Choice("tree", ("along",), "road"),
        ),
    ),
    # Two roads that cross in the middle (planned as "road", 2).
    "intersection": SceneClass(
        ("grass", "gardens", "concrete"),
        (
            Use("road", (2,)),
            Use("crosswalk", upto(1, 4), 0.55),
            Use("car", upto(1, 9), 0.75),
            Use("bus", (1, 2), 0.25),
            Use("building", upto(1, 4), 0.4),
            TREES,
        ),
        (
            Choice("car", ("on",), "road"),
            Choice("bus", ("on",), "road"),
            Choice("tree", ("along",), "road"),
        ),
    ),
    # Houses in rows with gardens between.
    "medium residential": SceneClass(
        ("gardens", "grass"),
        (
            Use("house", (SOME,)),
            Use("road", (1, 2)),
            Use("car", upto(1, 7), 0.5),
            Use("swimming pool", upto(1, 4), 0.35),
            Use("tree", LEVELS, 0.7),
        ),
        (
            Choice("house", SIDES, "road"),
            Choice("car", ("on", "beside"), "road"),
            Choice("tree", ("along",), "road"),
        ),
        SHAPES,
    ),
    # Marked bays; levels fill most of them, exact counts stand in a mostly empty lot.
    "parking": SceneClass(
        ("asphalt", "concrete"),
        (
            Use("car", (*upto(2, 10), SOME, MANY, MANY)),
            Use("truck", upto(1, 3), 0.25),
            Use("bus", upto(1, 4), 0.25),
            Use("building", (1, 2), 0.45),
            Use("tree", (SOME,), 0.4),
            Use("road", (1,), 0.35),
        ),
        (
            Choice("car", ROWS, "ground"),
            Choice("building", NEAR, "road"),
            Choice("bus", NEAR, "building"),
            Choice("truck", ("on",), "road"),
        ),
    ),
    # A sports ground: a running track around a football field, courts beside.
    "playground": SceneClass(
        ("grass", "concrete"),
        (
            Use("running track", (1,)),
            Use("football field", (1,)),
            Use("basketball court", upto(1, 4), 0.5),
            Use("tennis court", (1, 2), 0.25),
            Use("building", upto(1, 3), 0.4),
            TREES,
        ),
        (
            Choice("running track", ("around",), "football field"),
            Choice("basketball court", NEAR, "running track"),
            Choice("tree", AROUND, "running track"),
            Choice("building", NEAR, "running track"),
        ),
    ),
    # Parallel railways (each counted) and a long station roof beside them.
    "railway station": SceneClass(
        ("concrete", "bare ground"),
        (
            Use("railway", upto(2, 7)),
            Use("station", (1,), 0.8),
            Use("train", upto(1, 4), 0.75),
            Use("road", (1,), 0.3),
            Use("car", upto(1, 6), 0.25),
            Use("bus", upto(1, 4), 0.2),
            Use("building", upto(1, 3), 0.3),
            Use("tree", (SOME,), 0.35),
        ),
        (
            Choice("station", ("beside",), "railway"),
            Choice("train", ("on",), "railway"),
            Choice("road", ("parallel to", "across"), "railway"),
            Choice("bus", NEAR, "station"),
            Choice("car", NEAR, "station"),
        ),
    ),
    "school": SceneClass(
        ("concrete", "grass"),
        (
            Use("building", upto(2, 6)),
            Use("running track", (1,), 0.45),
            Use("football field", (1,), 0.35),
            Use("basketball court", upto(1, 4), 0.5),
            Use("bus", upto(1, 4), 0.3),
            Use("swimming pool", (1,), 0.2),
            TREES,
        ),
        (
            Choice("building", AROUND, "running track"),
            Choice("building", AROUND, "football field"),
            Choice("running track", ("around",), "football field"),
            Choice("basketball court", NEAR, "building"),
            Choice("tree", AROUND, "building"),
            Choice("bus", NEAR, "building"),
        ),
    ),
    # A paved place with patterned slabs; buildings stand at its edges.
    "square": SceneClass(
        ("concrete",),
        (
            Use("fountain", (1, 2), 0.5),
            Use("flower bed", upto(1, 6), 0.6),
            Use("building", upto(1, 5), 0.7),
            Use("pond", (1,), 0.2),
            Use("car", upto(1, 6), 0.3),
            Use("road", (1,), 0.3),
            TREES,
        ),
        (
            Choice("fountain", IN_PLACE, "scene"),
            Choice("flower bed", AROUND, "fountain"),
            Choice("building", NEAR, "road"),
            Choice("tree", ROWS, "ground"),
            Choice("car", ("on",), "road"),
        ),
    ),
    # One oval of stands; the football field in it, the running track (if planned) around the field.
    "stadium": SceneClass(
        ("grass", "concrete", "asphalt"),
        (
            Use("stadium", (1,)),
            Use("football field", (1,), 0.85),
            Use("running track", (1,), 0.35),
            Use("road", (1, 2), 0.4),
            Use("car", (*upto(1, 8), SOME), 0.4),
            Use("bus", upto(1, 4), 0.25),
            TREES,
        ),
        (
            Choice("football field", ("in",), "stadium"),
            Choice("running track", ("around",), "football field"),
            Choice("tree", AROUND, "stadium"),
            Choice("stadium", ("beside",), "road"),
            Choice("bus", NEAR, "stadium"),
        ),
    ),
    "storage tanks": SceneClass(
        ("concrete", "bare ground", "grass"),
        (
            Use("storage tank", upto(1, 10)),
            Use("road", (1, 2), 0.5),
            Use("building", upto(1, 3), 0.35),
            Use("truck", upto(1, 4), 0.3),
            Use("railway", (1, 2), 0.15),
            Use("tree", (SOME,), 0.3),
        ),
        (
            Choice("storage tank", ROWS, "ground"),
            Choice("storage tank", SIDES, "road"),
            Choice("building", NEAR, "storage tank"),
            Choice("truck", ("on", "far from"), "road"),
        ),
    ),
    "tennis courts": SceneClass(
        ("grass", "concrete", "gardens"),
        (
            Use("tennis court", upto(1, 8)),
            Use("basketball court", (1, 2), 0.25),
            Use("building", upto(1, 3), 0.35),
            Use("swimming pool", (1, 2), 0.3),
            Use("road", (1,), 0.35),
            Use("car", upto(1, 5), 0.25),
            TREES,
        ),
        (
            Choice("tennis court", ("in rows on",), "ground"),
            Choice("swimming pool", NEAR, "tennis court"),
            Choice("building", NEAR, "tennis court"),
            Choice("tree", AROUND, "tennis court"),
            Choice("tennis court", NEAR, "road"),
            Choice("car", ("on",), "road"),
        ),
    ),
    # A raised roadway passing over other bands; with two, one bends off the other.
    "viaduct": SceneClass(
        ("grass", "gardens", "concrete"),
        (
            Use("viaduct", (1, 2)),
            Use("highway", (1,), 0.35),
            Use("road", (1,), 0.5),
            Use("river", (1,), 0.25),
            Use("railway", (1, 2), 0.25),
            Use("car", (*upto(1, 9), SOME), 0.7),
            Use("building", upto(1, 4), 0.35),
            TREES,
        ),
        (
            Choice("viaduct", ("across", "parallel to"), "road"),
            Choice("viaduct", ("across",), "highway"),
            Choice("viaduct", ("across",), "river"),
            Choice("viaduct", ("across",), "railway"),
            Choice("car", ("on",), "viaduct"),
            Choice("tree", SIDES, "viaduct"),
        ),
        SHAPES,
    ),
}
