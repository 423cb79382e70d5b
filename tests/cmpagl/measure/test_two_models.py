"""Two models on one split: each as it is alone, both at once, and who finds what."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset

from cmpagl.__main__ import main
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import CheckpointError, DataError
from cmpagl.measure.bootstrap import paired_bootstrap
from cmpagl.measure.evaluate import evaluate_split
from cmpagl.measure.two_models import COMPARED, compare_models, only_one
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.rank.both import both_scores, z_scores
from cmpagl.rank.stage import FINAL


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    checkpoints = tiny_checkpoint(folder / "first"), tiny_checkpoint(folder / "second", seed=1)
    data = tiny_dataset(folder / "data", 10)
    found, used = compare_models(checkpoints, load_dataset(data))
    return checkpoints, data, found, used


def test_each_is_what_it_is_alone(compared):
    """The same ranks as `evaluate` gives each model; differences are paired."""
    checkpoints, data, found, _ = compared
    assert [ways.stage for ways in found] == list(COMPARED)
    alone = [evaluate_split(one, load_dataset(data))[0] for one in checkpoints]
    for ways in found:
        for own, evaluation in zip((ways.first, ways.second), alone, strict=True):
            expected = evaluation.stages[ways.stage].retrieval
            for direction in ("i2t", "t2i"):
                assert np.array_equal(
                    getattr(own, direction).ranks(), getattr(expected, direction).ranks()
                )
        gain = paired_bootstrap(ways.first, ways.second, n_resamples=50)["mR"]
        assert ways.gains(50)["second over first"]["mR"] == gain


def test_both_at_once_is_the_sum_of_z_scores():
    """By hand; a row of equal scores says nothing, and other shapes are refused."""
    rng = np.random.default_rng(0)
    one, other = (rng.standard_normal((3, 5)).astype(np.float32) for _ in range(2))
    by_hand = [
        [(row[i] - row.mean()) / row.std() + (rest[i] - rest.mean()) / rest.std() for i in range(5)]
        for row, rest in zip(one, other, strict=True)
    ]
    assert np.allclose(both_scores(one, other), by_hand, atol=1e-5)
    assert np.array_equal(z_scores(np.ones((2, 4), np.float32)), np.zeros((2, 4)))
    with pytest.raises(DataError, match="shapes"):
        both_scores(one, other[:, :4])


def test_what_only_one_finds(compared):
    """Each row is right by exactly one at some place, and no such query is missing."""
    _, _, found, used = compared
    final = found[-1]
    rows = list(only_one(final, used, ("a", "b")))
    expected = 0
    for direction in ("t2i", "i2t"):
        one, other = (getattr(w, direction).ranks() for w in (final.first, final.second))
        differ = np.stack([(one <= k) != (other <= k) for k in (1, 5, 10)]).any(axis=0)
        expected += int(differ.sum())
    assert len(rows) == expected > 0
    for row in rows:
        for k in (1, 5, 10):
            right = {name for name in "ab" if row[f"rank by {name}"] <= k}
            assert row[f"only_within_{k}"] == ("" if len(right) != 1 else right.pop())


def test_the_command_prints_one_table(compared, tmp_path, capsys):
    checkpoints, data, found, _ = compared
    line = ["evaluate", "--data", str(data)]
    for one in checkpoints:
        line += ["--checkpoint", str(one.folder)]
    files = ["--json", str(tmp_path / "two.json"), "--csv", str(tmp_path / "only.csv")]
    assert main([*line, *files]) == 0
    table = capsys.readouterr().out
    for words in ("first, aligned", "second, smr", "both at once, smr", "second over first"):
        assert words in table
    said = json.loads((tmp_path / "two.json").read_text())
    assert said["smr"]["both"]["mR"]["value"] == pytest.approx(found[-1].both.metrics().mR)
    with open(tmp_path / "only.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["direction"] for row in rows} == {"t2i", "i2t"}
    assert {"rank by first", "rank by second", "only_within_1"} <= rows[0].keys()
    assert main([*line[:5], "--csv", str(tmp_path / "x.csv")]) == 2
    assert "give --checkpoint twice" in capsys.readouterr().err
    assert main([*line[:5], *line[3:5]]) == 2
    assert "was given twice" in capsys.readouterr().err


def test_another_form_of_a_model_is_another_model(compared):
    """Fewer views: other embeddings, another fingerprint, the same weights."""
    first = compared[0][0]
    other = open_checkpoint(f"{first.folder}#views=4")
    assert other.name == "first#views=4"
    assert other.fingerprint != first.fingerprint
    assert other.image_tower().views == 4
    with pytest.raises(CheckpointError, match="views is 3"):
        open_checkpoint(f"{first.folder}#views=3")
    assert FINAL in COMPARED
