"""A run goes on with the pictures, captions and towers that it was begun with, and no others."""

import json
import shutil
from dataclasses import asdict, replace

import pytest
import torch
from tiny import tiny_bert, tiny_dataset, tiny_model_config

from cmpagl.__main__ import main
from cmpagl.config.run import TrainConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.model.gswin import GswinTransformer
from cmpagl.model.weights import weights_digest
from cmpagl.train.features import cache_frozen_features
from cmpagl.train.given import contents_of, differing, given_by


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A folder with a data set, a text tower, and a run whose checkpoint is not written yet."""
    folder = tmp_path_factory.mktemp("begun")
    tiny_bert(folder / "bert")
    tiny_dataset(folder / "data", 8, splits=("train",))
    config = TrainConfig(
        vision_init="random",
        text_init=str(folder / "bert"),
        model=tiny_model_config(),
        views=1,
        tuned_blocks=0,
        batch_size=6,
        head_epochs=1,
        align_epochs=0,
        fuse_epochs=0,
        checkpoint_seconds=1e-9,
    )
    (folder / "config.json").write_text(json.dumps(asdict(config)))
    assert go_on(folder) == 0
    shutil.rmtree(folder / "run" / "checkpoint")
    return folder


def go_on(folder):
    line = ["train", "--config", str(folder / "config.json"), "--data", str(folder / "data")]
    line += ["--threads", "1", "--device", "cpu", "--resume"]
    return main([*line, "--out", str(folder / "run")])


def described(change):
    """Change the data set's description."""

    def apply(folder):
        path = folder / "data" / "dataset_fake.json"
        said = json.loads(path.read_text())
        change(said["images"])
        path.write_text(json.dumps(said))

    return apply


def swap(folder, first=0, second=1):
    """Two pictures, of the same size in bytes, change names and keep their times."""
    one, two = (folder / "data" / "images" / f"scene_{n:04d}.png" for n in (first, second))
    size = max(one.stat().st_size, two.stat().st_size)
    contents = [path.read_bytes().ljust(size, b"\0") for path in (two, one)]
    for path, content in zip((one, two), contents, strict=True):
        path.write_bytes(content)


CHANGES = [
    (swap, "'scene_0000.png' of fake train has changed", 2),
    (lambda folder: swap(folder, 3, 7), "'scene_0003.png' of fake val has changed", 2),
    (
        described(lambda images: images[2]["sentences"][1].update(raw="a yellow boat .")),
        "'scene_0002.png' of fake train has changed",
        1,
    ),
    (described(lambda images: images.pop(4)), "'scene_0004.png' of fake train is gone", 1),
    (
        described(lambda images: images[7].update(split="train")),
        "'scene_0007.png' of fake val is gone",
        2,
    ),
    (
        described(lambda images: images.reverse()),
        "'scene_0006.png' of fake train has another place in the order",
        8,
    ),
]


def given(folder):
    """What a run on the data set is given."""
    sets = [load_dataset(folder / "data", split) for split in ("train", "val")]
    return given_by(sets, [contents_of(one.records) for one in sets])


@pytest.mark.parametrize(("change", "first", "count"), CHANGES)
def test_each_change_has_a_name(tmp_path, change, first, count):
    """Pictures, captions, splits, order."""
    tiny_dataset(tmp_path / "data", 8)
    before = given(tmp_path)
    assert differing(before, given(tmp_path)) == []
    change(tmp_path)
    found = differing(before, given(tmp_path))
    assert (found[0], len(found)) == (first, count)


def test_what_has_changed_since_is_refused(begun, capsys):
    """Nothing is trained on both, nothing of the run is lost, and put back it goes on."""
    state = (begun / "run" / "state.safetensors").read_bytes()
    for change, sentence in (
        (swap, "'scene_0000.png' of fake train has changed, and 1 more;"),
        (lambda folder: tiny_bert(folder / "bert", seed=7), "the tower 'text_init' has changed;"),
    ):
        before = {path: path.read_bytes() for path in begun.glob("[db]*/**/*") if path.is_file()}
        change(begun)
        assert go_on(begun) == 2
        error = capsys.readouterr().err
        assert sentence in error
        assert "--out" in error
        assert (begun / "run" / "state.safetensors").read_bytes() == state
        for path, content in before.items():
            path.write_bytes(content)
    assert go_on(begun) == 0


def test_a_finished_run_looks_at_its_data(begun, capsys):
    """What has changed since is told of as before its end; without the towers, which it has."""
    assert go_on(begun) == 0
    checkpoint = (begun / "run" / "checkpoint" / "config.json").read_bytes()
    away = (begun / "bert").rename(begun / "away")
    assert go_on(begun) == 0
    away.rename(begun / "bert")
    for change, sentence in (
        (swap, "'scene_0000.png' of fake train has changed, and 1 more;"),
        (described(lambda images: images.pop(4)), "'scene_0004.png' of fake train is gone;"),
        (lambda folder: (folder / "data/images/scene_0001.png").unlink(), "but no image in"),
    ):
        before = {path: path.read_bytes() for path in begun.glob("data/**/*") if path.is_file()}
        capsys.readouterr()
        change(begun)
        assert go_on(begun) == 2
        told = capsys.readouterr()
        assert sentence in told.err
        assert "The checkpoint is in" not in told.out
        for path, content in before.items():
            path.write_bytes(content)
    assert go_on(begun) == 0
    assert (begun / "run" / "checkpoint" / "config.json").read_bytes() == checkpoint


def test_cached_features_are_of_the_pictures_as_they_are(tmp_path):
    """Also where others lie under the same names and sizes, as before a run has any state."""
    torch.manual_seed(0)
    vision = GswinTransformer(replace(tiny_model_config().vision, depths=(2,))).eval()
    records = load_dataset(tiny_dataset(tmp_path / "data", 2)).records

    def cached(place):
        contents = contents_of(records)
        return cache_frozen_features(
            vision,
            records,
            tmp_path / place,
            contents=contents,
            tuned_blocks=1,
            view=0,
            digest=weights_digest(vision),
        ).pooled.tolist()

    swap(tmp_path)
    before = cached("cache")
    swap(tmp_path)
    after = cached("cache")
    assert after == before[::-1] == cached("fresh")
