"""Training on published towers: CLIP's blocks in windows, DINO's as they are with heads."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from published_models import SIZES, published_model
from tiny import tiny_dataset, tiny_model_config
from tiny_index import build_index

from cmpagl.__main__ import main
from cmpagl.config.model import ClipTextConfig, SiglipTextConfig
from cmpagl.config.run import TrainConfig
from cmpagl.config.vision import PRESETS
from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import load_pixels
from cmpagl.errors import ConfigError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.pretrained import load_vision
from cmpagl.model.pretrained_text import tokenizer_of
from cmpagl.model.text import load_tokenizer, tokenize
from cmpagl.model.towers import CMPAGL
from cmpagl.model.unwindowed import unwindowed_cosines
from cmpagl.rank.stage import FINAL
from cmpagl.search.retriever import Retriever
from cmpagl.train.finishing import finish
from cmpagl.train.phases import rated_parameters
from cmpagl.train.run_folder import RunFolder
from cmpagl.train.trainer import Trainer

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
    tiny_dataset(folder / "data", 8, splits=("train",) * 8)
    config = TrainConfig(
        vision_init=str(folder / "clip"),
        text_init=str(folder / "clip"),
        model=replace(tiny_model_config(), vision=GSWIN, embed_dim=12),
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


@pytest.mark.parametrize(
    "changes", [{"window_size": 4}, {"global_size": 4}], ids=["one window", "every token a cell"]
)
def test_training_begins_as_clip_itself(run, tmp_path, changes):
    """Before the first step, without windows, cosines of pictures and texts are CLIP's own."""
    folder, config, clip = run
    began = replace(config, model=replace(config.model, vision=replace(GSWIN, **changes)))
    data = [folder / "data"]
    work = RunFolder(tmp_path / "out", began, list(map(str, data)), resume=False, time_budget=None)
    model = Trainer(began, data, work, folder / "cache", torch.device("cpu")).model.eval()
    pixels, texts = picture_and_text(folder, config)
    with torch.no_grad():
        ours = model.image(pixels).image_embeds @ model.text(*texts).text_embeds.T
        theirs = clip(pixel_values=pixels, input_ids=texts[0], attention_mask=texts[1])
    expected = theirs.image_embeds @ theirs.text_embeds.T
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-5)
    assert expected.std() > 0.01
    assert work.has_logged(event="aligned start")


def siglip_run(folder, kind, text_layers):
    """Settings of a run on a tiny SigLIP, whose tokenizer lowers all and may fill from the left."""
    published_model(kind, folder)
    said = {"tokenizer_class": f"{kind.capitalize()}Tokenizer", "pad_token": "[PAD]"}
    if kind == "siglip2":
        said["padding_side"] = "left"
    (folder / "tokenizer_config.json").write_text(json.dumps(said))
    size = SIZES["hidden_size"]
    gswin = replace(
        PRESETS["gswin_base_16_siglip"],
        **{name: getattr(GSWIN, name) for name in ("image_size", "patch_size", "dim", "depths")},
        **{name: getattr(GSWIN, name) for name in ("num_heads", "mlp_ratio", "window_size")},
        global_size=4,  # every token a cell
        pooled_blocks=(1, 2),
    )
    text = replace(tiny_model_config().text, depth=2, pooled_layers=text_layers)
    return TrainConfig(
        vision_init=str(folder),
        text_init=str(folder),
        model=replace(tiny_model_config(), vision=gswin, text=text, embed_dim=size),
        views=1,
        tuned_blocks=1,
        tuned_text_layers=1,
        batch_size=4,
        head_epochs=1,
        align_epochs=1,
        fuse_epochs=0,
    )


