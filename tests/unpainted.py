"""Scenes with plan, captions and truth but made-up pictures: quick where pictures do not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cmpagl.diagnose.scenes import FreshScene
from cmpagl.scenes.planning.plan import plan_scene
from cmpagl.scenes.planning.truth import SceneObject, SceneTruth
from cmpagl.scenes.telling.captions import write_captions


def unpainted_truth(index: int, seed: int) -> SceneTruth:
    """The truth of a planned scene; objects lie in a row of small boxes."""
    spec = plan_scene(index, seed)
    groups = [group for group in spec.objects for _ in range(group.count)]
    boxes = [(4.0 * n % 200, 100.0, 4.0 * n % 200 + 3, 104.0) for n in range(len(groups))]
    objects = tuple(
        SceneObject(group.kind, box, group.colour) for group, box in zip(groups, boxes, strict=True)
    )
    truth = SceneTruth(spec, objects)
    return replace(truth, captions=write_captions(truth))


def unpainted_scenes(count: int, seed: int, size: int = 64) -> list[FreshScene]:
    """The first scenes of a seed, each with noise of its own for a picture."""
    return [
        FreshScene(
            index,
            unpainted_truth(index, seed),
            np.random.default_rng(index).integers(0, 256, (size, size, 3), np.uint8),
        )
        for index in range(count)
    ]
