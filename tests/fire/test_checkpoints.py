"""A stranger's checkpoint: opened, or refused in one sentence before memory is spent on it."""

import hashlib
import json
import shutil
import tracemalloc

import pytest
import torch
from fire_kit import COUNTS, anything, many, refused
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load, save
from tiny import tiny_checkpoint, tiny_dataset
from torch import nn

from cmpagl.config.model import FusionConfig
from cmpagl.config.strict import from_dict
from cmpagl.config.vision import GswinConfig
from cmpagl.config.vit import ViTConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import CmpaglError
from cmpagl.measure.evaluate import evaluate_split
from cmpagl.measure.two_models import compare_models
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.part_file import bounded
from cmpagl.model.published_config import published_config
from cmpagl.model.settings_file import SEAL
from cmpagl.model.text import tokenize


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("fire") / "tiny"
    tiny_checkpoint(made)
    return made


@pytest.fixture
def stranger(folder, tmp_path):
    """A copy, and a way to write one of its files, with its digest put right."""
    copy = tmp_path / "stranger"
    shutil.copytree(folder, copy)

    def write(name, content):
        (copy / name).write_bytes(content)
        config = json.loads((copy / "config.json").read_text())
        said = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        config["files"][name] = said
        (copy / "config.json").write_text(json.dumps(config))
        return copy

    return write


def parts(folder):
    """Load every part."""
    checkpoint = open_checkpoint(folder)
    checkpoint.tokenizer(), checkpoint.text_tower(), checkpoint.image_tower()
    checkpoint.fusion(), checkpoint.bank()


def changed(value, draw):
    """JSON with one value replaced by anything."""
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: changed(value[name], draw)}
    return draw(anything | st.integers(-(10**12), 10**12) | st.sampled_from([10**400, 0, -1]))


@many
@given(data=st.data())
def test_any_config(folder, tmp_path_factory, data):
    """One value of it changed: its parts load, or one sentence says why not."""
    copy = tmp_path_factory.mktemp("config") / "c"
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).symlink_to(file)
    said = json.loads((folder / "config.json").read_text())
    (copy / "config.json").unlink()
    said = said if data.draw(st.booleans()) else {k: v for k, v in said.items() if k != SEAL}
    (copy / "config.json").write_text(json.dumps(changed(said, data.draw)))
    sentence = refused(parts, copy)
    assert len(sentence) < 500 + 2 * len(str(copy)), sentence
    COUNTS[f"checkpoint: config {'refused' if sentence else 'opened'}"] += 1


@many
@given(anything)
def test_any_published_config(tmp_path_factory, content):
    """A model's config as other libraries write it."""
    family = {"model_type": "clip", "vision_config": content, "text_config": content}
    for said in (family, {"architecture": "vit_tiny_patch16_224", "pretrained_cfg": content}):
        place = tmp_path_factory.getbasetemp()
        sentence = refused(published_config, place, said)
        assert len(sentence) < 500 + 2 * len(str(place)), sentence
        COUNTS[f"published config {'refused' if sentence else 'read'}"] += 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"null",
        b"[" * 100_000,
        b'{"version": "1.0", "model": {"type": "WordPiece", "vocab": {}, "unk_token": "[UNK]", '
        b'"continuing_subword_prefix": "##", "max_input_chars_per_word": 100}}',
        b'{"version": "1.0", "model": {"type": "BPE", "vocab": {"a": 99999999}, "merges": []}}',
    ],
)
def test_a_tokenizer_that_is_none(stranger, content):
    with pytest.raises(CmpaglError, match=r"tokenizer\.json") as caught:
        open_checkpoint(stranger("tokenizer.json", content)).tokenizer()
    assert len(str(caught.value)) < 500


@many
@given(st.data())
def test_a_tokenizer_with_a_changed_part(folder, stranger, data):
    """It works, or one sentence says that it does not: never at a visitor's first word."""
    said = json.loads((folder / "tokenizer.json").read_text())
    said["model"].pop("vocab", None) if data.draw(st.booleans()) else None
    content = json.dumps(changed(said, data.draw)).encode("utf-8", "surrogatepass")
    copy = stranger("tokenizer.json", content)
    sentence = refused(lambda: open_checkpoint(copy).tokenizer().encode("a red ship"))
    assert not sentence or "tokenizer.json" in sentence
    COUNTS[f"tokenizer {'refused' if sentence else 'opened'}"] += 1


def test_a_tokenizer_to_which_all_texts_are_one(stranger, folder):
    """It works, and every search would find the same: refused, with its digest right."""
    said = json.loads((folder / "tokenizer.json").read_text())
    for changed in (
        said | {"pre_tokenizer": None},  # sentences are words then, which none knows
        said | {"normalizer": {"type": "Replace", "pattern": {"Regex": "."}, "content": ""}},
    ):
        copy = stranger("tokenizer.json", json.dumps(changed).encode())
        sentence = refused(lambda copy=copy: open_checkpoint(copy).tokenizer())
        assert "makes the same pieces of all texts" in sentence


