"""Pretrained: foreign weights land where they belong, in real and in tiny folders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from tiny import tiny_tokenizer_json, vocabulary
from transformers import BertConfig, BertModel, Dinov2Config, Dinov2Model

from cmpagl.config.model import TextConfig
from cmpagl.config.vision import PRESETS, GswinConfig
from cmpagl.errors import CheckpointError
from cmpagl.model.gswin import GswinTransformer
from cmpagl.model.pretrained import (
    load_dinov2,
    load_timm_swin,
    load_vision,
    resize_positions,
)
from cmpagl.model.pretrained_text import (
    BERTS_OWN,
    load_bert,
    text_config_of,
    tokenizer_of,
)
from cmpagl.model.text import BertEncoder

PRETRAINED = Path(__file__).resolve().parents[4] / "shared" / "pretrained"
TINY = GswinConfig(
    image_size=64, patch_size=8, dim=16, depths=(2,), num_heads=(2,), window_size=8, global_size=2
)


@pytest.fixture(scope="module")
def dinov2(tmp_path_factory):
    """A folder as the hub holds it: a random DINOv2, trained for 5 x 5 patches."""
    folder = tmp_path_factory.mktemp("dinov2")
    torch.manual_seed(0)
    model = Dinov2Model(
        Dinov2Config(
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            mlp_ratio=4,
            patch_size=8,
            image_size=40,
        )
    )
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """A folder as the hub holds it: a random BERT with its pooler and its tokenizer."""
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    sizes = {
        "vocab_size": len(vocabulary()),
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 24,
        "max_position_embeddings": 80,
    }
    BertModel(BertConfig(**sizes)).save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes(tiny_tokenizer_json())
    return folder


def test_nothing_is_unpickled(bert, tmp_path):
    """Weights as a pickle are refused, even where nothing else is there."""
    (tmp_path / "config.json").write_bytes((bert / "config.json").read_bytes())
    torch.save(load_file(bert / "model.safetensors"), tmp_path / "pytorch_model.bin")
    encoder = BertEncoder(text_config_of(str(tmp_path), 16))
    with pytest.raises(CheckpointError, match="only as a pickle"):
        load_bert(encoder, str(tmp_path))


def test_what_timm_does_not_have_is_one_sentence():
    with pytest.raises(CheckpointError, match="timm has no weights 'no/such-model'"):
        load_vision(PRESETS["gswin_tiny_4"], "no/such-model")


def theirs_and_ours(source, config):
    theirs = Dinov2Model.from_pretrained(source, dtype=torch.float32).eval()
    ours = load_vision(config, str(source)).eval()
    images = torch.randn(2, 3, config.image_size, config.image_size)
    with torch.no_grad():
        hidden = theirs(pixel_values=images).last_hidden_state
        x, _ = ours.run_blocks(ours.embed(images))
        return hidden, ours.norm(x)


@pytest.mark.parametrize(
    "changes",
    [{}, {"window_size": 4, "global_size": 8}],
    ids=["one window", "every token a cell"],
)
def test_dinov2_folder(dinov2, changes):
    """With full attention our tower gives `transformers`' own output, class token included."""
    theirs, ours = theirs_and_ours(dinov2, replace(TINY, **changes))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(
    not (PRETRAINED / "dinov2-small").is_dir(), reason="the weights are not beside this checkout"
)
@pytest.mark.parametrize(("window_size", "global_size"), [(8, 4), (4, 8)])
def test_real_dinov2(window_size, global_size):
    """The real one on an 8 x 8 map: to 1e-4 after twelve blocks of full attention."""
    config = replace(
        PRESETS["gswin_small_14"],
        image_size=112,
        window_size=window_size,
        global_size=global_size,
    )
    theirs, ours = theirs_and_ours(PRETRAINED / "dinov2-small", config)
    assert (ours - theirs).abs().max() < 1e-4 * theirs.abs().max()


def test_dinov2_with_a_branch_of_its_own(dinov2):
    """`scale` keeps its fresh global weights, which start at nothing; the rest is DINOv2's."""
    tower = load_vision(replace(TINY, window_size=4, join="scale"), str(dinov2))
    stored = load_file(dinov2 / "model.safetensors")
    block = tower.layers[0].blocks[1]
    assert not block.attn.global_scale.any()
    theirs = stored["encoder.layer.1.attention.attention.key.weight"]
    assert torch.equal(block.attn.qkv.weight[16:32], theirs)


def test_positions_are_resized_once():
    """The class token's stays, the size asked for comes out, the same size changes nothing."""
    table = torch.randn(1, 1 + 25, 16)
    assert torch.equal(resize_positions(table, 5), table)
    larger = resize_positions(table, 8)
    assert larger.shape == (1, 65, 16)
    assert torch.equal(larger[:, 0], table[:, 0])
    flat = torch.ones(1, 26, 3)
    torch.testing.assert_close(resize_positions(flat, 12), torch.ones(1, 145, 3))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depths": (3,)}, "holds 2 blocks of DINOv2 where the tower has 3; give"),
        ({"dim": 32}, "does not fit"),
        ({"patch_size": 16, "window_size": 4}, "does not fit"),
        ({"depths": (1,)}, "holds 2 blocks of DINOv2 where the tower has 1; give"),
        ({"layer_scale": False}, "does not fit"),
    ],
)
def test_dinov2_of_other_sizes_is_refused(dinov2, changes, message):
    """One sentence that names the source; nothing is cut to fit."""
    with pytest.raises(CheckpointError, match=message) as caught:
        load_dinov2(GswinTransformer(replace(TINY, **changes)), str(dinov2))
    assert str(dinov2) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_timm_swin_of_other_sizes_is_refused():
    """Every block must be there."""
    with pytest.raises(CheckpointError, match=r"timm's Swin does not fit: \d+ weights"):
        load_timm_swin(GswinTransformer(replace(TINY, class_token=False)), {})


