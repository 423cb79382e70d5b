"""The training command: it learns, it resumes bit for bit, and it survives a kill at any moment."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from tiny import tiny_dataset, tiny_model_config, vocabulary
from tiny_run import tiny_materials, train, write_config

from cmpagl.__main__ import main
from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import read_image, square_pixels
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.embed import embed_images, embed_texts
from cmpagl.train.schedule import schedule

REPOSITORY = Path(__file__).resolve().parents[3]


def weights(folder):
    """All weights of a run's checkpoint, by file and name."""
    return {
        f"{path.name}/{name}": value
        for path in sorted((folder / "checkpoint").glob("*.safetensors"))
        for name, value in load_file(path).items()
    }


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


@pytest.fixture(scope="module")
def materials(tmp_path_factory):
    return tiny_materials(tmp_path_factory.mktemp("materials"))


@pytest.fixture(scope="module")
def whole_run(materials):
    """A run that nothing interrupted."""
    config = write_config(materials)
    out = materials / "whole"
    assert train(materials, out, config) == 0
    return config, out


def test_the_run_leaves_a_checkpoint_that_opens(whole_run):
    """The folder rebuilds its model by itself, with a bank of at most the asked size."""
    _, out = whole_run
    checkpoint = open_checkpoint(out / "checkpoint")
    assert checkpoint.model().config.text.vocab_size == len(vocabulary())
    bank = checkpoint.bank()
    assert len(bank.text_embeds) == len(bank.image_captions) * 2  # two captions each, all its own
    assert len(bank.image_embeds) == 9  # twelve pictures, three of them held out
    norms = bank.image_embeds.norm(dim=1)
    torch.testing.assert_close(norms, torch.ones_like(norms), atol=2e-3, rtol=0)


def test_words_of_enough_captions_are_in_the_bag(materials, whole_run):
    """Those of letters in two training captions, whole; none counts by its rarity."""
    tower = open_checkpoint(whole_run[1] / "checkpoint").text_tower()
    captions = set(load_dataset(materials / "data", "train").distinct_captions[0])
    counts = Counter(
        word for text in captions for word in set(re.findall("[a-z]+|[^a-z ]+", text.lower()))
    )
    bag = tower.encoder.config.bag
    words = ["".join(vocabulary()[p].removeprefix("##") for p in word) for word in bag]
    assert sorted(words) == sorted(w for w in counts if w.isalpha() and counts[w] >= 2)
    assert len(bag) > 5
    assert tower.encoder.bag.continues.sum() == sum(w.startswith("##") for w in vocabulary())
    assert tower.head.mean[-len(bag) :].eq(0).all()
    assert tower.head.std[-len(bag) :].eq(0.25).all()


def test_the_bank_has_of_each_data_set_as_many(materials, tmp_path):
    """Three pictures and captions of each; a picture's captions as their mean."""
    tiny_dataset(tmp_path / "data", 16, splits=("test",) * 12 + ("train",) * 4)
    config = write_config(
        materials, bank_size=6, head_epochs=1, align_epochs=0, fuse_epochs=0, data_groups=[0, 1]
    )
    out = tmp_path / "run"
    assert train(materials, out, config, "--data", str(tmp_path / "data")) == 0
    checkpoint = open_checkpoint(out / "checkpoint")
    sets = [load_dataset(folder / "data", "train") for folder in (materials, tmp_path)]
    tower, size = checkpoint.image_tower(), checkpoint.config.vision.image_size
    bank, found = checkpoint.bank(), []
    for dataset in sets:
        squares = [square_pixels(read_image(r.path), size) for r in dataset.records]
        batch = next(embed_images(tower, checkpoint.fusion(), squares))
        texts, own = dataset.distinct_captions
        embeds = embed_texts(checkpoint.text_tower(), checkpoint.tokenizer(), texts)[0]
        means = [
            embeds[own[dataset.caption_to_image == i]].sum(axis=0) for i in range(len(squares))
        ]
        means = np.stack(means) / np.linalg.norm(means, axis=1, keepdims=True)
        near = bank.image_embeds.numpy() @ batch.image_embeds.T > 1 - 1e-3
        rows, images = np.nonzero(near)
        np.testing.assert_allclose(bank.image_captions[rows], means[images], atol=2e-3)
        texts_near = bank.text_embeds.numpy() @ embeds.T > 1 - 1e-3
        found.append((len(set(rows)), np.count_nonzero(texts_near.any(axis=1))))
    assert found == [(3, 3), (3, 3)]


