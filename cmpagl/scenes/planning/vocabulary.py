"""The words a drawn scene is planned in: colours, kinds of object, predicates, grounds, attributes.

Rules that the painter keeps and the captions rely on (`classes.py` says what each class holds):

- ``ObjectSpec.count`` up to `MAX_EXACT` is exact: that many whole, separate objects, each with its
  own box, inside the picture by 3 px, neither overlapping one of its kind nor hidden by anything.
- ``count`` = `SOME` or `MANY` is a level, never a number: draw 12 to 20 (`SOME`) or at least 25
  (`MANY`); the captions say "some" or "many" and the boxes need not be complete.
- Nothing of a kind in `KINDS` is drawn that the plan does not list: no car unless planned. A road,
  path or crosswalk that is not listed is not drawn either.
- One kind may come in two groups of different colour ("three white boats and a red one"); a
  relation of that kind holds for all of them.
- A relation that is not planned leaves the place open, but no relation of the class's `choices` for
  the same subject and target may hold by accident where the planned one excludes it.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "COLOURS",
    "GROUNDS",
    "KINDS",
    "MANY",
    "MAX_EXACT",
    "PREDICATES",
    "SCALES",
    "SEASONS",
    "SHAPES",
    "SOME",
    "Kind",
]

MAX_EXACT = 10  # counts up to here are exact
SOME = 15  # level: 12 to 20 are drawn
MANY = 40  # level: at least 25 are drawn

# Anchor RGB under full sun; shade and jitter it, but keep the hue that a person would call so.
COLOURS: dict[str, tuple[int, int, int]] = {
    "white": (236, 236, 232),
    "grey": (140, 141, 142),
    "black": (38, 39, 43),
    "red": (186, 52, 44),
    "orange": (222, 128, 48),
    "yellow": (226, 196, 70),
    "green": (66, 128, 62),
    "blue": (52, 104, 178),
    "brown": (128, 92, 62),
}


@dataclass(frozen=True)
class Kind:
    """A kind of object: the colours it can take and its length and width in pixels.

    Sizes are those at scale "medium". ``colours`` is empty where a colour is never
    planned or named. An ``area`` is a band or a surface as long as the picture allows.
    """

    colours: tuple[str, ...]
    size: tuple[int, int]
    area: bool = False  # a band or an area; `size` is then (least, greatest) breadth


KINDS: dict[str, Kind] = {
    # vehicles -----------------------------------------------------------------------------------
    "plane": Kind(("white", "grey", "red", "blue", "yellow"), (26, 24)),  # swept wings, tail
    "boat": Kind(("white", "red", "blue", "yellow", "brown"), (16, 6)),  # pointed bow, light deck
    "ship": Kind(("white", "red", "black", "blue", "green"), (52, 13)),  # pointed hull, bridge aft
    "car": Kind(("white", "red", "blue", "black", "grey", "yellow"), (9, 5)),  # roof, dark panes
    "truck": Kind(("white", "red", "blue", "yellow", "orange"), (18, 6)),  # cab and long box
    "bus": Kind(("yellow", "red", "white", "blue", "orange"), (20, 6)),  # one long light roof
    "train": Kind(("red", "blue", "white", "green", "yellow"), (110, 6)),  # wagons on a track
    "tractor": Kind(("red", "green", "blue", "yellow"), (10, 7)),  # small body, two big rear wheels
    # buildings: the colour is the roof's ----------------------------------------------------------
    "terminal": Kind(("white", "grey", "brown", "blue"), (110, 26)),  # long, with short piers
    "station": Kind(("white", "grey", "red", "blue"), (120, 26)),  # long roof by the tracks
    "building": Kind(("white", "grey", "red", "brown", "blue"), (44, 26)),  # flat roof, roof boxes
    "house": Kind(("red", "grey", "brown", "white", "blue", "orange"), (20, 15)),  # ridged roof
    "factory": Kind(("white", "grey", "blue", "red", "green"), (62, 36)),  # hall, ribbed roof
    "church": Kind(("grey", "red", "brown", "white", "green"), (52, 34)),  # cross-shaped roof
    "tent": Kind(("white", "red", "blue", "yellow", "orange"), (12, 12)),  # four-sided pyramid
    "greenhouse": Kind(("white",), (44, 11)),  # long glazed strip with ribs
    # sport and leisure ----------------------------------------------------------------------------
    "stadium": Kind(("white", "grey", "red", "blue"), (150, 120)),  # oval ring of stands
    "football field": Kind(("green", "brown"), (84, 54)),  # white lines, centre circle, goals
    "running track": Kind(("red", "blue", "brown"), (124, 80)),  # oval lanes, open inside
    "baseball field": Kind((), (64, 64)),  # brown dirt diamond, green fan-shaped outfield
    "tennis court": Kind(("green", "blue", "red"), (34, 18)),  # surface; lines, net
    "basketball court": Kind(("red", "blue", "green", "grey"), (30, 17)),  # keys, centre circle
    "swimming pool": Kind(("blue",), (22, 12)),  # bright turquoise-blue, pale rim
    "bunker": Kind(("white", "yellow"), (20, 14)),  # kidney-shaped sand patch in a golf course
    "umbrella": Kind(("red", "blue", "white", "yellow"), (8, 8)),  # round, shadow
    "fountain": Kind((), (22, 22)),  # round basin, pale spray in its middle
    "flower bed": Kind(("red", "yellow", "orange"), (20, 14)),  # dotted with flowers, green rim
    # industry -------------------------------------------------------------------------------------
    "storage tank": Kind(("white", "grey", "brown", "green", "blue"), (30, 30)),  # disc with a rim
    "container": Kind((), (14, 6)),  # stacks of many colours; levels only
    "wind turbine": Kind(("white",), (40, 40)),  # mast as a long thin shadow, three blades
    # bands: drawn through the picture, edge to edge unless the class says otherwise ----------
    "road": Kind(("grey",), (12, 18), area=True),  # centre line, kerbs
    "path": Kind(("brown", "white", "grey"), (4, 7), area=True),  # narrow, no markings
    "highway": Kind(("grey",), (34, 46), area=True),  # two carriageways, lane marks, median
    "railway": Kind((), (5, 7), area=True),  # one pair of rails with sleepers on ballast
    "runway": Kind(("grey",), (24, 30), area=True),  # centre dashes, threshold bars
    "bridge": Kind(("grey", "white", "red", "brown"), (14, 20), area=True),  # deck, rails, shadow
    "viaduct": Kind(("grey",), (20, 30), area=True),  # raised roadway, shadow on what it crosses
    "dock": Kind(("grey", "brown"), (6, 9), area=True),  # pier from the shore into the water
    "crosswalk": Kind(("white",), (18, 8)),  # white bars across one arm of an intersection
    "river": Kind(("green", "blue", "brown", "grey"), (36, 64), area=True),  # banks, slight ripples
    # areas -----------------------------------------------------------------------------------
    "sea": Kind(("blue", "green"), (70, 120), area=True),  # fills one side of the picture
    "wave": Kind(("white",), (60, 4)),  # white foam lines along the shore; levels only
    "pond": Kind(("green", "blue", "brown", "black"), (40, 110), area=True),  # closed, irregular
    "island": Kind(("green", "brown"), (18, 14)),  # small land wholly inside water
    "field": Kind(("green", "yellow", "brown"), (40, 120), area=True),  # in furrows or rows
    # nature ----------------------------------------------------------------------------------
    "tree": Kind(("green", "orange", "brown"), (13, 13)),  # crown with texture and shadow
    "bush": Kind(("green", "brown"), (5, 5)),  # small blot; levels only
    "rock": Kind(("grey", "black", "brown", "white"), (14, 11)),  # facetted, hard shadow
    "dune": Kind((), (60, 8)),  # curved crests with a lit and a shaded side; levels only
    "haystack": Kind(("yellow", "brown"), (8, 8)),  # round bale with a shadow
}

# What a predicate means, measured on boxes and drawn shapes; "gap" is between nearest edges.
PREDICATES: dict[str, str] = {
    "on": "the subject lies wholly on the surface of the target (a car on a road)",
    "in": "the subject lies wholly inside the target's area (a boat in the river)",
    "beside": "every subject has a gap of 2 to 16 px to the target and no overlap",
    "far from": "every subject has a gap of at least 50 px to the target",
    "across": "the subject, a band, crosses the target from side to side, steeper than 45 degrees",
    "parallel to": "two bands run side by side without meeting, gap 4 to 60 px",
    "along": "the subjects stand in a line that follows the target's long side, gap up to 14 px",
    "around": "subjects stand on at least three of the target's four sides, or enclose it",
    "on both sides of": "at least one subject on either side of the target band, about half each",
    "on one side of": "all subjects lie on the same side of the target band",
    "in the middle of": "the subject's centre lies in the middle third (both axes) of the target, "
    "or of the picture where the target is 'scene'; several subjects: their common centre",
    "in a corner of": "the subject's centre lies in an outer third on both axes of the target, "
    "or of the picture where the target is 'scene'; several subjects: all in the same corner",
    "in rows on": "the subjects stand in one to three straight, evenly spaced rows on the ground",
    "scattered on": "the subjects stand irregularly, none in line with two others, on the ground",
}

# What lies under everything else; the colour is season-dependent (see SEASONS).
GROUNDS: tuple[str, ...] = (
    "grass",  # lawn or meadow, fine texture
    "bare ground",  # brown to khaki earth, faint tracks
    "sand",  # pale yellow, smooth (beach) or rippled (desert)
    "concrete",  # light grey slabs with joints
    "asphalt",  # dark grey, even
    "snow",  # white with blue-grey shade
    "water",  # open water, blue-green, ripples
    "woods",  # closed canopy
    "rock face",  # ridges and gullies, lit on one side
    "gardens",  # the mixed green and pavement between houses
)

# attributes["season"]: (colour of grass, gardens and fields left open; colour of trees and woods)
SEASONS: dict[str, tuple[str, str]] = {
    "summer": ("green", "green"),
    "autumn": ("green", "orange"),
    "dry": ("yellow", "green"),
    "winter": ("brown", "brown"),
}
SCALES: dict[str, float] = {"near": 1.2, "medium": 1.0, "far": 0.85}  # attributes["scale"]
# attributes["shape"]: of the first of river, road, path that is in the scene; others are straight
SHAPES: tuple[str, ...] = ("straight", "curved")