def test_random_and_timm_starts(monkeypatch):
    """`random` needs no source; a Swin arrangement asks timm by name, pretrained."""
    load_vision(TINY, "random")
    asked = []
    config = replace(
        PRESETS["gswin_tiny_4"], depths=(1, 1), num_heads=(3, 6), image_size=56, global_size=7
    )
    create = timm.create_model

    def offline(name, pretrained):
        asked.append((name, pretrained))
        return create(name, pretrained=False, depths=(1, 1), num_heads=(3, 6), img_size=56)

    monkeypatch.setattr(timm, "create_model", offline)
    load_vision(config, "swin_tiny_patch4_window7_224")
    assert asked == [("swin_tiny_patch4_window7_224", True)]


def test_bert_folder(bert):
    """Sizes are read from it, its output is ours; the pooler is left out."""
    config = text_config_of(str(bert), 64)
    assert (config.dim, config.depth, config.num_heads) == (16, 2, 4)
    assert (config.vocab_size, config.mlp_dim, config.max_positions) == (len(vocabulary()), 24, 80)
    encoder = BertEncoder(config).eval()
    load_bert(encoder, str(bert))
    theirs = BertModel.from_pretrained(bert, dtype=torch.float32).eval()
    ids, mask = torch.randint(5, 100, (3, 9)), torch.ones(3, 9, dtype=torch.long)
    mask[1, 4:] = 0
    with torch.no_grad():
        tokens, _ = encoder(ids, mask)
        expected = theirs(input_ids=ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(tokens, expected)
    assert tokenizer_of(str(bert)).to_str() == tiny_tokenizer_json().decode()


@pytest.mark.skipif(
    not (PRETRAINED / "minilm").is_dir(), reason="the weights are not beside this checkout"
)
def test_real_minilm():
    """The sizes that `TextConfig` takes by default, and every weight of ours in it."""
    source = str(PRETRAINED / "minilm")
    assert text_config_of(source, 64) == TextConfig()
    load_bert(BertEncoder(TextConfig()), source)
    assert tokenizer_of(source).encode("a harbour").ids


def test_bert_with_short_positions(bert, tmp_path):
    """At most as many pieces as asked for, and as the model has positions for."""
    content = json.loads((bert / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(content | {"max_position_embeddings": 32}))
    assert text_config_of(str(tmp_path), 64).max_length == 32
    assert text_config_of(str(tmp_path), 20).max_length == 20


@pytest.mark.parametrize(
    ("name", "value"),
    [("hidden_act", "relu"), ("layer_norm_eps", 1e-5), ("position_embedding_type", "relative_key")],
)
def test_text_model_that_computes_something_else_is_refused(bert, tmp_path, name, value):
    """Its weights would fit, and mean something else."""
    for path in bert.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    said = json.loads((bert / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(said | {name: value}))
    with pytest.raises(CheckpointError, match=f"has {name} {value!r}, but the text tower"):
        text_config_of(str(tmp_path), 64)


def test_the_text_tower_computes_as_it_says():
    """What is refused is what `BertEncoder` does not do."""
    ours = BertEncoder(replace(TextConfig(), vocab_size=8, dim=8, depth=1, num_heads=2)).bert.config
    for name, value in BERTS_OWN.items():
        assert getattr(ours, name, value) == value


def test_text_model_of_another_type_is_refused(dinov2, bert):
    """By its type, and by its sizes."""
    with pytest.raises(CheckpointError, match="is of type 'dinov2'; the text tower reads BERT"):
        text_config_of(str(dinov2), 64)
    other = BertEncoder(replace(text_config_of(str(bert), 64), mlp_dim=32))
    with pytest.raises(CheckpointError, match="does not fit"):
        load_bert(other, str(bert))


def test_sources_that_are_not_there(tmp_path, dinov2):
    """An empty folder, and a hub id without a network: one sentence each, and no traceback."""
    tower = GswinTransformer(TINY)
    with pytest.raises(CheckpointError, match=r"holds no model\.safetensors; give a folder"):
        load_dinov2(tower, str(tmp_path))
    with pytest.raises(CheckpointError, match=r"holds no tokenizer\.json; give a folder"):
        tokenizer_of(str(dinov2))
    out_of_reach = "'nobody/nothing' is not on this machine, and the hub is out of reach"
    for action, sentence in (
        (lambda: load_dinov2(tower, "nobody/nothing"), out_of_reach),
        (lambda: text_config_of("nobody/nothing", 64), out_of_reach),
        (lambda: text_config_of(str(tmp_path), 64), r"holds no config\.json; give a folder"),
        (lambda: tokenizer_of("hf:nobody/nothing"), out_of_reach),
        (lambda: load_dinov2(tower, "no such/at all/there"), "There is no folder 'no such"),
    ):
        with pytest.raises(CheckpointError, match=sentence) as caught:
            action()
        assert "\n" not in str(caught.value)


def test_damaged_weights_are_refused(tmp_path):
    """A file that is no safetensors, and one with other names in it."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"not weights")
    with pytest.raises(CheckpointError, match=r"model\.safetensors is not a safetensors file"):
        load_dinov2(GswinTransformer(TINY), str(tmp_path))
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="holds 0 blocks of DINOv2"):
        load_dinov2(GswinTransformer(TINY), str(tmp_path))
