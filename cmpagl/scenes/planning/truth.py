"""What is known about a drawn scene: the plan it is drawn from and the truth it was drawn with.

A `SceneSpec` says what shall be in the picture; a painter turns it into pixels and a `SceneTruth`,
which adds where everything ended up. Captions are written from the truth and checked against it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["ObjectSpec", "Relation", "SceneObject", "SceneSpec", "SceneTruth"]


@dataclass(frozen=True)
class ObjectSpec:
    """A group of like objects to draw: ``kind`` and ``colour`` are words of `vocabulary.py`."""

    kind: str
    count: int
    colour: str | None = None


@dataclass(frozen=True)
class Relation:
    """``subject`` stands in ``predicate`` to ``target``; kinds or grounds of `vocabulary.py`."""

    subject: str
    predicate: str  # a word of vocabulary.PREDICATES, e.g. "beside", "across", "around", "in"
    target: str


@dataclass(frozen=True)
class SceneSpec:
    """The plan of one scene; ``seed`` decides everything the plan leaves open."""

    scene_id: str
    seed: int
    class_name: str
    objects: tuple[ObjectSpec, ...]
    relations: tuple[Relation, ...] = ()
    # season, sky, scale, ...: see vocabulary
    attributes: dict[str, str] = field(default_factory=dict)
    pair_id: str | None = None  # the hard pair this scene belongs to
    pair_differs: str | None = None  # "count", "colour", "relation" or "object"
    pair_kind: str | None = None  # the kind (of this scene) that the pair differs in


@dataclass(frozen=True)
class SceneObject:
    """One drawn object; ``box``: (left, top, right, bottom) in pixels of the 224 x 224 picture."""

    kind: str
    box: tuple[float, float, float, float]
    colour: str | None = None


@dataclass(frozen=True)
class SceneTruth:
    """Everything known about one drawn scene."""

    spec: SceneSpec
    objects: tuple[SceneObject, ...]
    captions: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many objects of each kind are visible."""
        result: dict[str, int] = {}
        for item in self.objects:
            result[item.kind] = result.get(item.kind, 0) + 1
        return result

    def to_json(self) -> dict[str, Any]:
        """The truth as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> SceneTruth:
        """The inverse of `to_json`."""
        spec = dict(content["spec"])
        spec["objects"] = tuple(ObjectSpec(**o) for o in spec["objects"])
        spec["relations"] = tuple(Relation(**r) for r in spec["relations"])
        objects = tuple(
            SceneObject(
                o["kind"], (o["box"][0], o["box"][1], o["box"][2], o["box"][3]), o["colour"]
            )
            for o in content["objects"]
        )
        return cls(SceneSpec(**spec), objects, tuple(content["captions"]))
