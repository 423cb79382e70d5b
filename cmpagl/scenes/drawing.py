"""From a plan to a picture, its truth and its captions, in memory."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from cmpagl.errors import DataError
from cmpagl.scenes.painting.painter import paint
from cmpagl.scenes.planning.plan import plan_scene
from cmpagl.scenes.planning.truth import SceneObject, SceneSpec, SceneTruth
from cmpagl.scenes.planning.vocabulary import MAX_EXACT
from cmpagl.scenes.telling.captions import write_captions

__all__ = ["draw_group", "group_of"]

ATTEMPTS = 20  # plans for one scene; hardly any finds no room at the first


def group_of(index: int) -> tuple[int, ...]:
    """The scenes that are drawn together with scene ``index``: its hard pair, or itself alone."""
    place = index % 4
    return (index - place, index - place + 1) if place < 2 else (index,)


def draw_group(group: tuple[int, ...], seed: int) -> list[tuple[Image.Image, SceneTruth]]:
    """Draw a group of `group_of`; where one scene finds no room, all are planned anew.

    Raises:
        ConfigError: A negative index or seed.
        DataError: There was no room in `ATTEMPTS` plans.
    """
    for attempt in range(ATTEMPTS):
        specs = [plan_scene(index, seed, attempt=attempt) for index in group]
        try:
            return [_draw(spec) for spec in specs]
        except DataError as error:
            reason = error
    raise DataError(
        f"Scene {group[0]} of seed {seed} found no room in {ATTEMPTS} plans; take another seed."
    ) from reason


def _draw(spec: SceneSpec) -> tuple[Image.Image, SceneTruth]:
    image, objects = paint(spec)
    truth = SceneTruth(spec, tuple(_rounded(item) for item in objects))
    _check_counts(truth)
    return image, replace(truth, captions=write_captions(truth))


def _rounded(item: SceneObject) -> SceneObject:
    left, top, right, bottom = (round(float(value), 1) for value in item.box)
    return replace(item, box=(left, top, right, bottom))


def _check_counts(truth: SceneTruth) -> None:
    """Captions say what the plan says, so the picture must hold exactly that."""
    for group in truth.spec.objects:
        drawn = sum(
            (item.kind, item.colour) == (group.kind, group.colour) for item in truth.objects
        )
        if drawn != group.count if group.count <= MAX_EXACT else drawn == 0:
            raise DataError(
                f"Scene {truth.spec.scene_id} was to show {group.count} x {group.colour or ''} "
                f"{group.kind} and shows {drawn}; plan it anew."
            )
