"""A bank for a model that came without one: made, kept, opened, and what an index makes of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from published_models import published_model
from tiny import tiny_dataset

from cmpagl.__main__ import main
from cmpagl.config.ranking import Reranked, RerankedBothWays, SMRConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import CheckpointError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.kept_bank import keep_bank
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR
from cmpagl.search.fit import fit
from cmpagl.search.retriever import Retriever
from cmpagl.store.build import grow_index
from cmpagl.store.gallery import open_gallery
from cmpagl.train.model_bank import BankPlan, _sets, make_bank


@pytest.fixture(scope="module")
def banked(tmp_path_factory):
    """A tiny CLIP without a bank, a data set, and a bank made for it of that and drawn scenes."""
    folder = tmp_path_factory.mktemp("bank")
    published_model("clip", folder / "clip")
    data = tiny_dataset(folder / "data", 24)
    line = ["bank", "--checkpoint", folder / "clip", "--out", folder / "with", "--scenes", 8]
    assert main([str(part) for part in (*line, "--bank-data", data)]) == 0
    return folder


def test_the_bank_is_the_models_own_vectors(banked):
    """Of scenes and data alike, unit vectors; tuned on images that are not in it."""
    plain, made = open_checkpoint(banked / "clip"), open_checkpoint(banked / "with")
    assert (plain.has_bank, made.has_bank) == (False, True)
    assert made.fingerprint == plain.fingerprint
    assert made.bank_fingerprint != plain.bank_fingerprint
    bank, said = made.bank(), made.provenance["bank"]
    assert said["tuned on"] == {"fake": 6}  # the val split's
    assert len(bank.image_embeds) == 6 + 18  # three quarters of the scenes, the train split
    for tensor in vars(bank).values():
        assert np.allclose(tensor.norm(dim=-1), 1, atol=1e-3)
    train = load_dataset(banked / "data", "train")
    embeds = Retriever(
        grow_index(train, made, banked / "train-index", with_map=False).gallery, made
    ).gallery.image_embeds
    best = (bank.image_embeds.numpy() @ embeds.T).max(axis=0)
    assert np.allclose(best, 1, atol=1e-3)  # each train picture is in it


def test_an_index_takes_a_bank_without_embedding_anew(banked, tmp_path):
    """The same vectors but for their ends, as if it had been made with the bank; SMR reranks."""
    plain, made = open_checkpoint(banked / "clip"), open_checkpoint(banked / "with")
    tuned = RerankedBothWays(*[Reranked(SMRConfig(t=20.0, alpha=2.0))] * 2)
    keep_bank(
        tmp_path / "set",
        plain,
        made.bank(),
        replace(made.config.ranking, bank_only=tuned),
        {},
    )
    made = open_checkpoint(tmp_path / "set")
    dataset = load_dataset(banked / "data")
    first = grow_index(dataset, plain, tmp_path / "index", with_map=False).gallery
    told = fit(Retriever(first, plain), Retriever(first, plain).query_text("a red plane"))
    assert told is None  # no other queries, so nothing to say of how well it fits
    growth = grow_index(dataset, made, tmp_path / "index", with_map=False)
    assert growth.new == 0
    fresh = grow_index(dataset, made, tmp_path / "fresh", with_map=False).gallery
    for name in ("image_vectors", "caption_vectors"):
        assert np.array_equal(getattr(growth.gallery, name), getattr(fresh, name)), name
    retriever = Retriever(open_gallery(tmp_path / "index", made), made)
    query = retriever.query_text("a red plane on the grass")
    assert fit(retriever, query) is not None
    orders = [retriever.ranking(query, stage).items.tolist() for stage in (ALIGNED, ALIGNED_SMR)]
    assert orders[0] != orders[1]


def test_a_model_with_its_bank_in_its_own_folder(banked, tmp_path, capsys):
    """Opened by its own name, before and after both have moved."""
    shutil.copytree(banked / "clip", tmp_path / "clip")
    checkpoint = open_checkpoint(tmp_path / "clip")
    make_bank(checkpoint, tmp_path / "clip", BankPlan(scenes=8), tmp_path / "work")
    shutil.move(tmp_path / "clip", tmp_path / "moved")
    assert open_checkpoint(tmp_path / "moved").has_bank
    data = str(banked / "data")
    assert main(["evaluate", "--data", data, "--checkpoint", str(tmp_path / "moved")]) == 0
    assert "no query bank" not in capsys.readouterr().out
    assert main(["evaluate", "--data", data, "--checkpoint", str(banked / "clip")]) == 0
    said = capsys.readouterr().out
    assert "This model has no query bank" in said
    assert "gained nothing" not in said


def test_what_is_wrong_is_one_sentence(banked, tmp_path, capsys):
    """A bank of other weights, damaged vectors, a model without texts, a model that has one."""
    shutil.copytree(banked / "with", tmp_path / "clip")
    published_model("clip", tmp_path / "clip")
    content = json.loads((tmp_path / "clip" / "config.json").read_text())
    content["vision_config"]["layer_norm_eps"] = 1e-3
    (tmp_path / "clip" / "config.json").write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match="made with other weights"):
        open_checkpoint(tmp_path / "clip")
    shutil.copytree(banked / "with", banked / "damaged")  # beside the model, which it names
    (banked / "damaged" / "bank.safetensors").write_bytes(b"something else")
    with pytest.raises(CheckpointError, match="is damaged or of another bank"):
        open_checkpoint(banked / "damaged").bank()
    published_model("dinov2", tmp_path / "dinov2")
    line = ["bank", "--checkpoint", str(tmp_path / "dinov2")]
    assert main(line) == 2
    assert "has no text tower" in capsys.readouterr().err
    assert main(["bank"]) == 2
    assert "has a query bank of its own; give --out" in capsys.readouterr().err


def test_what_cannot_be_a_bank_is_told_of_before_a_scene_is_drawn(
    banked, tmp_path, capsys, monkeypatch
):
    """Too few scenes, too few pictures, none that can be read."""
    monkeypatch.setattr("cmpagl.train.model_bank.write_dataset", None)
    tiny_dataset(tmp_path / "few", 3)
    broken = tiny_dataset(tmp_path / "broken", 8)
    for picture in (broken / "images").iterdir():
        picture.write_bytes(b"no picture")
    line = ["bank", "--checkpoint", str(banked / "clip"), "--out", str(tmp_path / "bank")]
    for flags, said in (
        (["--scenes", "3"], "--scenes 3 is too few"),
        (["--bank-data", str(tmp_path / "few")], "has 3 images with captions"),
        (["--bank-data", str(broken), "--on-error", "skip"], "has 0 pictures that can be read"),
    ):
        assert main([*line, *flags]) == 2
        assert said in capsys.readouterr().err


def test_data_sets_of_one_name_are_told_apart(banked, tmp_path):
    """So that settings are searched on each, and a report names all."""
    tiny_dataset(tmp_path / "data", 8, splits=("train",))
    plan = BankPlan(data=(banked / "data", tmp_path / "data"))
    assert [dataset.name for dataset in _sets(plan, 64, "raise")] == ["fake", "fake (2)"]
