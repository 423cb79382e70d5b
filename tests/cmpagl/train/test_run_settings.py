"""What a training run is given: settings, starting weights and data, or one sentence."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny import tiny_dataset, tiny_model_config
from tiny_run import tiny_materials, train, write_config

from cmpagl.__main__ import main
from cmpagl.config.run import TrainConfig
from cmpagl.errors import ConfigError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.train.run_data import find_run_data
from cmpagl.train.run_folder import RunFolder, only_one
from cmpagl.train.run_progress import RunProgress


@pytest.fixture(scope="module")
def materials(tmp_path_factory):
    return tiny_materials(tmp_path_factory.mktemp("materials"))


def test_starting_weights_may_be_given_beside_the_settings(materials, tmp_path):
    """A flag goes before the file, and what was used is told in the run and its checkpoint."""
    config = write_config(
        materials, text_init="nobody/nothing", head_epochs=1, align_epochs=0, fuse_epochs=0
    )
    out, bert = tmp_path / "run", str(materials / "bert")
    assert train(materials, out, config) == 2
    assert train(materials, out, config, "--text-init", bert) == 0
    assert open_checkpoint(out / "checkpoint").provenance["text_init"] == bert


def test_an_unknown_key_names_the_nearest(materials, tmp_path, capsys):
    """A misspelt setting is one sentence with the right name, exit code 2, no folder."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"bach_size": 8}))
    assert train(materials, tmp_path / "run", path) == 2
    error = capsys.readouterr().err
    assert "batch_size" in error
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["data_groups", "data_repeats"])
def test_a_number_for_each_data_folder(materials, tmp_path, capsys, name):
    """Groups or repeats of another number of folders are refused by their numbers."""
    config = write_config(materials, **{name: [1, 1]})
    assert train(materials, tmp_path / "run", config) == 2
    error = capsys.readouterr().err
    assert f"{name} has 2 numbers and there are 1 data folders to train on" in error


