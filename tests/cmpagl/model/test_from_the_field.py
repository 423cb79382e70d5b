"""Models as people have them: moved, wrapped, cut into shards, halved, or in another form."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from open_clip_model import open_clip_folder
from published_models import published_model, timm_model
from safetensors.torch import load_file, save_file

from cmpagl.errors import CheckpointError
from cmpagl.model.checkpoint import open_checkpoint

PIXELS = torch.linspace(-1, 1, 3 * 32 * 32).view(1, 3, 32, 32)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """One of each layout, and what it makes of a picture."""
    root = tmp_path_factory.mktemp("models")
    published_model("clip", root / "clip")
    published_model("siglip", root / "siglip")
    published_model("dinov2", root / "dinov2")
    timm_model(root / "timm")
    open_clip_folder(root / "open_clip")
    return {path.name: path for path in root.iterdir()}


def embedded(folder):
    tower = open_checkpoint(folder).image_tower()
    size = open_checkpoint(folder).config.vision.image_size
    with torch.no_grad():
        pixels = torch.nn.functional.interpolate(PIXELS, (size, size))
        return tower(pixels).image_embeds


@pytest.fixture
def copy(models, tmp_path):
    return lambda kind: shutil.copytree(models[kind], tmp_path / kind)


def weights_of(folder):
    """The file of a model, and what it holds."""
    path = next(folder.glob("*.safetensors"))
    return path, {name: value.clone() for name, value in load_file(path).items()}


@pytest.mark.parametrize("kind", ["clip", "dinov2", "timm", "open_clip"])
@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.module."])
def test_weights_below_a_wrapper_s_name(models, copy, kind, prefix):
    """As several GPUs, a trainer or a compiler leave them, with others beside them."""
    folder = copy(kind)
    path, weights = weights_of(folder)
    state = {f"{prefix}{name}": value for name, value in weights.items()}
    save_file(state | {"optimizer.step": torch.ones(1)}, path, {"format": "pt"})
    assert torch.allclose(embedded(folder), embedded(models[kind]), atol=1e-6)


@pytest.mark.parametrize("kind", ["clip", "timm", "open_clip"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_halved_weights_in_shards(models, copy, kind, dtype):
    folder = copy(kind)
    path, weights = weights_of(folder)
    state = {name: value.to(dtype) for name, value in weights.items()}
    names, where = sorted(state), {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        shard = f"{path.stem}-{number:05d}-of-00002.safetensors"
        save_file({name: state[name] for name in part}, folder / shard, {"format": "pt"})
        where |= dict.fromkeys(part, shard)
    index = {"metadata": {}, "weight_map": where}
    (folder / f"{path.name}.index.json").write_text(json.dumps(index))
    path.unlink()
    assert torch.allclose(embedded(folder), embedded(models[kind]), atol=0.05)


def test_a_model_in_the_hub_s_cache(models, tmp_path):
    """By the folder of the cache or of a snapshot, whose files are links; its name is its own."""
    kept = tmp_path / "models--some--clip"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("abc123")
    for revision in ("abc123", "zzz"):
        (kept / "snapshots" / revision).mkdir(parents=True)
    for path in models["clip"].iterdir():
        (kept / "snapshots" / "abc123" / path.name).symlink_to(path)
    for folder in (kept, kept / "snapshots" / "abc123"):
        assert open_checkpoint(folder).name == "some/clip"
        assert torch.equal(embedded(folder), embedded(models["clip"]))


def test_how_pictures_are_normalised(copy):
    """By processor_config.json where there is no other; not at all where it says so."""
    folder = copy("clip")
    said = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}
    (folder / "processor_config.json").write_text(json.dumps({"image_processor": said}))
    assert open_checkpoint(folder).config.vision.mean == (0.1, 0.2, 0.3)
    (folder / "preprocessor_config.json").write_text(json.dumps(said | {"do_normalize": False}))
    assert open_checkpoint(folder).config.vision.mean == (0, 0, 0)
    assert open_checkpoint(folder).config.vision.std == (1, 1, 1)


def test_a_tokenizer_alone_reads_texts_as_its_family_does(models):
    """SigLIP was trained on small letters without punctuation."""
    tokenizer = open_checkpoint(models["siglip"]).tokenizer()
    assert tokenizer.encode("A Plane, white.").ids == tokenizer.encode("a plane white").ids


def test_open_clip_s_weights_beside_the_settings_of_both(models, copy):
    folder = copy("open_clip")
    shutil.copy(models["clip"] / "config.json", folder)
    assert torch.equal(embedded(folder), embedded(models["open_clip"]))


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["adapter_config.json", "adapter_model.safetensors"], r"an adapter \(LoRA\) to another"),
        (["model.gguf"], r"model\.gguf, which is GGUF and not read"),
        (["model.onnx"], r"model\.onnx, which is ONNX and not read"),
        (["RemoteCLIP.pt"], r"convert RemoteCLIP\.pt OUT"),
        (["0_CLIPModel/config.json"], "a model in 0_CLIPModel: give .*0_CLIPModel"),
        (["model.safetensors"], "weights need their settings beside them"),
        (["config.json", "onnx/model.onnx"], r"holds no model\.safetensors, but model\.onnx"),
        (["config.json", "pytorch_model.pt"], r"only as a pickle \(pytorch_model\.pt\)"),
        (["config.json", "clip.safetensors"], r"but clip\.safetensors"),
    ],
)
def test_what_is_no_model_says_what_it_is(models, tmp_path, names, says):
    """And the way out, in one sentence."""
    for name in names:
        path = tmp_path / "it" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        if name == "config.json":
            shutil.copy(models["clip"] / name, path)
    with pytest.raises(CheckpointError, match=says):
        open_checkpoint(tmp_path / "it")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("clip.pt", r"convert clip\.pt OUT"),
        ("clip.gguf", "GGUF is not read"),
        ("model.safetensors", "where its settings lie"),
    ],
)
def test_a_file_in_place_of_a_folder(tmp_path, name, says):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(CheckpointError, match=f"but a file, and a model is a folder: .*{says}"):
        open_checkpoint(tmp_path / name)


def test_weights_that_are_none(copy):
    """Not fetched by Git LFS, not finite, of another size, shards whose index is incomplete."""
    folder = copy("clip")
    path, state = weights_of(folder)
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(CheckpointError, match="git lfs pull"):
        open_checkpoint(folder)
    name = "visual_projection.weight"
    for value, says in (
        (state[name] * float("nan"), "no finite numbers"),
        (state[name][:4], "fit"),
    ):
        save_file(state | {name: value.contiguous()}, path, {"format": "pt"})
        with pytest.raises(CheckpointError, match=says):
            open_checkpoint(folder).image_tower()
    path.rename(folder / "one.safetensors")
    index = {"weight_map": dict.fromkeys(state, "one.safetensors")}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match="do not fit its config"):
        open_checkpoint(folder).image_tower()
