"""`python -m cmpagl index`: what it writes, prints and refuses."""

import os
import shutil

import pytest
from tiny import tiny_checkpoint, tiny_dataset

from cmpagl.__main__ import main
from cmpagl.store.gallery import open_gallery


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(tiny_checkpoint(tmp_path_factory.mktemp("model") / "tiny").folder)


@pytest.fixture
def data(tmp_path):
    return str(tiny_dataset(tmp_path / "data", 5))


def test_an_index_of_a_split(tmp_path, data, model, capsys):
    """An account of the folder and progress go to stderr, one line with the result to stdout."""
    out = tmp_path / "made" / "index"
    line = ["index", "--data", data, "--split", "train", "--out", str(out), "--checkpoint", model]
    assert main(line) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"{out}: 4 images, 8 captions, indexed in ")
    assert told.out.count("\n") == 1
    account = "fake: 4 pictures used of 5, read as Karpathy's form (dataset_fake.json)\n"
    assert told.err.startswith(f"{account}images: 0 of 4\nimages: 4 of 4")
    assert told.err.endswith(account)
    gallery = open_gallery(out)
    assert (len(gallery), gallery.split, gallery.map is not None) == (4, "train", True)


def test_limit_and_no_map(tmp_path, data, model):
    out = tmp_path / "index"
    line = ["index", "--data", data, "--out", str(out), "--checkpoint", model]
    assert main([*line, "--limit", "2", "--no-map"]) == 0
    gallery = open_gallery(out)
    assert (len(gallery), gallery.map) == (2, None)


def test_several_folders_are_one_index(tmp_path, data, model, capsys):
    """Each scene knows its own; --split and --limit are of each, and the same again is refused."""
    other = str(tiny_dataset(tmp_path / "other", 3))
    both = ["--data", data, "--data", other, "--checkpoint", model, "--no-map"]
    assert main(["index", *both, "--out", str(tmp_path / "i"), "--limit", "2"]) == 0
    assert ": 4 images, 8 captions" in capsys.readouterr().out
    gallery = open_gallery(tmp_path / "i")
    assert gallery.data_sets == ("fake", "fake (2)")
    assert gallery.records[2].image_id == "fake (2)/scene_0000.png"
    assert main(["index", *both, "--split", "train", "--out", str(tmp_path / "t")]) == 0
    assert (len(open_gallery(tmp_path / "t")), open_gallery(tmp_path / "t").split) == (7, "train")
    again = ["--data", data, "--data", data, "--out", str(tmp_path / "j"), "--checkpoint", model]
    assert main(["index", *again]) == 2
    assert "give each folder once" in capsys.readouterr().err
    assert not (tmp_path / "j").exists()


def test_skipped_pictures_are_named(tmp_path, data, model, capsys):
    (tmp_path / "data" / "images" / "scene_0003.png").write_bytes(b"no picture")
    line = ["index", "--data", data, "--out", str(tmp_path / "i"), "--checkpoint", model]
    assert main([*line, "--on-error", "skip"]) == 0
    told = capsys.readouterr()
    assert "skipped: scene_0003.png: The image" in told.err
    assert ": 4 images, 8 captions" in told.out


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"--split": "tset"}, "has no split 'tset'"),
        ({"--checkpoint": "nowhere"}, "nowhere is not a checkpoint"),
        ({"--out": "data"}, "holds other things than an index"),
        ({"--out": os.fsdecode(b"caf\xe9")}, r"the path 'caf\udce9' is not UTF-8"),
        ({"--out": ""}, "'' is no folder"),
        ({"--data": ""}, "the folder '' does not exist"),
    ],
)
def test_refusals_are_one_sentence(tmp_path, data, model, capsys, monkeypatch, change, says):
    monkeypatch.chdir(tmp_path)
    options = {"--data": data, "--out": "index", "--checkpoint": model} | change
    assert main(["index", *(word for pair in options.items() for word in pair)]) == 2
    told = capsys.readouterr()
    account = [line for line in told.err.splitlines() if "pictures used" in line]
    (sentence,) = told.err.splitlines()[len(account) :]
    assert says in sentence
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_folders_whose_names_are_no_text(tmp_path, data, model, capsys):
    """An index names its data and its model: what cannot be written down is refused at once."""
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    odd.mkdir()
    for source, name in ((data, "data"), (model, "tiny")):
        (odd / name).symlink_to(source)
        (tmp_path / os.fsdecode(name.encode() + b"\xe9")).symlink_to(source)
    for change in ({"--data": str(odd / "data")}, {"--checkpoint": f"{tmp_path}/tiny\udce9"}):
        options = {"--data": data, "--out": str(tmp_path / "i"), "--checkpoint": model} | change
        assert main(["index", *(word for pair in options.items() for word in pair)]) == 2
        assert r"\udce9' is not UTF-8" in capsys.readouterr().err.replace("/data", "")
    assert not (tmp_path / "i").exists()


def test_a_damaged_text_tower_is_found_before_pictures_are_embedded(tmp_path, data, model, capsys):
    """Which may take hours."""
    folder = shutil.copytree(model, tmp_path / "damaged")
    content = bytearray((folder / "text.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "text.safetensors").write_bytes(content)
    line = ["index", "--data", data, "--out", str(tmp_path / "i"), "--checkpoint", str(folder)]
    assert main(line) == 2
    told = capsys.readouterr().err
    assert "text.safetensors is damaged" in told
    assert "images: 5 of 5" not in told