@pytest.mark.parametrize(("kind", "text_layers"), [("siglip", ()), ("siglip2", (1, 2))])
def test_training_begins_as_siglip_itself(run, tmp_path, kind, text_layers):
    """SigLIP and SigLIP 2 with their own pooling, texts filled up as the tokenizer says; what a run
    writes embeds so from its folder alone, and its layers learn, words and places stay."""
    folder = run[0]
    config = siglip_run(tmp_path / kind, kind, text_layers)
    data = [folder / "data"]
    out = tmp_path / "out"
    work = RunFolder(out, config, list(map(str, data)), resume=False, time_budget=None)
    trainer = Trainer(config, data, work, tmp_path / "cache", torch.device("cpu"))
    records = load_dataset(folder / "data", "train").records
    squares = np.stack([load_pixels(record.picture, 32) for record in records])
    pixels = to_pixel_values(squares, config.model.vision.preprocessing)
    published = open_checkpoint(tmp_path / kind)
    finish(trainer.embeddings, config, work, trainer.windows)
    made = open_checkpoint(out / "checkpoint")

    def embeds(image_tower, text_tower, tokenizer):
        batch = tokenize(tokenizer, ["A red plane.", "three ships near the long bridge"], 24)
        texts = text_tower(batch.input_ids, batch.attention_mask).text_embeds
        return image_tower(pixels).image_embeds, texts

    with torch.no_grad():
        model = trainer.model.eval()
        began = embeds(model.image, model.text, tokenizer_of(config.text_init))
        theirs, kept = (
            embeds(one.image_tower(), one.text_tower(), one.tokenizer())
            for one in (published, made)
        )
    for ours, wanted, half in zip(began, theirs, kept, strict=True):
        torch.testing.assert_close(ours, wanted, rtol=0, atol=1e-5)
        torch.testing.assert_close(half, wanted, rtol=0, atol=5e-3)
    assert (theirs[0] @ theirs[1].T).std() > 0.01
    assert work.has_logged(event="aligned start")
    assert isinstance(made.config.text, SiglipTextConfig)
    rated = {r.name for r in rated_parameters("align", model, trainer.log_temperature, config)}
    assert "image.vision.attention_pool.probe" in rated
    learns = {name.split(".")[3] for name in rated if name.startswith("text.encoder.siglip.")}
    assert learns == {"encoder", "final_layer_norm"}


def test_windows_change_where_training_begins(run, tmp_path):
    """So that the equality above can fail; and another width of the joint space is refused."""
    folder, config, clip = run
    data, cpu = [folder / "data"], torch.device("cpu")
    work = RunFolder(tmp_path / "out", config, list(map(str, data)), resume=False, time_budget=None)
    model = Trainer(config, data, work, folder / "out" / "cache", cpu).model.eval()
    pixels, texts = picture_and_text(folder, config)
    with torch.no_grad():
        ours = model.image(pixels).image_embeds @ model.text(*texts).text_embeds.T
        theirs = clip(pixel_values=pixels, input_ids=texts[0], attention_mask=texts[1])
    assert (ours - theirs.image_embeds @ theirs.text_embeds.T).abs().max() > 1e-3
    other = replace(config, model=replace(config.model, embed_dim=16))
    with pytest.raises(
        ConfigError, match="in 12 numbers, but embed_dim is 16; set embed_dim to 12"
    ):
        Trainer(other, data, work, folder / "out" / "cache", cpu)


def picture_and_text(folder, config):
    """Pixels of the data set's pictures, and ids and mask of texts of several lengths."""
    records = load_dataset(folder / "data", "train").records
    squares = np.stack([load_pixels(record.picture, 32) for record in records])
    tokenizer = load_tokenizer(folder / "clip" / "tokenizer.json")
    batch = tokenize(tokenizer, ["a red plane", "three ships near the long bridge", "pond"], 24)
    return to_pixel_values(squares, GSWIN.preprocessing), (batch.input_ids, batch.attention_mask)


def test_clip_s_text_tower_is_trained_and_kept(run):
    """Its layers learn, upper ones more; words and places stay; the folder alone rebuilds it."""
    folder, config, clip = run
    made = open_checkpoint(folder / "out" / "checkpoint")
    assert isinstance(made.config.text, ClipTextConfig)
    ended = made.text_tower().encoder.clip.state_dict()
    started = clip.text_model.state_dict()
    same = {name for name in started if torch.equal(started[name].half(), ended[name].half())}
    assert {name for name in started if name.startswith("embeddings.")} <= same
    assert not {name for name in same if name.startswith("encoder.layers.1.mlp")}
    rated = rated_parameters(
        "align", CMPAGL(made.config), torch.nn.Parameter(torch.zeros(())), config
    )
    rates = {r.name: r.rate for r in rated}
    top, low = (rates[f"text.encoder.clip.encoder.layers.{i}.layer_norm1.weight"] for i in (1, 0))
    assert (top, low) == (config.text_lr, config.text_lr * config.text_layer_decay)


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
