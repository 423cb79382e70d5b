import json

import pytest
from tiny_index import tiny_retriever

import cmpagl
from cmpagl.__main__ import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    tiny_retriever(folder, 6)
    return folder


def search(folder, *more):
    line = ["search", "--index", str(folder / "index"), "--checkpoint", str(folder / "tiny")]
    return main([*line, *more])


def test_json_has_the_results_in_order(folder, capsys):
    """Rank, score, rank before, id, class, path and captions of each."""
    assert search(folder, "a red ship on the water", "--top", "3", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert content["stage"] == "smr"
    assert content["query"] == {"text": "a red ship on the water", "image": None}
    assert [row["rank"] for row in content["results"]] == [1, 2, 3]
    scores = [row["score"] for row in content["results"]]
    assert scores == sorted(scores, reverse=True)
    for row in content["results"]:
        assert row["path"] == str(folder / "data" / "images" / row["id"])
        assert 1 <= row["aligned_rank"] <= 6
        assert len(row["captions"]) == 2


def test_no_smr_ranks_by_the_aligned_score(folder, capsys):
    assert search(folder, "a red ship", "--no-smr", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert content["stage"] == "aligned"
    assert len(content["results"]) == 6
    for row in content["results"]:
        assert (row["rank"], row["score"]) == (row["aligned_rank"], row["aligned_score"])


def test_words_after_a_minus_are_excluded_as_on_the_page(folder, capsys, monkeypatch):
    """The score before is that without the exclusion."""
    monkeypatch.setattr("cmpagl.feedback.examples.UNWANTED_FROM", -1.0)  # of six scenes, some
    assert search(folder, "a ship -plane", "--no-smr", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert content["query"] == {"text": "a ship", "image": None, "excluded": "plane"}
    found = cmpagl.open(folder / "index", folder / "tiny").search("a ship -plane", stage="aligned")
    assert [row["id"] for row in content["results"]] == list(found)
    assert [row["score"] for row in content["results"]] != [
        row["aligned_score"] for row in content["results"]
    ]


def test_a_picture_finds_itself_first(folder, capsys):
    """The table has a line for each result; the picture's own scene is the most alike."""
    picture = folder / "data" / "images" / "scene_0002.png"
    assert search(folder, "--image", str(picture), "--no-smr", "--top", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    rank, score, before, name = lines[1].split()[:4]
    assert (rank, before, name) == ("1", "1", "scene_0002.png")
    assert float(score) == pytest.approx(1, abs=1e-3)


def test_what_should_be_known_is_said_on_the_error_stream(folder, capsys):
    assert search(folder, "a ship \u2603 " + "on the water " * 12) == 0
    told = capsys.readouterr()
    assert "The model does not know: \u2603." in told.err
    assert "its end was cut off" in told.err
    assert "\u2603" not in told.out


def test_captions_cannot_command_a_terminal(tmp_path, capsys):
    """Escape sequences and new lines of a data set are question marks in the table, a row each."""
    from tiny import tiny_dataset
    from tiny_index import build_index

    from cmpagl.data.dataset import load_dataset
    from cmpagl.model.checkpoint import open_checkpoint

    tiny_retriever(tmp_path, 2)
    root = tiny_dataset(tmp_path / "bad", 2)
    described = root / "dataset_fake.json"
    said = json.loads(described.read_text())
    for image in said["images"]:
        image["sentences"][0]["raw"] = "a \x1b[31mred ship"
    said["images"][0]["filename"] = "a\nb.png"
    (root / "images" / "scene_0000.png").rename(root / "images" / "a\nb.png")
    described.write_text(json.dumps(said))
    checkpoint = open_checkpoint(tmp_path / "tiny")
    build_index(load_dataset(root), checkpoint, tmp_path / "index", with_map=False)
    capsys.readouterr()
    assert search(tmp_path, "a red ship") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "a ?[31mred ship" in out
    assert "a?b.png" in out
    assert len(out.splitlines()) == 3


@pytest.mark.parametrize(
    ("more", "sentence"),
    [(["  "], "The query is empty"), (["x" * 3000], "has 3,000 characters")],
)
def test_a_refused_query_is_one_sentence_and_exit_code_2(folder, capsys, more, sentence):
    assert search(folder, *more) == 2
    told = capsys.readouterr()
    assert sentence in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""
