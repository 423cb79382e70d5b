"""A tiny random CLIP, its weights by open_clip's names, and the folder that open_clip publishes."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tiny import tiny_tokenizer_json, vocabulary
from tokenizers import Tokenizer, processors

from cmpagl.model.open_clip_names import RENAMED, TURNED, WHOLE


def clip() -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    """A random CLIP with two heads of 64 channels, and its weights by open_clip's names."""
    from transformers import CLIPConfig, CLIPModel

    sizes = {
        "hidden_size": 128,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "hidden_act": "gelu",
    }
    last = len(vocabulary()) - 1
    text = {"vocab_size": last + 1, "max_position_embeddings": 24, "eos_token_id": last}
    torch.manual_seed(0)
    model = CLIPModel(
        CLIPConfig(
            text_config=sizes | text | {"bos_token_id": last - 1, "pad_token_id": last},
            vision_config=sizes | {"image_size": 32, "patch_size": 8},
            projection_dim=16,
        )
    ).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    own = model.state_dict()
    found = {old: own[new] for old, new in WHOLE.items()}
    found |= {old: own[new].T.contiguous() for old, new in TURNED.items()}
    for prefix, tower in (("visual.transformer", "vision_model"), ("transformer", "text_model")):
        for i in range(2):
            ours, theirs = f"{tower}.encoder.layers.{i}.", f"{prefix}.resblocks.{i}."
            for kind in ("weight", "bias"):
                parts = [own[f"{ours}self_attn.{p}_proj.{kind}"] for p in "qkv"]
                found[f"{theirs}attn.in_proj_{kind}"] = torch.cat(parts)
                for old, new in RENAMED.items():
                    found[f"{theirs}{old}{kind}"] = own[f"{ours}{new}{kind}"]
    return model, found


def closing_tokenizer() -> Tokenizer:
    """The tiny tokenizer, whose texts end with the last piece of the vocabulary, as CLIP's do."""
    tokenizer = Tokenizer.from_str(tiny_tokenizer_json().decode())
    last = len(vocabulary()) - 1
    pieces = vocabulary()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{pieces[last - 1]} $A {pieces[last]}",
        special_tokens=[(pieces[last - 1], last - 1), (pieces[last], last)],
    )
    return tokenizer


def open_clip_folder(folder: Path, *, apart: bool = False) -> torch.nn.Module:
    """Write a CLIP as open_clip publishes it, ``apart`` with a text tower by itself; give it."""
    model, weights = clip()
    if apart:
        own = ("transformer.", "token_embedding.", "positional_embedding", "ln_final.", "text_proj")
        weights = {f"text.{k}" if k.startswith(own) else k: v for k, v in weights.items()}
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {"layers": 2, "width": 128, "mlp_ratio": 0.5}
    said = {
        "model_cfg": {
            "embed_dim": 16,
            "vision_cfg": sizes | {"image_size": 32, "patch_size": 8},
            "text_cfg": sizes | {"heads": 2, "context_length": 24, "vocab_size": len(vocabulary())},
        },
        "preprocess_cfg": {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.25]},
    }
    (folder / "open_clip_config.json").write_text(json.dumps(said))
    contiguous = {name: value.contiguous().clone() for name, value in weights.items()}
    save_file(contiguous, folder / "open_clip_model.safetensors")
    closing_tokenizer().save(str(folder / "tokenizer.json"))
    return model
