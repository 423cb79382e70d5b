"""A published .pt file becomes a folder once; a malicious one is refused and runs nothing."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from open_clip_model import clip, closing_tokenizer
from torch.nn.functional import normalize

from cmpagl.__main__ import main
from cmpagl.errors import CheckpointError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.convert import config_of, read_weights_only
from cmpagl.model.embed import embed_texts
from cmpagl.model.open_clip_names import renamed


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """The model, and the folder that the command made of its .pt file."""
    folder = tmp_path_factory.mktemp("converted")
    model, weights = clip()
    named = {f"module._orig_mod.{name}": value for name, value in weights.items()}
    torch.save({"epoch": 3, "state_dict": named}, folder / "clip.pt")
    closing_tokenizer().save(str(folder / "tokenizer.json"))
    arguments = ["convert", str(folder / "clip.pt"), str(folder / "out")]
    assert main([*arguments, "--tokenizer", str(folder)]) == 0
    return model, folder / "out"


def test_a_converted_file_gives_its_models_embeddings(converted):
    model, folder = converted
    checkpoint = open_checkpoint(folder)
    pixels = torch.randn(2, 3, 32, 32)
    tokenizer = checkpoint.tokenizer()
    ids = tokenizer.encode("a red plane").ids
    with torch.no_grad():
        images = model.get_image_features(pixel_values=pixels)
        texts = model.get_text_features(input_ids=torch.tensor([ids]))
        images, texts = (
            normalize(x if isinstance(x, torch.Tensor) else x.pooler_output, dim=-1)
            for x in (images, texts)
        )
        ours = checkpoint.image_tower()(pixels).image_embeds
    torch.testing.assert_close(ours, images, rtol=0, atol=1e-5)
    found, _ = embed_texts(checkpoint.text_tower(), tokenizer, ["a red plane"])
    np.testing.assert_allclose(found, texts.numpy(), rtol=0, atol=1e-5)


def test_the_heads_of_large_towers():
    """ViT-H (GeoRSCLIP's) has heads of 80 channels in its image tower, of 64 in its text tower."""
    sizes = {"visual.conv1.weight": (1280, 3, 14, 14), "visual.positional_embedding": (257, 1280)}
    sizes |= {"token_embedding.weight": (49_408, 1024), "positional_embedding": (77, 1024)}
    sizes |= {"text_projection": (1024, 1024)}
    for prefix, wide in (("visual.transformer", 1280), ("transformer", 1024)):
        sizes[f"{prefix}.resblocks.0.mlp.c_fc.weight"] = (4 * wide, wide)
    theirs = {name: torch.empty(size, device="meta") for name, size in sizes.items()}
    found = config_of(theirs, quick_gelu=False)
    heads = [found[part]["num_attention_heads"] for part in ("vision_config", "text_config")]
    assert heads == [16, 16]
    assert found["vision_config"]["image_size"] == 224


def test_long_clip_s_places_are_joined():
    """FarSLIP's second stage: the first twenty from one table, the others from the one beside."""
    _, theirs = clip()
    whole = theirs["positional_embedding"].clone()
    split = theirs | {"positional_embedding": whole.clone(), "positional_embedding_res": whole * 1}
    split["positional_embedding"][20:] = 0
    split["positional_embedding_res"][:20] = 0
    found = renamed(split)["text_model.embeddings.position_embedding.weight"]
    assert len(whole) == 24
    assert torch.equal(found, whole)


class Malicious:
    """Runs a command wherever it is unpickled without care."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def test_a_malicious_pickle_runs_nothing(tmp_path, capsys):
    """Refused in one sentence, with no folder and no trace of what it wanted to run."""
    marker = tmp_path / "ran"
    torch.save({"weight": torch.zeros(2), "more": Malicious(marker)}, tmp_path / "bad.pt")
    out = tmp_path / "out"
    assert main(["convert", str(tmp_path / "bad.pt"), str(out)]) == 2
    error = capsys.readouterr().err
    assert "might run code, so it was not read" in error
    assert "Traceback" not in error
    assert not out.exists()
    assert not marker.exists()


def test_the_malicious_pickle_would_run(tmp_path):
    """So that the test above can fail."""
    marker = tmp_path / "ran"
    torch.save(Malicious(marker), tmp_path / "bad.pt")
    torch.load(tmp_path / "bad.pt", weights_only=False)
    assert marker.exists()


def test_what_is_no_clip_is_refused(converted, tmp_path, capsys):
    """Weights of something else, a file that is no weights, none at all, a folder in the way."""
    torch.save({"layer.weight": torch.zeros(2)}, tmp_path / "other.pt")
    (tmp_path / "text.pt").write_text("not weights")
    for name, sentence in (
        ("other.pt", "is no CLIP with a ViT in open_clip's form"),
        ("text.pt", "is no file of weights alone"),
    ):
        assert main(["convert", str(tmp_path / name), str(tmp_path / "out")]) == 2
        assert sentence in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "other.pt"), str(converted[1])]) == 2
    assert "is already there" in capsys.readouterr().err
    with pytest.raises(CheckpointError, match="is no file"):
        read_weights_only(tmp_path / "nothing.pt")