def test_word_pieces_beyond_the_tower_are_refused(stranger, folder):
    """Their embedding would be read beyond the end of the table."""
    said = json.loads((folder / "tokenizer.json").read_text())
    said["model"]["vocab"]["ship"] = 10_000
    with pytest.raises(CmpaglError, match="up to 10,000"):
        open_checkpoint(stranger("tokenizer.json", json.dumps(said).encode())).tokenizer()


@pytest.mark.parametrize("change", [lambda v: 0 * v, lambda v: 60_000 * v, lambda v: v[:0]])
@pytest.mark.parametrize("name", ["text_embeds", "image_embeds", "image_captions"])
def test_a_bank_of_no_unit_vectors(folder, stranger, name, change):
    """All finite and of the right width: they would come out as scores all the same."""
    bank = load((folder / "bank.safetensors").read_bytes())
    copy = stranger("bank.safetensors", save(bank | {name: change(bank[name]).contiguous()}))
    with pytest.raises(CmpaglError, match=r"bank\.safetensors has"):
        open_checkpoint(copy).bank()


def test_a_tokenizer_that_lies_beyond_its_vocabulary(stranger, folder):
    """What closes a text is no piece of the tower; what is put in the place of a letter grows."""
    said = json.loads((folder / "tokenizer.json").read_text())
    letters = {"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaa"}
    said["normalizer"] = {"type": "Sequence", "normalizers": [letters] * 12}
    with pytest.raises(CmpaglError, match="no tokenizer that works"):
        open_checkpoint(stranger("tokenizer.json", json.dumps(said).encode())).tokenizer()
    said["normalizer"] = letters | {"pattern": {"Regex": "(a+)+$"}, "content": "b"}
    copy = open_checkpoint(stranger("tokenizer.json", json.dumps(said).encode()))
    with pytest.raises(CmpaglError, match="fails at a text"):
        tokenize(copy.tokenizer(), ["a" * 40 + "!"], 24)
    said["normalizer"] = None
    said["post_processor"]["special_tokens"]["[CLS]"]["ids"] = [999_999]
    with pytest.raises(CmpaglError, match="up to 999,999"):
        open_checkpoint(stranger("tokenizer.json", json.dumps(said).encode())).tokenizer()


def test_a_card_that_is_no_text(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "README.md").write_bytes(b"# \xff\xfe")
    assert open_checkpoint(copy).card().startswith("# ")


@pytest.mark.parametrize(
    ("part", "field", "size"),
    [
        ("text", "dim", 16_384),
        ("text", "vocab_size", 2_000_000),
        ("text", "depth", 20),
        ("fusion", "dim", 16_384),
        (None, "head_dim", 65_536),
    ],
)
def test_sizes_that_the_weights_do_not_have_cost_no_memory(folder, tmp_path, part, field, size):
    """Refused before anything of that size is made; towers of these sizes take up to 130 GB."""
    copy = tmp_path / "large"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    (config["model"][part] if part else config["model"])[field] = size
    del config[SEAL]
    (copy / "config.json").write_text(json.dumps(config))
    checkpoint = open_checkpoint(copy)
    tracemalloc.start()
    try:
        with pytest.raises(CmpaglError, match="does not fit"):
            checkpoint.fusion() if part == "fusion" else checkpoint.text_tower()
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (GswinConfig, {"image_size": 4096, "patch_size": 1, "window_size": 1024}),
        (GswinConfig, {"mlp_ratio": 1e6}),
        (FusionConfig, {"mlp_ratio": 1e308}),
        (ViTConfig, {"grid": 4096}),
        (ViTConfig, {"settings": json.dumps({"num_hidden_layers": 10**9})}),
        (ViTConfig, {"settings": json.dumps({"a": {"hidden_size": 10**20}})}),
        (ViTConfig, {"settings": "[" * 100_000}),
    ],
)
def test_what_a_picture_would_take_is_known_before(kind, said):
    with pytest.raises(CmpaglError) as caught:
        from_dict(kind, {"kind": "vit", **said} if kind is ViTConfig else said)
    assert len(str(caught.value)) < 500


def test_a_new_model_is_bounded_before_it_is_made():
    """Settings of a run name sizes as well; what is drawn at random stays what it was."""
    with pytest.raises(CmpaglError, match="would take 40 GB"):
        bounded(lambda: nn.Linear(100_000, 100_000, bias=False))
    torch.manual_seed(0)
    expected = nn.Linear(3, 3).weight
    torch.manual_seed(0)
    assert torch.equal(bounded(lambda: nn.Linear(3, 3)).weight, expected)


def test_a_damaged_bank_is_told_of_before_pictures_are_embedded(stranger, tmp_path):
    """Of one model or two: measuring takes hours, and needs it at the end."""
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 4))
    broken = open_checkpoint(stranger("bank.safetensors", b"none"))
    for measure in (
        lambda tell: evaluate_split(broken, dataset, progress=tell),
        lambda tell: compare_models((broken, broken), dataset, progress=tell),
    ):
        told = []
        with pytest.raises(CmpaglError, match=r"bank\.safetensors"):
            measure(lambda *said, told=told: told.append(said))
        assert told == []
