"""`python -m cmpagl diagnose`: drawn, asked, printed and written, the same each time."""

from __future__ import annotations

import json

import pytest
from tiny import tiny_checkpoint

from cmpagl.__main__ import main
from cmpagl.cli.diagnose import CASES, diagnose
from cmpagl.cli.paths import default_checkpoint
from cmpagl.diagnose.results import load_diagnosis
from cmpagl.files import write_json
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.scenes.dataset import write_dataset

COUNT, SEED = 4, 9  # one hard pair and two scenes; too few for further ones


def test_the_command_writes_what_the_function_measures(tmp_path, capsys):
    """Tables on stdout, progress on stderr, JSON that reads back as the very same numbers."""
    checkpoint = tiny_checkpoint(tmp_path / "tiny")
    line = ["diagnose", "--checkpoint", str(checkpoint.folder), "--json", str(tmp_path / "d.json")]
    assert main([*line, "--count", str(COUNT), "--seed", str(SEED)]) == 0
    told = capsys.readouterr()
    written = load_diagnosis(tmp_path / "d.json", fingerprint=checkpoint.fingerprint)
    steps = set()
    result = diagnose(checkpoint, COUNT, SEED, progress=lambda *step: steps.add(step[0]))
    assert written == result
    assert (result.n_scenes, result.n_pointing_scenes, result.n_captions) == (COUNT, COUNT, 20)
    assert {"scenes", "images", "captions"} <= steps
    assert "scenes drawn: 4 of 4" in told.err
    assert f"4 scenes of seed {SEED} with 20 captions (drawn, not photographs)" in told.out
    for title in ("Recall  ", "Recall by class", "Hard pairs"):
        assert f"\n{title}" in told.out
    for one in result.classes:
        assert one.class_name in told.out
    for word in result.words:
        assert f"\n{word.word} " in told.out or word.word == "all"


def test_a_folder_of_scenes_is_measured_too(tmp_path, capsys):
    """Its captions and the queries in it stand in tables of their own, and in the file."""
    checkpoint = tiny_checkpoint(tmp_path / "tiny")
    write_dataset(tmp_path / "shop", 2, 5)
    (name, *_) = sorted(path.name for path in (tmp_path / "shop" / "images").iterdir())
    write_json(tmp_path / "shop" / "queries.json", [{"query": "a view", "scene": name}])
    line = ["diagnose", "--checkpoint", str(checkpoint.folder), "--count", "1", "--seed", str(SEED)]
    line += ["--data", str(tmp_path / "shop"), "--json", str(tmp_path / "d.json")]
    assert main(line) == 0
    told = capsys.readouterr()
    found = load_diagnosis(tmp_path / "d.json").gallery
    assert (found.name, found.n_images, found.n_captions, found.n_queries) == ("shop", 2, 10, 1)
    assert found.queries["smr"]["r5"].value == 100.0  # of 2 scenes
    assert "\nshop: 2 scenes, 10 captions" in told.out
    assert "\nshop: 1 queries written by hand" in told.out
    assert "\nshop: hard pairs" in told.out
    assert "scenes of the folder encoded: 2 of 2" in told.err


def test_files_that_cannot_serve_are_refused_before_the_work(tmp_path, capsys):
    """A folder without truth, queries of another form, and a folder where a file is to be."""
    line = ["diagnose", "--checkpoint", str(tiny_checkpoint(tmp_path / "tiny").folder)]
    (tmp_path / "empty").mkdir()
    assert main([*line, "--data", str(tmp_path / "empty")]) == 2
    assert "has no truth.json" in capsys.readouterr().err
    write_json(tmp_path / "empty" / "queries.json", [3])
    assert main([*line, "--data", str(tmp_path / "empty")]) == 2
    assert "is no list of queries" in capsys.readouterr().err
    assert main([*line, "--json", str(tmp_path / "empty")]) == 2
    told = capsys.readouterr().err
    assert "is a folder; name the file" in told
    assert "scenes" not in told


def test_a_folder_that_is_no_checkpoint_is_named(tmp_path, capsys):
    assert main(["diagnose", "--checkpoint", str(tmp_path), "--count", "1"]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_the_shipped_numbers_are_of_the_shipped_model():
    """Enough cases a word, random weights and the centre beside them, twice chance or better."""
    folder = default_checkpoint()
    if not (folder / "diagnosis.json").is_file():
        pytest.skip("the checkpoint or its diagnosis is not there")
    content = json.loads((folder / "diagnosis.json").read_text("utf-8"))
    found = load_diagnosis(folder, fingerprint=open_checkpoint(folder).fingerprint)
    assert found is not None, f"the diagnosis is of the checkpoint {content['fingerprint']}"
    assert all(word.n_cases >= CASES for word in found.words)
    every = found.pointing()
    scored = found.score_pointing()
    assert scored.maps["score"].low >= 5 * scored.chance
    assert scored.random["score"].high <= scored.maps["score"].low
    assert set(every.maps) == set(every.random)
    assert {one.differs for one in found.pairs} == {"count", "colour", "relation", "object", "all"}
    gallery = found.gallery
    assert gallery is not None
    assert (gallery.n_images, gallery.n_queries) == (480, 50)
    assert gallery.recall["smr"].metrics.t2i_r10 >= 60


def test_the_shipped_model_answers():
    """The real checkpoint goes through the same steps; a few scenes say nothing of its quality."""
    folder = default_checkpoint()
    if not (folder / "config.json").is_file():
        pytest.skip("the checkpoint is not there")
    result = diagnose(open_checkpoint(folder), 2, 4)  # of each, something can be asked
    assert result.recall["aligned"].metrics.t2i_r10 == 100.0  # of 2 scenes
    assert result.words
    assert "block 12" in result.pointing().maps
    assert {"score", "sentence"} == set(result.score_pointing().maps)
