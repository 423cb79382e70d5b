"""Training on published towers: CLIP's blocks in windows, DINO's as they are with heads."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from published_models import SIZES, published_model
from tiny import tiny_bert, tiny_dataset, tiny_model_config
from tiny_index import build_index

from cmpagl.__main__ import main
from cmpagl.config.run import TrainConfig
from cmpagl.config.vision import PRESETS
from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import load_pixels
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.pretrained import load_vision
from cmpagl.model.towers import CMPAGL
from cmpagl.model.unwindowed import unwindowed_cosines
from cmpagl.rank.stage import FINAL
from cmpagl.search.retriever import Retriever
from cmpagl.train.phases import rated_parameters

GSWIN = replace(
    PRESETS["gswin_base_16_clip"],
    image_size=32,
    patch_size=8,
    dim=SIZES["hidden_size"],
    depths=(SIZES["num_hidden_layers"],),
    num_heads=(SIZES["num_attention_heads"],),
    mlp_ratio=SIZES["intermediate_size"] / SIZES["hidden_size"],
    window_size=2,
    global_size=2,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run on a tiny CLIP, its settings, CLIP itself, and the folder of all of it."""
    folder = tmp_path_factory.mktemp("clip")
    clip = published_model("clip", folder / "clip")
    for parameter in clip.vision_model.parameters():  # so that a patch's place tells
        torch.nn.init.normal_(parameter, std=0.8)
    clip.save_pretrained(folder / "clip")
    tiny_bert(folder / "bert")
    tiny_dataset(folder / "data", 8, splits=("train",) * 8)
    config = TrainConfig(
        vision_init=str(folder / "clip"),
        text_init=str(folder / "bert"),
        model=replace(tiny_model_config(), vision=GSWIN),
        views=1,
        tuned_blocks=1,
        batch_size=4,
        head_epochs=1,
        align_epochs=1,
        fuse_epochs=0,
    )
    (folder / "config.json").write_text(json.dumps(asdict(config)))
    line = ["--config", folder / "config.json", "--data", folder / "data", "--out", folder / "out"]
    assert main(["train", *map(str, line), "--threads", "1", "--device", "cpu"]) == 0
    return folder, config, clip


def test_the_cosine_to_the_unwindowed_model_is_stated(run):
    """In the log and in the checkpoint; by hand, against CLIP's own class token."""
    folder, config, clip = run
    records = load_dataset(folder / "data", "train").records
    squares = np.stack([load_pixels(record.picture, 32) for record in records])
    pixels = to_pixel_values(squares, GSWIN.preprocessing)
    encoder = load_vision(GSWIN, config.vision_init).eval()
    with torch.no_grad():
        theirs = clip.vision_model(pixel_values=pixels).pooler_output
        ours = encoder.norm(encoder.run_blocks(encoder.embed(pixels))[0])[:, 0]
    expected = torch.nn.functional.cosine_similarity(ours, theirs)
    stated = open_checkpoint(folder / "out" / "checkpoint").provenance["unwindowed"]
    assert stated["cosine"] == pytest.approx(float(expected.mean()), abs=1e-5)
    assert stated["least"] == pytest.approx(float(expected.min()), abs=1e-5)
    assert stated["least"] < 0.999  # windows do change it
    lines = [json.loads(line) for line in (folder / "out" / "log.jsonl").open()]
    assert [line["cosine"] for line in lines if line["event"] == "windows"] == [stated["cosine"]]
    full = load_vision(replace(GSWIN, window_size=4, global_size=4), config.vision_init).eval()
    assert unwindowed_cosines(full, pixels).min() > 1 - 1e-6


def test_lower_blocks_learn_less_and_frozen_ones_stay(run):
    """A factor a block, from the top; below what is tuned, CLIP's weights to float16."""
    folder, config, _ = run
    model = CMPAGL(config.model)
    both = replace(config, tuned_blocks=2)
    rated = rated_parameters("align", model, torch.nn.Parameter(torch.zeros(())), both)
    rates = {r.name: r.rate for r in rated}
    top, low = (rates[f"image.vision.layers.0.blocks.{i}.norm1.weight"] for i in (1, 0))
    assert (top, low) == (config.vision_lr, config.vision_lr * config.vision_layer_decay)
    started = load_vision(GSWIN, config.vision_init).state_dict()
    ended = open_checkpoint(folder / "out" / "checkpoint").image_tower().vision.state_dict()
    moved = {name for name in started if (started[name] - ended[name]).abs().max() > 2e-3}
    assert not {name for name in moved if name.startswith("layers.0.blocks.0.")}
    same = [torch.equal(started[n].half(), ended[n].half()) for n in started if "blocks.1." in n]
    assert not all(same)


@pytest.mark.parametrize("kind", ["dinov2", "dinov3_vit"])
def test_heads_give_a_published_tower_words(run, tmp_path, kind):
    """DINOv2 and DINOv3 as they are, named in the settings; their weights stay, words find."""
    folder, config, _ = run
    published_model(kind, tmp_path / kind)
    frozen = replace(config, vision_init=str(tmp_path / kind), tuned_blocks=0)
    content = asdict(frozen)
    content["model"]["vision"] = "published"
    (tmp_path / "config.json").write_text(json.dumps(content))
    line = ["--config", tmp_path / "config.json", "--data", folder / "data"]
    line += ["--out", tmp_path / "out", "--threads", "1", "--device", "cpu"]
    assert main(["train", *map(str, line)]) == 0
    made = open_checkpoint(tmp_path / "out" / "checkpoint")
    assert made.reads_text
    assert made.has_bank
    started = open_checkpoint(tmp_path / kind).image_tower().vision.state_dict()
    ended = made.image_tower().vision.state_dict()
    assert all(torch.equal(started[n].half(), ended[n].half()) for n in started)
    gallery = build_index(load_dataset(folder / "data"), made, tmp_path / "index", with_map=False)
    retriever = Retriever(gallery, made)
    ranking = retriever.ranking(retriever.query_text("a red plane"), FINAL)
    assert len(ranking.items) == len(gallery)
