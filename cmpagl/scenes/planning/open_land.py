"""Land-use classes of open land and water."""

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

__all__ = ["OPEN_LAND"]

# A comment above a class tells its layout where the objects alone do not.
OPEN_LAND: dict[str, SceneClass] = {
    "bareland": SceneClass(
        ("bare ground",),
        (
            Use("rock", upto(1, 6), 0.5),
            Use("path", (1, 2), 0.5),
            Use("truck", upto(1, 4), 0.4),
            Use("tent", upto(1, 5), 0.3),
            Use("bush", LEVELS, 0.5),
        ),
        (
            Choice("rock", IN_PLACE, "scene"),
            Choice("truck", ("on", "far from"), "path"),
            Choice("tent", NEAR, "path"),
        ),
        SHAPES,
    ),
    # Sea on one side, sand on the other; green land behind the sand only if trees are planned.
    "beach": SceneClass(
        ("sand",),
        (
            Use("sea", (1,)),
            Use("wave", (SOME,), 0.6),
            Use("umbrella", upto(1, 8), 0.5),
            Use("boat", upto(1, 5), 0.45),
            Use("rock", upto(1, 4), 0.3),
            Use("house", upto(1, 4), 0.25),
            Use("tree", LEVELS, 0.4),
        ),
        (
            Choice("boat", ("in", "beside"), "sea"),
            Choice("umbrella", ROWS, "ground"),
            Choice("rock", ("in", "beside"), "sea"),
        ),
    ),
    # A river through the picture and bridges over it; roads lead up to each bridge (not separate).
    "bridge": SceneClass(
        ("grass", "gardens", "bare ground"),
        (
            Use("river", (1,)),
            Use("bridge", upto(1, 3)),
            Use("car", upto(1, 6), 0.5),
            Use("boat", upto(1, 5), 0.4),
            Use("house", upto(2, 8), 0.35),
            TREES,
        ),
        (
            Choice("bridge", ("across",), "river"),
            Choice("car", ("on",), "bridge"),
            Choice("boat", ("in",), "river"),
            Choice("tree", SIDES, "river"),
            Choice("house", SIDES, "river"),
        ),
    ),
    "desert": SceneClass(
        ("sand",),
        (
            Use("dune", LEVELS, 0.8),
            Use("road", (1,), 0.4),
            Use("rock", upto(1, 6), 0.4),
            Use("truck", upto(1, 4), 0.3),
            Use("tent", upto(1, 5), 0.25),
            Use("bush", LEVELS, 0.35),
            Use("pond", (1,), 0.15),
        ),
        (
            Choice("truck", ("on", "far from"), "road"),
            Choice("rock", IN_PLACE, "scene"),
            Choice("tent", NEAR, "road"),
            Choice("pond", IN_PLACE, "scene"),
        ),
        SHAPES,
    ),
    # Fields edge to edge fill the picture; with all on one side of a road, bare ground lies beyond.
    "farmland": SceneClass(
        ("bare ground",),
        (
            Use("field", upto(2, 6)),
            Use("road", (1,), 0.4),
            Use("tractor", (1, 2), 0.35),
            Use("haystack", upto(2, 8), 0.3),
            Use("house", upto(1, 4), 0.35),
            Use("greenhouse", upto(1, 4), 0.2),
            Use("tree", (SOME,), 0.35),
        ),
        (
            Choice("field", SIDES, "road"),
            Choice("tree", ("along", "on both sides of"), "road"),
            Choice("tractor", ("in",), "field"),
            Choice("house", IN_PLACE, "scene"),
        ),
    ),
    # Closed canopy; the uses below are openings in it. "tree" is the canopy itself.
    "forest": SceneClass(
        ("woods",),
        (
            Use("tree", (MANY,)),
            Use("road", (1,), 0.4),
            Use("river", (1,), 0.3),
            Use("pond", (1, 2), 0.3),
            Use("house", upto(1, 5), 0.4),
            Use("rock", upto(1, 4), 0.25),
        ),
        (
            Choice("pond", IN_PLACE, "scene"),
            Choice("house", NEAR, "road"),
            Choice("house", NEAR, "pond"),
            Choice("road", ("across", "parallel to"), "river"),
            Choice("tree", ("on both sides of",), "road"),
            Choice("tree", ("on both sides of",), "river"),
        ),
        SHAPES,
    ),
    "golf course": SceneClass(
        ("grass",),
        (
            Use("bunker", upto(1, 7)),
            Use("pond", (1, 2), 0.5),
            Use("path", (1,), 0.5),
            Use("house", upto(1, 3), 0.25),
            TREES,
        ),
        (
            Choice("bunker", NEAR, "pond"),
            Choice("tree", SIDES, "path"),
            Choice("pond", IN_PLACE, "scene"),
            Choice("bunker", SIDES, "path"),
        ),
        ("curved",),
    ),
    # Water with a quay on one side from which docks reach out; boats moored or under way.
    "harbor": SceneClass(
        ("water",),
        (
            Use("boat", (*upto(2, 10), MANY)),
            Use("dock", upto(1, 4)),
            Use("ship", upto(1, 3), 0.35),
            Use("building", upto(1, 3), 0.35),
            Use("container", LEVELS, 0.3),
        ),
        (
            Choice("boat", NEAR, "dock"),
            Choice("ship", NEAR, "dock"),
            Choice("boat", SIDES, "dock"),
        ),
    ),
    "meadow": SceneClass(
        ("grass",),
        (
            Use("tree", (*upto(1, 6), SOME), 0.7),
            Use("path", (1, 2), 0.5),
            Use("pond", (1,), 0.3),
            Use("haystack", upto(1, 8), 0.35),
            Use("tent", upto(1, 5), 0.25),
            Use("wind turbine", upto(1, 4), 0.2),
        ),
        (
            Choice("tree", SIDES, "path"),
            Choice("tree", IN_PLACE, "scene"),
            Choice("pond", IN_PLACE, "scene"),
            Choice("tent", NEAR, "pond"),
            Choice("haystack", ROWS, "ground"),
        ),
        SHAPES,
    ),
    "mountain": SceneClass(
        ("rock face", "woods", "snow"),
        (
            Use("river", (1,), 0.3),
            Use("road", (1,), 0.4),
            Use("pond", (1, 2), 0.3),
            Use("house", upto(1, 5), 0.35),
            Use("wind turbine", upto(1, 5), 0.3),
            Use("tree", (SOME,), 0.3),
        ),
        (
            Choice("pond", IN_PLACE, "scene"),
            Choice("house", NEAR, "road"),
            Choice("house", NEAR, "pond"),
            Choice("wind turbine", ("along", "far from"), "road"),
            Choice("wind turbine", ROWS, "ground"),
        ),
        ("curved",),
    ),
    "park": SceneClass(
        ("grass",),
        (
            Use("tree", LEVELS),
            Use("path", (1, 2, 3), 0.7),
            Use("pond", (1, 2), 0.6),
            Use("fountain", (1,), 0.3),
            Use("flower bed", upto(1, 5), 0.4),
            Use("building", upto(1, 3), 0.3),
            Use("island", (1, 2), 0.2),
        ),
        (
            Choice("pond", IN_PLACE, "scene"),
            Choice("tree", AROUND, "pond"),
            Choice("fountain", IN_PLACE, "scene"),
            Choice("flower bed", NEAR, "path"),
            Choice("building", NEAR, "pond"),
            Choice("island", ("in",), "pond"),
        ),
        ("curved",),
    ),
    # One to three still waters; the picture is more than a third water if there is one.
    "pond": SceneClass(
        ("grass", "bare ground", "gardens"),
        (
            Use("pond", (1, 1, 2, 3)),
            Use("island", upto(1, 3), 0.3),
            Use("boat", upto(1, 5), 0.35),
            Use("house", upto(1, 6), 0.35),
            Use("road", (1,), 0.35),
            Use("path", (1,), 0.2),
            Use("tree", LEVELS, 0.75),
        ),
        (
            Choice("tree", AROUND, "pond"),
            Choice("island", ("in",), "pond"),
            Choice("boat", ("in",), "pond"),
            Choice("house", NEAR, "pond"),
            Choice("road", NEAR, "pond"),
        ),
    ),
    "river": SceneClass(
        ("grass", "woods", "bare ground", "gardens"),
        (
            Use("river", (1,)),
            Use("boat", upto(1, 6), 0.4),
            Use("house", upto(1, 7), 0.4),
            Use("road", (1,), 0.4),
            Use("island", (1, 2), 0.25),
            Use("field", (1, 2, 3), 0.25),
            Use("tree", LEVELS, 0.7),
        ),
        (
            Choice("tree", SIDES, "river"),
            Choice("house", SIDES, "river"),
            Choice("boat", ("in",), "river"),
            Choice("island", ("in",), "river"),
            Choice("road", ("parallel to", "across"), "river"),
            Choice("field", SIDES, "river"),
        ),
        SHAPES,
    ),
    "snow land": SceneClass(
        ("snow",),
        (
            Use("tree", (*upto(1, 6), SOME), 0.6),
            Use("rock", upto(1, 6), 0.4),
            Use("house", upto(1, 5), 0.45),
            Use("road", (1,), 0.4),
            Use("river", (1,), 0.25),
            Use("tent", upto(1, 4), 0.25),
        ),
        (
            Choice("tree", SIDES, "road"),
            Choice("tree", SIDES, "river"),
            Choice("house", NEAR, "road"),
            Choice("rock", IN_PLACE, "scene"),
            Choice("tent", NEAR, "river"),
        ),
        SHAPES,
    ),
    # A few houses standing apart in open green.
    "sparse residential": SceneClass(
        ("grass", "bare ground", "gardens"),
        (
            Use("house", upto(1, 6)),
            Use("road", (1, 2), 0.7),
            Use("car", upto(1, 4), 0.4),
            Use("swimming pool", (1, 2), 0.35),
            Use("pond", (1,), 0.25),
            Use("tree", LEVELS, 0.8),
        ),
        (
            Choice("house", (*SIDES, "far from"), "road"),
            Choice("tree", AROUND, "house"),
            Choice("swimming pool", NEAR, "house"),
            Choice("car", ("on", "beside"), "road"),
            Choice("house", NEAR, "pond"),
        ),
        SHAPES,
    ),
}
