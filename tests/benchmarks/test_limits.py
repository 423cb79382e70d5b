"""The measured limits: what is counted, on scenes and scores made for it."""

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset

from benchmarks import limits
from benchmarks.limits import (
    Bench,
    coarse,
    first,
    negation,
    plural,
    rare_words,
    recall,
    shares,
    sides,
)
from cmpagl.data.dataset import load_dataset
from cmpagl.scenes.planning.truth import SceneObject, SceneSpec, SceneTruth


def scene(*things):
    """A scene that shows things, each given as (kind, x of its centre)."""
    objects = tuple(SceneObject(kind, (x - 4.0, 50.0, x + 4.0, 60.0), "red") for kind, x in things)
    return SceneTruth(SceneSpec("scene_0", 0, "park", (), (), {}), objects, ())


class Knowing:
    """Towers for which a text is what it names: it scores scenes by a table."""

    def __init__(self, vectors):
        self.vectors = vectors

    def texts(self, texts):
        return np.array([self.vectors(text) for text in texts], np.float32)


def test_recall_counts_ties_at_their_expected_place():
    scores = np.array([np.arange(20), np.zeros(20)], np.float32)
    assert recall(scores, np.array([19, 3])).tolist() == pytest.approx([1.0, 0.5])
    assert recall(scores, np.array([9, 3])).tolist() == pytest.approx([0.0, 0.5])
    assert first(scores)[0].tolist() == list(range(19, 9, -1))


def test_negation_is_told_from_its_absence():
    """Who reads "without" finds no scene that shows the thing; who does not finds only such."""
    truths = [scene(("pond", 50)) if i < 20 else scene(("car", 50)) for i in range(60)]
    images = np.array([[1.0, 0.0] if i < 20 else [0.0, 1.0] for i in range(60)], np.float32)
    images += np.arange(60)[:, None].astype(np.float32) * 1e-4
    deaf = Knowing(lambda text: (1, 0) if "pond" in text else (0, 1))
    found = negation(deaf, images, truths)
    assert found == {"things": 2, "with": 100, "without": 100, "chance": pytest.approx(50)}
    hears = Knowing(lambda text: (1, 0) if ("pond" in text) != ("without" in text) else (0, 1))
    assert negation(hears, images, truths)["without"] == 0


def test_sides_are_told_by_where_things_lie():
    truths = [scene(("plane", 40 if i % 2 else 180)) for i in range(40)]
    images = np.array([[1.0, 0.0] if i % 2 else [0.0, 1.0] for i in range(40)], np.float32)
    images += np.arange(40)[:, None].astype(np.float32) * 1e-4
    knows = Knowing(lambda text: (1, 0) if "left" in text else (0, 1))
    assert sides(knows, images, truths) == {"things": 1, "left": 100, "right": 0, "shared": 0}
    blind = Knowing(lambda text: (1, 0))
    assert sides(blind, images, truths)["shared"] == 100


def test_plurals():
    assert [plural(word) for word in ("plane", "church", "factory", "bus", "highway")] == [
        "planes", "churches", "factories", "buses", "highways",
    ]  # fmt: skip


def test_real_towers_on_coarse_pictures_and_rare_words(tmp_path, monkeypatch):
    """The whole way with a tiny model: finite, and the whole picture is the first row."""
    bench = Bench(tiny_checkpoint(tmp_path / "tiny"))
    root = tiny_dataset(tmp_path / "data", 24)
    dataset = load_dataset(root)
    whole = bench.images(dataset)
    assert np.allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-4)
    found = coarse(bench, dataset, whole)
    assert list(found) == ["1", "0.5", "0.25"]
    assert all(0 <= value <= 100 for value in found.values())
    assert all(0 < share < 100 for share in shares(bench, dataset))
    monkeypatch.setattr(limits, "FREQUENT", 4)
    monkeypatch.setattr(limits, "RARE", 2)
    groups = rare_words(bench, root)
    assert sum(row["captions"] for row in groups.values()) == 12