KILLED = """
import os, signal, sys
# Once, not in each child:
import lance, pandas
from transformers import AutoConfig, AutoModel, BertModel
import cmpagl.cli.train, cmpagl.data.raster, cmpagl.measure.tune
from cmpagl.__main__ import main
from cmpagl.train.run_progress import RunProgress
from cmpagl.train.trainer import Trainer


encoded = False


def in_a_child(what=None, nth=0):
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    seen = []

    def passing(name):
        seen.append(name)
        assert not (name == "captions" and encoded), "the val split was encoded again"
        if seen.count(what) == nth > 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def telling(method, name):
        def told(*args):
            passing(name(*args))
            return method(*args)
        return told

    os.replace = telling(os.replace, lambda source, target: "to " + os.path.basename(target))
    RunProgress.kept = telling(RunProgress.kept, lambda self, what, done, total: what)
    Trainer.validate = telling(Trainer.validate, lambda self, phase, step: "validation " + phase)
    os._exit(main(sys.argv[1:]))


for what, nth in (
    ("fake train, view 0", 1),
    ("captions", 1),
    ("to state.safetensors", 2),
    ("validation heads", 1),
    ("validation align", 1),
    ("to state.safetensors", 1),
    ("validation align", 1),
    ("embeddings", 1),
    ("image tokens", 1),
    ("caption tokens", 1),
    ("to state.safetensors", 3),
    ("to checkpoint", 1),
    ("captions", 1),
    ("settings", 5),
    ("settings", 300),
    ("to config.json", 2),
    ("to checkpoint", 2),
):
    assert in_a_child(what, nth) == signal.SIGKILL, (what, nth)
    assert not os.path.exists(sys.argv[3] + "/checkpoint")
    encoded |= what == "settings"
assert in_a_child() == 0
"""


@pytest.mark.long
def test_a_killed_run_ends_like_the_whole_one(materials, whole_run, tmp_path):
    """Killed without warning (SIGKILL) at every kind of work, resumed: the very same bytes."""
    config, whole = whole_run
    out = tmp_path / "run"
    arguments = ["--out", str(out), "--config", str(config), "--data", str(materials / "data")]
    arguments += ["--threads", "1", "--device", "cpu", "--resume"]
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, "train", *arguments],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert same(weights(out), weights(whole))
    said = [json.loads((run / "checkpoint" / "config.json").read_text()) for run in (out, whole)]
    assert said[0] == said[1]
    assert not (out / "work").exists()
    assert validations(out) == validations(whole)


def validations(run):
    """What the log tells of them."""
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [line | {"seconds": 0} for line in lines if line["event"] == "val"]


def test_a_time_budget_saves_and_ends(materials, whole_run, tmp_path):
    """A budget too short for anything keeps one step or file a round: the same bytes at the end."""
    config, whole = whole_run
    out = tmp_path / "run"
    log = [json.loads(line) for line in (whole / "log.jsonl").read_text().splitlines()]
    steps = {line["phase"]: line["of"] for line in log if line["event"] == "step"}

    def phase():
        try:
            with safe_open(out / "state.safetensors", framework="pt") as state:
                return state.metadata()["phase"]
        except FileNotFoundError:
            return "heads"

    rounds = 0
    while phase() != "done":
        assert train(materials, out, config, "--resume", "--time-budget", "0.001s") == 0
        rounds += 1
        assert rounds < 60
    files = 2 + 1 + 1 + 2  # pictures of train and val, captions, embeddings, both kinds of tokens
    assert rounds == files + sum(steps.values()) + len(steps)
    for _ in range(3):  # one of many settings of the ranking each
        assert train(materials, out, config, "--resume", "--time-budget", "0.001s") == 0
        assert not (out / "checkpoint").exists()
    assert train(materials, out, config, "--resume") == 0
    assert same(weights(out), weights(whole))


