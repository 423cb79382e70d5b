"""Tiny published models, as transformers and timm write them, with a tokenizer of their own."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tiny import tiny_tokenizer_json, vocabulary

SIZES = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
TEXT = SIZES | {"vocab_size": len(vocabulary()), "max_position_embeddings": 24}
VISION = SIZES | {"image_size": 32, "patch_size": 8}


def published_model(kind: str, folder: Path) -> torch.nn.Module:
    """Write a random model of a kind, large enough that pictures and texts differ; give it."""
    import transformers as t

    torch.manual_seed(0)
    clip_text = TEXT | {"eos_token_id": 3, "bos_token_id": 2, "pad_token_id": 0}
    model = {
        "clip": lambda: t.CLIPModel(
            t.CLIPConfig(text_config=clip_text, vision_config=VISION, projection_dim=12)
        ),
        "siglip": lambda: t.SiglipModel(
            t.SiglipConfig(
                text_config=TEXT | {"projection_size": 16, "pad_token_id": 1}, vision_config=VISION
            )
        ),
        "siglip2": lambda: t.Siglip2Model(
            t.Siglip2Config(
                text_config=TEXT | {"projection_size": 16, "pad_token_id": 0},
                vision_config=SIZES | {"num_patches": 16, "patch_size": 8},
            )
        ),
        "dinov2": lambda: t.Dinov2Model(
            t.Dinov2Config(**SIZES, image_size=40, patch_size=8, mlp_ratio=2)
        ),
        "dinov3_vit": lambda: t.DINOv3ViTModel(
            t.DINOv3ViTConfig(**SIZES, image_size=32, patch_size=8, num_register_tokens=3)
        ),
    }[kind]()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    model.eval().save_pretrained(folder)
    if kind in ("clip", "siglip", "siglip2"):
        (folder / "tokenizer.json").write_bytes(tiny_tokenizer_json())
    if kind in ("dinov2", "dinov3_vit"):
        said = {"crop_size": {"height": 32, "width": 32}, "image_mean": [0.4, 0.5, 0.6]}
        (folder / "preprocessor_config.json").write_text(json.dumps(said))
    return model


def timm_model(folder: Path) -> torch.nn.Module:
    """Write a random ViT as timm has it on the hub; give it."""
    import timm

    torch.manual_seed(0)
    settings = {"img_size": 32, "patch_size": 8, "embed_dim": 16, "depth": 2, "num_heads": 2}
    model = timm.create_model("vit_tiny_patch16_224", num_classes=0, **settings).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    folder.mkdir(parents=True, exist_ok=True)
    said = {
        "architecture": "vit_tiny_patch16_224",
        "model_args": settings,
        "pretrained_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
    }
    (folder / "config.json").write_text(json.dumps(said))
    save_file(model.state_dict(), folder / "model.safetensors")
    return model
