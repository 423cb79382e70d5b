"""The truth of scenes that were planned and never painted."""

from __future__ import annotations

from cmpagl.scenes.planning.truth import SceneObject, SceneSpec, SceneTruth


def truth_of(spec: SceneSpec) -> SceneTruth:
    """The truth of a picture that shows exactly what was planned, wherever that may be."""
    return SceneTruth(
        spec,
        tuple(
            SceneObject(group.kind, (0.0, 0.0, 9.0, 9.0), group.colour)
            for group in spec.objects
            for _ in range(group.count)
        ),
    )
