"""A CLIP as open_clip publishes it: ``open_clip_config.json`` and safetensors under its names.

Sizes, activation, mean and deviation come from its own file, the words from its tokenizer.json. It
computes as transformers' CLIP does, with the weights renamed in memory; nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor

from cmpagl.errors import CheckpointError
from cmpagl.model.checkpoint import OPEN_CLIP as SETTINGS
from cmpagl.model.hub import source_folder, weights_files
from cmpagl.model.open_clip_names import HEAD, renamed
from cmpagl.model.pretrained import stored_weights
from cmpagl.model.published import BESIDE, PublishedCheckpoint
from cmpagl.model.published_config import published_config
from cmpagl.model.settings_file import read_settings
from cmpagl.model.templates import read_templates
from cmpagl.model.weights_only import bare

__all__ = ["open_open_clip"]

WEIGHTS = "open_clip_model.safetensors"

PLAIN: dict[str, Any] = {
    **{"ls_init_value": None, "attentional_pool": False, "global_average_pool": False},
    **{"no_ln_pre": False, "final_ln_after_pool": False, "pos_embed_type": "learnable"},
    **{"no_causal_mask": False, "embed_cls": False, "proj_bias": False, "proj_type": "linear"},
    **{"qk_norm": False, "act_kwargs": {}, "norm_kwargs": {}},
}
"""Settings by which open_clip's towers compute something else than CLIP, at CLIP's values."""


@dataclass(frozen=True)
class OpenClipCheckpoint(PublishedCheckpoint):
    """A CLIP in open_clip's form: its settings are read, its weights are not yet."""

    def _weight_files(self) -> list[Path]:
        return _weights(str(self.folder))

    @cached_property
    def _whole(self) -> Any:  # noqa: ANN401 (transformers' own classes)
        """Both towers, as transformers builds them, with these weights."""
        import transformers

        config = _as_transformers(self.folder, _said(self.folder))
        settings: Any = transformers.CLIPConfig(**config)
        settings._attn_implementation = "eager"  # the only one that gives maps
        model: Any = transformers.CLIPModel(settings)
        state = self._state()
        wanted = {name: value.shape for name, value in model.state_dict().items()}
        found = {name: value.shape for name, value in state.items()}
        wrong = [n for n, s in wanted.items() if found.get(n) != s and "position_ids" not in n]
        if wrong:
            raise CheckpointError(
                f"The weights in {self.folder} do not fit its {SETTINGS}: {len(wrong)} are missing "
                f"or of another size (such as {wrong[0]}); restore both files."
            )
        model.load_state_dict({n: v for n, v in state.items() if n in wanted}, strict=False)
        return model.eval()

    def _state(self) -> dict[str, Tensor]:
        stored: dict[str, Tensor] = {}
        for file in _weights(str(self.folder)):  # one, or its shards
            stored |= stored_weights(str(self.folder), file.name)
        # A text tower that stands by itself has its name before all of its weights.
        theirs = {bare(key).removeprefix("text."): value for key, value in stored.items()}
        try:
            return renamed(theirs)
        except KeyError as error:
            raise CheckpointError(
                f"The weights in {self.folder} are no CLIP with a ViT in open_clip's form (they "
                f"lack {error})."
            ) from error


def open_open_clip(source: str, folder: Path) -> OpenClipCheckpoint:
    """Open a CLIP in open_clip's form; from the hub, all of its files are fetched.

    Raises:
        CheckpointError: it is no CLIP with a ViT, its settings make no sense, or it has no weights
            as safetensors.
    """
    source_folder(source, [SETTINGS], BESIDE)
    config = published_config(folder, _as_transformers(folder, _said(folder)), _pixels(folder))
    _weights(source)
    return OpenClipCheckpoint(
        folder, config, {"published": source, "data": []}, {}, templates=read_templates(folder)
    )


def _weights(source: str) -> list[Path]:
    """Its safetensors, under open_clip's name or the hub's usual one."""
    try:
        return weights_files(source, WEIGHTS)
    except CheckpointError:
        return weights_files(source)


def _said(folder: Path) -> dict[str, Any]:
    path = folder / SETTINGS
    said = read_settings(path)
    if not isinstance(said, dict) or not isinstance(said.get("model_cfg"), dict):
        raise CheckpointError(f"{path} has no model_cfg; restore the file.")
    return said


def _pixels(folder: Path) -> dict[str, Any]:
    """Mean and deviation, as a processor's settings say them."""
    said = _said(folder).get("preprocess_cfg") or {}
    return {"image_mean": said.get("mean"), "image_std": said.get("std")}


def _require_plain(folder: Path, tower: dict[str, Any], pooled: str) -> None:
    """Refuse a tower whose weights would fit, and mean something else.

    Raises:
        CheckpointError: a setting has another value than CLIP's.
    """
    for name, usual in (PLAIN | {"pool_type": pooled}).items():
        given = tower.get(name, usual)
        if given != usual and not (given is None and not usual):
            raise CheckpointError(
                f"{folder / SETTINGS} has {name} {str(given)[:60]!r}, but CLIP computes with "
                f"{usual!r}; give the model in the form in which transformers publishes it."
            )


def _as_transformers(folder: Path, said: dict[str, Any]) -> dict[str, Any]:
    """What transformers calls a CLIP of these settings.

    Raises:
        CheckpointError: it is of another kind, or a setting is missing.
    """
    model = said["model_cfg"]
    try:
        vision, text = model["vision_cfg"], model["text_cfg"]
        if "timm_model_name" in vision or "hf_model_name" in text:
            raise CheckpointError(
                f"{folder / SETTINGS} describes towers of timm or transformers; give the model in "
                "the form in which these publish it."
            )
        _require_plain(folder, vision, "tok")
        _require_plain(folder, text, "argmax")
        width, words = vision["width"], text.get("vocab_size", 49_408)
        act = "quick_gelu" if model.get("quick_gelu") else "gelu"
        return {
            "model_type": "clip",
            "projection_dim": model["embed_dim"],
            "vision_config": {
                "hidden_size": width,
                "intermediate_size": int(width * vision.get("mlp_ratio", 4.0)),
                "num_hidden_layers": vision["layers"],
                "num_attention_heads": max(1, width // vision.get("head_width", HEAD)),
                "hidden_act": act,
                "image_size": vision["image_size"],
                "patch_size": vision["patch_size"],
                "projection_dim": model["embed_dim"],
            },
            "text_config": {
                "hidden_size": text["width"],
                "intermediate_size": int(text["width"] * text.get("mlp_ratio", 4.0)),
                "num_hidden_layers": text["layers"],
                "num_attention_heads": text["heads"],
                "hidden_act": act,
                "vocab_size": words,
                "max_position_embeddings": text.get("context_length", 77),
                "projection_dim": model["embed_dim"],
                # The two last pieces of CLIP's vocabulary open and close a text.
                "bos_token_id": words - 2,
                "eos_token_id": words - 1,
                "pad_token_id": words - 1,
            },
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{folder / SETTINGS} lacks or garbles a setting of a CLIP with a ViT "
            f"({type(error).__name__}: {error}); other models open as transformers or timm publish "
            "them."
        ) from error
