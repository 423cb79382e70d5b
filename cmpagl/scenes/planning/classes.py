"""All land-use classes, after UC Merced's (Yang and Newsam 2010) and RSICD's (Lu et al. 2018)."""

from __future__ import annotations

from cmpagl.scenes.planning.built_land import BUILT_LAND
from cmpagl.scenes.planning.open_land import OPEN_LAND
from cmpagl.scenes.planning.recipe import Choice, SceneClass, Use

__all__ = ["CLASSES", "Choice", "SceneClass", "Use"]

CLASSES: dict[str, SceneClass] = BUILT_LAND | OPEN_LAND