def test_a_finished_run_is_left_alone(materials, whole_run, capsys):
    """Resuming it computes nothing again."""
    config, out = whole_run
    before = {path: path.stat().st_mtime_ns for path in (out / "checkpoint").iterdir()}
    assert train(materials, out, config, "--resume") == 0
    assert "The checkpoint is in" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in (out / "checkpoint").iterdir()} == before


def test_a_picture_that_cannot_be_read_ends_the_run_or_is_named(materials, tmp_path, capsys):
    """In train and in val; with --on-error skip the others are trained on."""
    data = tiny_dataset(tmp_path / "data", 12)
    said = json.loads(next(data.glob("dataset_*.json")).read_text())["images"]
    broken = [next(i["filename"] for i in said if i["split"] == s) for s in ("train", "val")]
    for name in broken:
        (data / "images" / name).write_bytes(b"no picture")
    config = write_config(materials, head_epochs=1, align_epochs=1, fuse_epochs=1)
    out = tmp_path / "run"
    arguments = ["train", "--config", str(config), "--data", str(data), "--out", str(out)]
    assert main(arguments) == 2
    assert broken[0] in capsys.readouterr().err
    assert main([*arguments, "--resume", "--on-error", "skip"]) == 0
    error = capsys.readouterr().err
    assert all(name in error for name in broken)
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["name"] for line in log if line["event"] == "skipped"] == broken
    assert len(open_checkpoint(out / "checkpoint").bank().image_embeds) == 8


def test_eight_pairs_are_learnt_by_heart(materials, tmp_path):
    """The contrast of eight pictures with two captions each falls to the least it can be."""
    tiny_dataset(tmp_path / "data", 8, splits=("train",))
    config = write_config(
        materials,
        model=asdict(tiny_model_config(head_dropout=0.0)),
        head_epochs=200,
        align_epochs=20,
        fuse_epochs=1,
        head_lr=5e-3,
        tuned_text_layers=0,
        triplet_weight=0.0,
        word_dropout=0.0,
        checkpoint_seconds=60.0,
    )
    out = tmp_path / "run"
    arguments = ["train", "--config", str(config), "--data", str(tmp_path / "data")]
    assert main([*arguments, "--out", str(out), "--threads", "1", "--device", "cpu"]) == 0
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    losses = {phase: [x["itc"] for x in lines if x.get("phase") == phase and "itc" in x]
              for phase in ("heads", "align")}  # fmt: skip
    # Both captions of an image are right for it, each with half of the target: its entropy is the
    # least the image's direction can reach; the caption's direction can reach 0.
    least = np.log(2) / 2
    assert losses["heads"][0] > least + 1
    assert least < losses["heads"][-1] < least + 0.1
    assert least < losses["align"][-1] < least + 0.1


def test_a_folder_with_a_run_is_not_overwritten(materials, whole_run, capsys):
    """Without --resume a finished or stopped run is refused; with other settings too."""
    config, out = whole_run
    assert train(materials, out, config) == 2
    assert "--resume" in capsys.readouterr().err
    other = write_config(materials, seed=7)
    assert train(materials, out, other, "--resume") == 2
    assert "other settings" in capsys.readouterr().err


def test_the_rate_rises_and_falls_to_nothing():
    """Linear warm-up to the highest rate, then a cosine to 0."""
    rates = [schedule(share) for share in np.linspace(0, 1, 101)]
    assert rates[0] < 0.02
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates.index(max(rates)) == 10
    assert rates[-1] == pytest.approx(0.0, abs=1e-9)