def test_two_do_not_train_into_one_folder(materials, tmp_path, capsys):
    """The second is refused before it touches anything; what a killed one was writing goes."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".state.safetensors.4194305.tmp").write_bytes(b"x")
    with only_one(tmp_path / "run"):
        assert train(materials, tmp_path / "run", write_config(materials)) == 2
    assert "Another process is training into" in capsys.readouterr().err
    assert list((tmp_path / "run").iterdir()) == []


def test_a_gpu_that_is_not_there(materials, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert train(materials, tmp_path / "x", write_config(materials), "--device", "cuda") == 2
    assert "no GPU here" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_of_one_picture_nothing_is_learnt(materials, tmp_path, capsys):
    (tmp_path / "bert").symlink_to(materials / "bert")
    tiny_dataset(tmp_path / "data", 1)
    assert train(tmp_path, tmp_path / "run", write_config(tmp_path)) == 2
    assert "fewer than 2 pictures to train on" in capsys.readouterr().err


def test_progress_in_a_file_is_a_line_every_two_seconds(tmp_path, capsys):
    """A terminal shows one line that changes; a log is not filled with it."""
    folder = RunFolder(tmp_path, TrainConfig(), ["x"], resume=False, time_budget=None)
    progress = RunProgress(folder)
    for done in range(1, 100):
        progress.told("heads", done, 99)
    assert capsys.readouterr().err == "heads: 1 of 99\nheads: 99 of 99\n"


def test_the_head_reads_no_block_below_those_that_are_tuned(materials, tmp_path, capsys):
    """What lies below is not computed anew at each step."""
    vision = asdict(replace(tiny_model_config().vision, pooled_blocks=(1, 2)))
    model = asdict(tiny_model_config()) | {"vision": vision}
    config = write_config(materials, model=model, tuned_blocks=0)
    assert train(materials, tmp_path / "frozen", config) == 0
    model["vision"] |= {"depths": (3,)}
    config = write_config(materials, model=model, tuned_blocks=1)
    assert train(materials, tmp_path / "run", config) == 2
    assert "pooled_blocks names block 1, which lies below" in capsys.readouterr().err


def test_what_is_measured_on_is_not_trained_on(materials, tmp_path, capsys):
    """Splits, and none of them for training: refused, instead of taking all pictures."""
    data = tiny_dataset(tmp_path / "data", splits=("val", "test"))
    out = tmp_path / "out"
    config = write_config(materials)
    assert main(["train", "--config", str(config), "--data", str(data), "--out", str(out)]) == 2
    assert "has no split 'train': its splits are val, test" in capsys.readouterr().err


def test_a_folder_with_val_alone_chooses_but_does_not_teach(materials, tmp_path):
    """The ranking is tuned on it as well; it is no data folder that has a number."""
    tiny_dataset(tmp_path / "other", splits=("val", "test"))
    told = tmp_path / "other" / "dataset_fake.json"
    (tmp_path / "other" / "dataset_other.json").write_text(
        told.read_text().replace("fake", "other")
    )
    told.unlink()
    config = write_config(materials, head_epochs=1, align_epochs=0, fuse_epochs=0, data_groups=[0])
    out = tmp_path / "run"
    assert train(materials, out, config, "--data", str(tmp_path / "other")) == 0
    said = open_checkpoint(out / "checkpoint").provenance
    assert said["data"] == ["fake train"]
    assert list(said["tuning"]["held_out_gain_mR"]) == ["fake val", "other val"]


def test_pictures_without_captions_are_refused(materials, tmp_path, capsys):
    """Before anything is computed of them."""
    config = write_config(materials)
    pictures = str(materials / "data" / "images")
    arguments = ["train", "--config", str(config), "--out", str(tmp_path / "a"), "--data"]
    assert main([*arguments, pictures]) == 2
    assert f"The pictures of {pictures} have no captions" in capsys.readouterr().err
    # Nothing was begun, so the right folder needs no other --out.
    assert main([*arguments, str(materials / "data"), "--time-budget", "0.001s"]) == 0


def spoilt(folder, split, keep=0):
    """A data set of which all pictures of a split are broken, but for some; their names."""
    data = tiny_dataset(folder, 12)
    said = json.loads(next(data.glob("dataset_*.json")).read_text())["images"]
    names = [i["filename"] for i in said if i["split"] == split][keep:]
    for name in names:
        (data / "images" / name).write_bytes((data / "images" / name).read_bytes()[:120])
    return names


@pytest.mark.parametrize(
    ("split", "keep", "flags", "sentence"),
    [
        ("val", 0, ["--on-error", "skip"], "has 0 pictures that can be read, and needs 2: "),
        ("val", 1, ["--on-error", "skip"], "has 1 pictures that can be read, and needs 2: "),
        ("train", 0, ["--on-error", "skip"], "has 0 pictures that can be read, and needs 1: "),
        ("val", 2, [], "correct it, or skip what is faulty"),
    ],
)
def test_broken_pictures_are_found_first(
    materials, tmp_path, capsys, monkeypatch, split, keep, flags, sentence
):
    """Before hours in which features are computed, of which none is."""
    (tmp_path / "bert").symlink_to(materials / "bert")
    names = spoilt(tmp_path / "data", split, keep)
    monkeypatch.setattr("cmpagl.train.run_data.gather_images", None)
    assert train(tmp_path, tmp_path / "run", write_config(tmp_path), *flags) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert names[0] in error


def test_a_disk_that_is_too_small_is_told_of_first(materials, tmp_path, capsys, monkeypatch):
    """What is cached already counts: nobody is refused for what is there."""
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=1000))
    assert train(materials, tmp_path / "run", write_config(materials)) == 2
    assert "has 1 kB left; give --cache a folder on a larger one" in capsys.readouterr().err
    monkeypatch.setattr("cmpagl.train.run_data.gather_images", lambda *_, **__: ())
    with open(tmp_path / "run" / "cache" / "kept.npy", "wb") as kept:
        kept.truncate(1_000_000)
    with pytest.raises(ValueError, match="not enough values to unpack"):  # it went on
        train(materials, tmp_path / "run", write_config(materials))


@pytest.mark.parametrize("name", ["run.json", "given.json", "log.jsonl"])
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_in_a_run_is_not_opened(tmp_path, name, make):
    """A named pipe would be waited for."""
    make(tmp_path / name)
    with pytest.raises(ConfigError, match="is no regular file; move it away"):
        RunFolder(tmp_path, TrainConfig(), ["x"], resume=True, time_budget=None)


def test_what_stands_in_the_way_is_told_of_first(materials, tmp_path, capsys):
    """A file where work between the phases is to be kept."""
    (tmp_path / "work").write_text("mine")
    assert train(materials, tmp_path, write_config(materials)) == 2
    assert f"'{tmp_path / 'work'}': File exists" in capsys.readouterr().err


def test_data_sets_of_one_name_are_told_apart(materials, tmp_path):
    """A change in any is seen, and the ranking is tuned on all."""
    tiny_dataset(tmp_path / "data", 8)
    found = find_run_data(TrainConfig(), [materials / "data", tmp_path / "data"], "raise")
    assert [one.name for one in found.sets] == ["fake", "fake (2)", "fake", "fake (2)"]
    assert len(found.given) == 12 + 8


def test_a_picture_that_is_trained_and_measured_on_is_named(
    materials, tmp_path, capsys, monkeypatch
):
    """By its content, whatever it is called: a ranking tuned on it would seem to gain more."""
    (tmp_path / "bert").symlink_to(materials / "bert")
    pictures = tiny_dataset(tmp_path / "data", 12) / "images"
    (pictures / "scene_0003.png").write_bytes((pictures / "scene_0000.png").read_bytes())
    monkeypatch.setattr("cmpagl.train.run_data.gather_images", lambda *_, **__: ())
    with pytest.raises(ValueError, match="not enough values to unpack"):  # it went on
        train(tmp_path, tmp_path / "run", write_config(tmp_path))
    said = "fake: 1 picture of val also in what is trained on, such as 'scene_0003.png'"
    assert said in capsys.readouterr().err
