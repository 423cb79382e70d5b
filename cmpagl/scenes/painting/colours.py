"""The RGB an object is drawn in: near its named colour, or natural to its kind where none is."""

from __future__ import annotations

import numpy as np

from cmpagl.scenes.laying.layout import Item
from cmpagl.scenes.painting.canvas import Rgb, blend, pick, tinted
from cmpagl.scenes.planning.vocabulary import COLOURS

__all__ = ["fill_of"]

# softened towards what paint, tile and metal look like from the air, still plainly that colour
_SOFT: dict[str, Rgb] = {
    "red": (176, 84, 64),
    "blue": (84, 124, 176),
    "green": (84, 122, 88),
    "brown": (126, 100, 78),
    "orange": (208, 136, 80),
    "yellow": (214, 190, 104),
    "white": (222, 222, 218),
    "grey": (132, 133, 134),
    "black": (46, 47, 52),
}
_ROOFS: tuple[Rgb, ...] = (
    (134, 122, 112),
    (116, 112, 110),
    (150, 110, 90),
    (170, 160, 148),
    (98, 90, 86),
)
_HALLS: tuple[Rgb, ...] = (
    (196, 196, 192),
    (164, 164, 160),
    (180, 172, 158),
    (150, 152, 156),
    (208, 206, 200),
)
_PAINT: tuple[Rgb, ...] = (
    (228, 228, 226),
    (60, 62, 68),
    (150, 152, 156),
    (180, 60, 50),
    (60, 90, 150),
    (200, 198, 190),
)
_STACK: tuple[Rgb, ...] = (
    (176, 70, 52),
    (60, 96, 150),
    (196, 150, 60),
    (76, 120, 84),
    (200, 198, 194),
    (120, 84, 66),
)
_NATURAL: dict[str, tuple[Rgb, ...]] = {
    "house": _ROOFS,
    "church": _ROOFS,
    "building": _HALLS,
    "factory": _HALLS,
    "terminal": _HALLS,
    "station": _HALLS,
    "car": _PAINT,
    "truck": _PAINT[:3],
    "bus": ((220, 220, 214), (210, 170, 70)),
    "boat": ((226, 226, 222), (200, 198, 192)),
    "ship": ((120, 60, 50), (70, 72, 80), (170, 168, 162)),
    "train": ((190, 192, 196), (150, 60, 54), (84, 104, 140)),
    "plane": ((232, 232, 230),),
    "container": _STACK,
    "tent": ((226, 224, 216),),
    "storage tank": ((222, 222, 216), (190, 188, 180)),
    "umbrella": ((196, 70, 60), (70, 110, 170), (226, 224, 216)),
    "greenhouse": ((214, 218, 216),),
    "tractor": ((160, 60, 50), (70, 110, 70)),
    "stadium": ((176, 176, 174), (150, 152, 158)),
    "tennis court": ((84, 122, 88), (84, 120, 150)),
    "basketball court": ((150, 110, 96), (120, 124, 126)),
    "running track": ((160, 84, 66),),
    "swimming pool": ((88, 166, 200),),
    "bunker": ((220, 208, 184),),
    "flower bed": ((180, 80, 70), (206, 170, 80)),
    "rock": ((128, 124, 120), (110, 100, 90)),
    "haystack": ((206, 180, 110),),
    "road": ((118, 118, 116),),
    "path": ((182, 170, 148),),
    "highway": ((150, 148, 142),),
    "runway": ((112, 112, 112),),
    "bridge": ((164, 162, 156),),
    "viaduct": ((166, 162, 152),),
    "dock": ((168, 160, 146),),
    "crosswalk": ((224, 224, 220),),
    "wind turbine": ((236, 236, 236),),
    "island": ((96, 110, 70),),
}


def fill_of(rng: np.random.Generator, item: Item, spread: float = 6.0) -> Rgb:
    """The colour to draw an item in."""
    if item.colour is None:
        return tinted(rng, pick(rng, _NATURAL.get(item.kind, _HALLS)), spread)
    # small things keep more of their paint, or the ground beside them swallows it
    share = 0.25 if item.width < 10.0 else 0.55
    return tinted(rng, blend(COLOURS[item.colour], _SOFT[item.colour], share), spread)
