"""The names of a CLIP's weights in open_clip's form, and those of transformers."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["HEAD", "WIDER_HEADS", "renamed"]

HEAD = 64  # channels of an attention head in a CLIP
WIDER_HEADS = {1280: 80, 1408: 88, 1664: 104}
"""In open_clip's largest image towers (ViT-H, ViT-g, ViT-bigG), by the tower's width."""
OF_FIRST = 20
"""Places of a text that Long-CLIP leaves as they were in CLIP; the rest it keeps beside them."""
RENAMED = {
    "ln_1.": "layer_norm1.",
    "ln_2.": "layer_norm2.",
    "attn.out_proj.": "self_attn.out_proj.",
    "mlp.c_fc.": "mlp.fc1.",
    "mlp.c_proj.": "mlp.fc2.",
}
WHOLE = {
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "logit_scale": "logit_scale",
}
TURNED = {"visual.proj": "visual_projection.weight", "text_projection": "text_projection.weight"}


def renamed(theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """open_clip's names to those of transformers.

    Raises:
        KeyError: a weight that every CLIP with a ViT has is not there.
    """
    if "positional_embedding_res" in theirs:  # Long-CLIP's text tower, as FarSLIP's second stage
        places, further = theirs["positional_embedding"], theirs["positional_embedding_res"]
        whole = torch.cat([places[:OF_FIRST], further[OF_FIRST:]])
        theirs = theirs | {"positional_embedding": whole}
    found = {new: theirs[old].contiguous() for old, new in WHOLE.items()}
    found |= {new: theirs[old].T.contiguous() for old, new in TURNED.items()}
    for name, value in theirs.items():
        for prefix, tower in (
            ("visual.transformer.resblocks.", "vision_model"),
            ("transformer.resblocks.", "text_model"),
        ):
            if not name.startswith(prefix):
                continue
            number, _, rest = name.removeprefix(prefix).partition(".")
            block = f"{tower}.encoder.layers.{number}."
            if rest.startswith("attn.in_proj_"):
                kind = rest.removeprefix("attn.in_proj_")
                for part, one in zip("qkv", torch.chunk(value, 3), strict=True):
                    found[f"{block}self_attn.{part}_proj.{kind}"] = one.contiguous()
            for old, new in RENAMED.items():
                if rest.startswith(old):
                    found[block + new + rest.removeprefix(old)] = value.contiguous()
    return found
