"""Plans of the first scenes of a seed."""

from __future__ import annotations

from cmpagl.scenes.planning.plan import plan_scene
from cmpagl.scenes.planning.truth import SceneSpec


def plan_scenes(count: int, seed: int) -> tuple[SceneSpec, ...]:
    """The first ``count`` scenes of ``seed``."""
    return tuple(plan_scene(index, seed) for index in range(count))
