"""Another image encoder is one module and its settings: it trains, indexes and searches as is."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from other_encoder import PatchConfig, PatchEncoder
from tiny import tiny_bert, tiny_dataset, tiny_model_config
from tiny_index import build_index

from app.api.attention import attention
from app.explorer.explorer import Explorer, Opened, Source
from app.look.beside import controls
from app.look.service import look
from app.look.view import stage
from cmpagl.__main__ import main
from cmpagl.config.model import ModelConfig
from cmpagl.config.run import TrainConfig
from cmpagl.config.strict import from_dict
from cmpagl.config.vision import GswinConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import ConfigError, QueryError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.search.retriever import Retriever


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of a few steps with another encoder, tuned as a whole: data set and checkpoint."""
    folder = tmp_path_factory.mktemp("other")
    config = TrainConfig(
        vision_init="random",
        text_init=str(tiny_bert(folder / "bert")),
        model=replace(tiny_model_config(), vision=PatchConfig()),
        views=1,
        tuned_blocks=2,
        vision_lr=1e-2,
        batch_size=8,
        head_epochs=1,
        align_epochs=2,
        fuse_epochs=1,
    )
    (folder / "config.json").write_text(json.dumps(asdict(config)))
    tiny_dataset(folder / "data", 12)
    arguments = ["train", "--config", str(folder / "config.json"), "--data", str(folder / "data")]
    assert main([*arguments, "--out", str(folder / "run"), "--threads", "1"]) == 0
    return load_dataset(folder / "data"), open_checkpoint(folder / "run" / "checkpoint")


@pytest.fixture(scope="module")
def opened(trained, tmp_path_factory):
    dataset, checkpoint = trained
    gallery = build_index(
        dataset, checkpoint, tmp_path_factory.mktemp("index") / "index", with_map=False
    )
    return Opened(gallery, Retriever(gallery, checkpoint))


def test_it_trains_and_its_checkpoint_rebuilds_it(trained):
    """Its upper part was tuned with the rest, and the folder alone says what it is."""
    _, checkpoint = trained
    assert checkpoint.config.vision == PatchConfig()
    encoder = checkpoint.image_tower().vision
    assert isinstance(encoder, PatchEncoder)
    assert not torch.equal(encoder.norm.weight, torch.ones(12))


def test_its_index_answers_queries(trained, opened):
    """A scene's embedding in the index is the one that its picture gets as a query."""
    dataset, _ = trained
    asked = opened.retriever.query_image(dataset.records[3].path)
    assert asked.token_values.shape == (16, 8)
    np.testing.assert_allclose(asked.image_embeds, opened.gallery.image_embeds[3], atol=1e-5)
    assert int(np.argmax(asked.scores)) == 3


def test_look_says_that_it_has_no_maps(opened):
    """But it has places, so where a score came from is known."""
    explorer = Explorer(Source(checkpoint=opened.retriever.checkpoint.folder))
    explorer._opened = opened
    for mode in ("place", "share", "class"):
        found = look(explorer, {"look": mode})
        assert "no attention maps" in stage(found)["notes"][-1]["text"]
        assert controls(found)["research"] is None
    scored = look(explorer, {"q": "a red plane"})
    assert scored.words == ("a", "red", "plane")
    assert scored.panels[0].map.grid == 4
    with pytest.raises(QueryError, match="no attention maps"):
        attention(explorer, opened.gallery.records[0].image_id)


def test_settings_name_their_kind():
    """There and back through JSON; none named is Gswin; an unknown one names the nearest."""
    for vision in (PatchConfig(width=24), GswinConfig()):
        config = ModelConfig(vision=vision)
        assert from_dict(ModelConfig, json.loads(json.dumps(asdict(config)))) == config
    for kind in ("patch", ["patches"]):
        with pytest.raises(ConfigError, match=r"unknown kind .*; did you mean 'patches'"):
            from_dict(ModelConfig, {"vision": {"kind": kind}})
