from __future__ import annotations

import numpy as np
import pytest
from planned import plan_scenes

from cmpagl.scenes.laying.arrange import arrange
from cmpagl.scenes.painting.painter import paint, paint_layout
from cmpagl.scenes.planning.classes import CLASSES
from cmpagl.scenes.planning.truth import ObjectSpec, Relation, SceneSpec
from cmpagl.scenes.planning.vocabulary import COLOURS, KINDS, MANY, MAX_EXACT


def _three_of_each() -> list[SceneSpec]:
    found: dict[str, list[SceneSpec]] = {name: [] for name in CLASSES}
    for spec in plan_scenes(400, 11):
        if len(found[spec.class_name]) < 3:
            found[spec.class_name].append(spec)
    return [spec for name in sorted(found) for spec in found[name]]


SPECS = _three_of_each()


def _spec(objects: list[ObjectSpec], ground: str, seed: int, *relations: Relation) -> SceneSpec:
    attributes = {"ground": ground, "season": "summer", "sky": "clear", "scale": "medium"}
    return SceneSpec("test", seed, "parking", tuple(objects), relations, attributes)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_three_scenes_of_every_class_show_what_is_planned(name: str) -> None:
    """Exact counts are exact and wholly visible; levels reach their least; boxes fit."""
    for spec in [s for s in SPECS if s.class_name == name]:
        picture, objects = paint(spec)
        assert picture.size == (224, 224)
        assert picture.mode == "RGB"
        planned: dict[tuple[str, str | None], int] = {}
        for group in spec.objects:
            key = (group.kind, group.colour)
            planned[key] = planned.get(key, 0) + group.count
        for (kind, colour), count in planned.items():
            boxes = [o.box for o in objects if (o.kind, o.colour) == (kind, colour)]
            if count <= MAX_EXACT:
                assert len(boxes) == count, (spec.scene_id, kind)
            else:
                assert len(boxes) >= (25 if count >= MANY else 12), (spec.scene_id, kind)
            for left, top, right, bottom in boxes:
                assert 0 <= left < right <= 224
                assert 0 <= top < bottom <= 224
                if count <= MAX_EXACT and not KINDS[kind].area and kind != "crosswalk":
                    assert min(left, top, 224 - right, 224 - bottom) >= 3, kind
        assert {o.kind for o in objects} == {g.kind for g in spec.objects}
        assert float(np.asarray(picture, np.float32).std()) > 3.0


def test_the_same_plan_gives_the_same_bytes() -> None:
    """Painting twice gives identical pixels and boxes; another seed does not."""
    for spec in SPECS[::24]:
        first, boxes = paint(spec)
        again, same = paint(spec)
        assert first.tobytes() == again.tobytes()
        assert boxes == same
    other = SceneSpec("other", SPECS[0].seed + 1, *_rest(SPECS[0]))
    assert paint(other)[0].tobytes() != paint(SPECS[0])[0].tobytes()


def _rest(
    spec: SceneSpec,
) -> tuple[str, tuple[ObjectSpec, ...], tuple[Relation, ...], dict[str, str]]:
    return spec.class_name, spec.objects, spec.relations, spec.attributes


def test_leaving_an_object_out_changes_its_box() -> None:
    """Without an object the pixels inside its box differ; those far away do not."""
    checked = 0
    for spec in SPECS[::7]:
        layout = arrange(spec)
        items = [i for i in layout.items if i.counted and not KINDS[i.kind].area]
        if not items:
            continue
        item = items[0]
        whole = np.asarray(paint_layout(layout), np.int16)
        without = np.asarray(paint_layout(layout, leave_out=item), np.int16)
        change = np.abs(whole - without).max(axis=2)
        left, top = (int(v) for v in item.shape.min(axis=0))
        right, bottom = (int(v) + 1 for v in item.shape.max(axis=0))
        assert change[max(0, top) : bottom, max(0, left) : right].mean() > 4.0, item.kind
        far = np.ones_like(change, dtype=bool)
        far[max(0, top - 40) : bottom + 40, max(0, left - 40) : right + 40] = False
        if far.any():
            assert float((change[far] > 6).mean()) < 0.01, item.kind
        checked += 1
    assert checked >= 8


@pytest.mark.parametrize(
    "kind", ["building", "car", "storage tank", "tennis court", "factory", "tent"]
)
def test_a_named_colour_is_the_nearest_name(kind: str) -> None:
    """The mean colour of an object's middle is nearest to its own name, hue first."""
    names = [c for c in KINDS[kind].colours if c in COLOURS]
    right = total = 0
    for name in names:
        for seed in range(3):
            spec = _spec([ObjectSpec(kind, 2, name)], "concrete", 1000 + seed)
            picture, objects = paint(spec)
            pixels = np.asarray(picture, np.float32)
            for found in objects:
                left, top, low, bottom = found.box
                x, y = (left + low) / 2, (top + bottom) / 2
                reach = max(1.5, 0.22 * min(low - left, bottom - top))
                part = pixels[
                    round(y - reach) : round(y + reach) + 1, round(x - reach) : round(x + reach) + 1
                ]
                colour = part.reshape(-1, 3).mean(axis=0)
                near = min(names, key=lambda n: _distance(colour, COLOURS[n]))
                right += near == name
                total += 1
    assert right / total >= 0.85, f"{right} of {total}"


def _distance(colour: np.ndarray, anchor: tuple[int, int, int]) -> float:
    """Shares of red, green and blue first; brightness less, since light and haze change it."""
    goal = np.asarray(anchor, np.float32)
    tint = np.linalg.norm(colour / colour.sum() - goal / goal.sum())
    return float(np.hypot(tint, 0.0016 * (colour.mean() - goal.mean())))


def test_planned_relations_are_kept() -> None:
    """A far-from plan leaves at least 50 px, a beside plan at most 16, between outlines."""
    from cmpagl.scenes.laying.layout import gap

    for predicate, low, high in (("beside", 0.0, 16.0), ("far from", 50.0, 400.0)):
        for seed in range(4):
            spec = SceneSpec(
                "r", seed, "airport", (ObjectSpec("plane", 3), ObjectSpec("terminal", 1)),
                (Relation("plane", predicate, "terminal"),),
                {"ground": "concrete", "season": "summer", "sky": "clear", "scale": "medium"},
            )  # fmt: skip
            layout = arrange(spec)
            for plane in layout.of("plane"):
                assert low <= gap(plane.shape, layout.of("terminal")[0].shape) <= high
