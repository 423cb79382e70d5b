"""CLIP's and SigLIP's image towers in a Gswin: with every token a cell, their own output."""

from dataclasses import replace

import pytest
import torch
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

from cmpagl.config.vision import PRESETS
from cmpagl.errors import CheckpointError
from cmpagl.model.pretrained import load_vision

SIZES = {
    "hidden_size": 16,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
VISION = SIZES | {"image_size": 64, "patch_size": 8}
TEXT = SIZES | {"vocab_size": 40, "max_position_embeddings": 16}
TINY = {"image_size": 64, "patch_size": 8, "dim": 16, "depths": (2,), "num_heads": (2,)}
GSWIN = {
    "clip": replace(PRESETS["gswin_base_16_clip"], **TINY, window_size=4, global_size=4),
    "siglip": replace(PRESETS["gswin_base_16_siglip"], **TINY, window_size=4, global_size=4),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Random models as a hub has them, by kind: the whole of each, text tower included."""
    found = {}
    for kind, config, model in (
        ("clip", CLIPConfig(text_config=TEXT, vision_config=VISION), CLIPModel),
        ("siglip", SiglipConfig(text_config=TEXT, vision_config=VISION), SiglipModel),
    ):
        torch.manual_seed(0)
        one = model(config)
        for parameter in one.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        found[kind] = tmp_path_factory.mktemp(kind)
        one.save_pretrained(found[kind])
    return found


def theirs(kind, folder, pixels):
    """All tokens after the last norm."""
    model = {"clip": CLIPModel, "siglip": SiglipModel}[kind].from_pretrained(folder).vision_model
    hidden = model.eval()(pixel_values=pixels).last_hidden_state
    return model.post_layernorm(hidden) if kind == "clip" else hidden


@pytest.mark.parametrize("kind", GSWIN)
@pytest.mark.parametrize(
    "changes", [{"window_size": 8}, {"global_size": 8}], ids=["one window", "every token a cell"]
)
def test_full_attention_gives_their_output(folders, kind, changes):
    ours = load_vision(replace(GSWIN[kind], **changes), str(folders[kind])).eval()
    pixels = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        x, _ = ours.run_blocks(ours.embed(pixels))
        expected = theirs(kind, folders[kind], pixels)
        torch.testing.assert_close(ours.norm(x), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", GSWIN)
def test_windows_and_cells_change_it(folders, kind):
    """So that the equality above can fail."""
    config = replace(GSWIN[kind], window_size=2, global_size=2)
    ours = load_vision(config, str(folders[kind])).eval()
    pixels = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        x, _ = ours.run_blocks(ours.embed(pixels))
        assert (ours.norm(x) - theirs(kind, folders[kind], pixels)).abs().max() > 1e-3


def test_their_preprocessing_is_theirs():
    """Mean and deviation as their processors have them."""
    from transformers import CLIPImageProcessor, SiglipImageProcessor

    for kind, processor in (("clip", CLIPImageProcessor()), ("siglip", SiglipImageProcessor())):
        wanted = GSWIN[kind].preprocessing
        assert wanted.mean == pytest.approx(tuple(processor.image_mean))
        assert wanted.std == pytest.approx(tuple(processor.image_std))


def test_another_arrangement_is_refused(folders):
    """SigLIP has no class token, and a depth is a depth."""
    with pytest.raises(CheckpointError, match="differs in the class token"):
        load_vision(GSWIN["clip"], str(folders["siglip"]))
    with pytest.raises(CheckpointError, match=r"holds 2 blocks of CLIP or SigLIP where .* has 3"):
        load_vision(replace(GSWIN["clip"], depths=(3,)), str(folders["clip"]))


def test_presets_have_the_sizes_of_base_16():
    for name in ("gswin_base_16_clip", "gswin_base_16_siglip"):
        preset = PRESETS[name]
        assert (preset.num_blocks, preset.out_dim, preset.out_grid) == (12, 768, 14)
