"""The ablation: every row is a run that can be made, and the report says what the files say."""

import json

import numpy as np
import pytest
from tiny import tiny_bert, tiny_dataset, tiny_model_config

from benchmarks import ablation, ablation_report
from benchmarks.ablation import FORMS, REFERENCE, ROWS, Bench, part, run
from benchmarks.ablation_report import MARKS, document, estimate, into_readme, load_runs
from cmpagl.config.run import TrainConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.files import write_json
from cmpagl.rank.baselines import PUBLISHED


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A tiny text tower and a quarter of a data set of sixteen pictures."""
    folder = tmp_path_factory.mktemp("ablation")
    tiny_bert(folder / "bert")
    data = part(load_dataset(tiny_dataset(folder / "data", 16), "val"), folder / "part")
    return Bench(data, str(folder / "bert"), folder)


@pytest.fixture
def tiny_base(monkeypatch):
    """Rows of seconds: the same changes of a tiny model."""
    base = TrainConfig(
        vision_init="random",
        model=tiny_model_config(views=1),
        views=1,
        tuned_blocks=1,
        batch_size=4,
        head_epochs=1,
        align_epochs=1,
        fuse_epochs=0,
    )
    monkeypatch.setattr(ablation, "BASE", base)


def test_every_fourth_training_picture_and_all_of_val(bench):
    names = {
        split: [record.path.name for record in load_dataset(bench.data, split).records]
        for split in ("train", "val")
    }
    assert names["val"] == [f"scene_{i:04d}.png" for i in (3, 7, 11, 15)]
    assert names["train"] == [f"scene_{i:04d}.png" for i in (0, 5, 10)]


def test_rows_differ_from_the_reference_in_what_they_name():
    names = [row.name for row in ROWS]
    assert names[0] == REFERENCE
    assert len(set(names)) == len(names)
    configs = [row.config for row in ROWS]
    assert all(config != configs[0] for config in configs[1:])
    for row in ROWS:
        first = next(one for one in ROWS if one.name == row.against)
        assert (row.claim == first.claim) == (row.claim != "fusion")
        assert first.against == first.name
    assert all(config.tuned_blocks >= 4 for config in configs)
    assert {config.batch_size for config in configs} == {configs[0].batch_size}


def test_every_row_runs_and_is_reported(bench, tiny_base, tmp_path):
    """All rows once; a second seed of two of them; then the page with their numbers."""
    runs = [run(bench, row, 0) for row in ROWS]
    runs += [run(bench, row, 1) for row in ROWS if row.name in (REFERENCE, "full")]
    for result in runs:
        assert np.isfinite(result["mR"])
        write_json(tmp_path / f"{result['row']}-{result['seed']}.json", result)
    by_name = {result["row"]: result for result in runs if result["seed"] == 0}
    reference = by_name[REFERENCE]
    assert set(reference["rerank"]) == {*FORMS, *(one.name for one in PUBLISHED)}
    assert reference["distances"]["matched"] < reference["distances"]["unmatched"] + 2
    assert by_name["pre-aligned"]["reference_mR"] == pytest.approx(reference["mR"])
    weights = {path: path.stat().st_mtime_ns for path in bench.work.rglob("*.safetensors")}
    again = run(bench, ROWS[0], 0)
    assert again["mR"] == reference["mR"]
    assert weights  # nothing is trained twice
    assert all(path.stat().st_mtime_ns == time for path, time in weights.items())
    text = document(load_runs(tmp_path))
    full = [result["mR"] for result in runs if result["row"] == "full"]
    assert f"| full attention | {estimate(full).said()} |" in text
    assert "1 to 2 seeds" in text


def test_an_interval_needs_two_seeds():
    one = estimate([3.0])
    assert one.said() == "3.00"
    assert ablation_report.verdict(one) == "one seed, says nothing yet"
    three = estimate([1.0, 2.0, 3.0])  # mean 2, deviation 1, t(0.975, 2) = 4.303
    assert three.mean == 2
    assert three.half == pytest.approx(4.3027 / 3**0.5, rel=1e-4)
    assert ablation_report.verdict(three) == "no difference beyond the seeds"
    assert ablation_report.verdict(estimate([2.0, 2.1, 2.2])) == "better"
    assert ablation_report.verdict(estimate([-2.0, -2.1, -2.2])) == "worse"


def test_the_readmes_table_is_replaced_and_nothing_else(tmp_path, monkeypatch):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n", "utf-8")
    monkeypatch.setattr(ablation_report, "README", readme)
    into_readme(["| new |"])
    assert readme.read_text("utf-8") == f"before\n{MARKS[0]}\n\n| new |\n\n{MARKS[1]}\nafter\n"


def test_the_shipped_report_is_of_the_shipped_runs():
    """Whoever adds a run draws the report anew."""
    folder = ablation_report.DOCS / "results" / "ablation"
    if not folder.is_dir():
        pytest.skip("no run has been kept")
    runs = load_runs(folder)
    assert (ablation_report.DOCS / "ablation.md").read_text("utf-8") == document(runs)
    for path in folder.glob("*.json"):
        found = json.loads(path.read_text("utf-8"))
        assert path.stem == f"{found['row']}-{found['seed']}"
