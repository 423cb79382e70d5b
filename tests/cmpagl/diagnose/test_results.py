"""Diagnosis on file: what is written is read back; intervals respect what hangs together."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cmpagl.diagnose.results import (
    ALL,
    DIAGNOSIS_FILE,
    ClassResult,
    Diagnosis,
    GalleryRecall,
    PairResult,
    RecallResult,
    WordResult,
    clustered_share,
    load_diagnosis,
)
from cmpagl.errors import CheckpointError
from cmpagl.files import write_json
from cmpagl.measure.bootstrap import Interval
from cmpagl.measure.metrics import RetrievalMetrics

METRICS = RetrievalMetrics(10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 35.0)
SHARE = Interval(50.0, 40.0, 60.0)
MADE_UP = Diagnosis(
    checkpoint="tiny",
    fingerprint="f00",
    seed=3,
    n_scenes=8,
    n_captions=40,
    n_pointing_scenes=12,
    recall={"aligned": RecallResult(METRICS, {"mR": SHARE})},
    classes=(ClassResult("beach", 2, 10, {"aligned": METRICS}),),
    pairs=(PairResult("count", 2, 12, {"aligned": SHARE, "match": SHARE}),),
    words=(
        WordResult("plane", 4, 3.0, 0.0, {"fusion": SHARE}, {"fusion": SHARE}),
        WordResult(ALL, 9, 2.0, 1.0, {"fusion": SHARE, "block 1": SHARE}, {"fusion": SHARE}),
    ),
    score_words=(WordResult(ALL, 7, 2.0, 1.0, {"score": SHARE}, {}),),
    gallery=GalleryRecall(
        name="gallery",
        n_images=4,
        n_captions=20,
        recall={"smr": RecallResult(METRICS, {"mR": SHARE})},
        pairs=(PairResult(ALL, 1, 6, {"match": SHARE}),),
        n_queries=2,
        queries={"smr": {"r1": SHARE}},
    ),
)


def test_what_is_written_is_read_back(tmp_path):
    """All parts survive the file, found by the folder or by the file's own path."""
    write_json(tmp_path / DIAGNOSIS_FILE, MADE_UP.to_json())
    assert load_diagnosis(tmp_path) == MADE_UP
    assert load_diagnosis(tmp_path / DIAGNOSIS_FILE, fingerprint="f00") == MADE_UP
    without = replace(MADE_UP, gallery=None)
    write_json(tmp_path / DIAGNOSIS_FILE, without.to_json())
    assert load_diagnosis(tmp_path) == without


def test_numbers_of_another_model_are_not_shown(tmp_path):
    """Without a file, or with one of another checkpoint, there is no diagnosis."""
    assert load_diagnosis(tmp_path) is None
    write_json(tmp_path / DIAGNOSIS_FILE, MADE_UP.to_json())
    assert load_diagnosis(tmp_path, fingerprint="other") is None


def test_pointing_is_found_by_word():
    """By kind, over all by default, None for what was not asked."""
    assert MADE_UP.pointing("plane").n_cases == 4
    assert MADE_UP.pointing().n_cases == 9
    assert MADE_UP.pointing("zebra") is None
    assert MADE_UP.score_pointing().n_cases == 7


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.pop("words"),
        lambda content: content.update(format=99),
        lambda content: content.update(surplus=1),
        lambda content: content["pairs"][0].update(stages=[1]),
        lambda content: content["classes"].append("beach"),
        lambda content: content["gallery"].pop("queries"),
        lambda content: content.update(n_scenes="8"),
        lambda content: content["words"][0].update(n_cases=True),
        lambda content: content["recall"]["aligned"]["metrics"].update(t2i_r1="1e3"),
    ],
)
def test_damage_is_named(tmp_path, damage):
    """A file of another form is refused with its path and the way out."""
    content = MADE_UP.to_json()
    content = json.loads(json.dumps(content))
    damage(content)
    write_json(tmp_path / DIAGNOSIS_FILE, content)
    with pytest.raises(CheckpointError, match=r"diagnosis\.json does not hold a diagnosis"):
        load_diagnosis(tmp_path)


def test_text_that_is_no_json_is_refused(tmp_path):
    (tmp_path / DIAGNOSIS_FILE).write_text("not json")
    with pytest.raises(CheckpointError, match="cmpagl diagnose"):
        load_diagnosis(tmp_path)


def test_share_is_the_mean_and_its_interval_holds_it():
    """Three of four right is 75 %; equal values leave nothing open; the same seed, the same."""
    share = clustered_share([1, 1, 1, 0], [0, 1, 2, 3])
    assert share.value == 75.0
    assert share.low < 75.0 < share.high
    assert clustered_share([1, 1], ["a", "b"]) == Interval(100.0, 100.0, 100.0)
    assert clustered_share([1, 1, 1, 0], [0, 1, 2, 3]) == share


def test_what_hangs_together_counts_once():
    """40 values in 4 clusters that agree within are as unsure as 4 values, not as 40."""
    values = [1] * 10 + [0] * 10 + [1] * 10 + [0] * 10
    clusters = [number // 10 for number in range(40)]
    together = clustered_share(values, clusters)
    apart = clustered_share(values, range(40))
    assert together.value == apart.value == 50.0
    assert together.high - together.low > 2 * (apart.high - apart.low)
