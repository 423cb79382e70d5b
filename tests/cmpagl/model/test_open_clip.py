"""A CLIP in open_clip's form: the embeddings of its weights; from a hub, see test_published."""

import json

import numpy as np
import pytest
import torch
from open_clip_model import closing_tokenizer, open_clip_folder
from torch.nn.functional import normalize

from cmpagl.errors import CheckpointError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.embed import embed_texts

TEXTS = ["a red plane on the grass", "sand", "two white ships in the water"]


@pytest.mark.parametrize("apart", [False, True], ids=["one tower", "a text tower apart"])
def test_embeddings_are_those_of_its_weights(tmp_path, apart):
    """Pictures and texts; mean and deviation are its own file's."""
    model = open_clip_folder(tmp_path / "clip", apart=apart)
    checkpoint = open_checkpoint(tmp_path / "clip")
    assert (checkpoint.name, checkpoint.has_bank) == ("clip", False)
    assert checkpoint.config.vision.mean == (0.4, 0.5, 0.6)
    pixels = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 3, 32, 32))).float()
    with torch.inference_mode():
        theirs = model.get_image_features(pixel_values=pixels)
        theirs = getattr(theirs, "pooler_output", theirs)
        ours = checkpoint.image_tower()(pixels).image_embeds
        assert torch.allclose(ours, normalize(theirs, dim=-1), atol=1e-5)
        found, _ = embed_texts(checkpoint.text_tower(), checkpoint.tokenizer(), TEXTS)
        for text, embeds in zip(TEXTS, found, strict=True):
            ids = torch.tensor([closing_tokenizer().encode(text).ids])
            theirs = model.get_text_features(input_ids=ids)
            theirs = getattr(theirs, "pooler_output", theirs)
            assert np.allclose(embeds, normalize(theirs, dim=-1)[0].numpy(), atol=1e-5)


def test_what_is_no_clip_is_one_sentence(tmp_path):
    """A tower of timm, a setting that is missing, weights of another size, none as safetensors."""
    folder = tmp_path / "clip"
    open_clip_folder(folder)
    path = folder / "open_clip_config.json"
    sound = json.loads(path.read_text())
    for change, says in (
        ({"vision_cfg": {"timm_model_name": "vit"}}, "describes towers of timm"),
        ({"vision_cfg": {"layers": 2, "width": 128}}, "lacks or garbles a setting"),
        ({"vision_cfg": {"pool_type": "avg"}}, "has pool_type 'avg', but CLIP computes with 'tok'"),
        ({"text_cfg": {"no_causal_mask": True}}, "has no_causal_mask 'True', but CLIP"),
    ):
        path.write_text(json.dumps(sound | {"model_cfg": sound["model_cfg"] | change}))
        with pytest.raises(CheckpointError, match=says):
            open_checkpoint(folder)
    wider = sound["model_cfg"] | {"embed_dim": 24}
    path.write_text(json.dumps(sound | {"model_cfg": wider}))
    with pytest.raises(CheckpointError, match="do not fit its open_clip_config"):
        open_checkpoint(folder).image_tower()
    path.write_text("[]")
    with pytest.raises(CheckpointError, match="has no model_cfg"):
        open_checkpoint(folder)
    path.write_text(json.dumps(sound))
    (folder / "open_clip_model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"holds no model\.safetensors"):
        open_checkpoint(folder)
