"""A published model (CLIP, SigLIP, SigLIP 2, DINOv2, DINOv3, any timm ViT) opened as a checkpoint.

It embeds pictures, and texts where it has a text tower, as its authors' code does; it has no
fusion, and no query bank but one that was made for it (`cmpagl.model.kept_bank`). What it needs
(size, mean, deviation, length of a text) comes from its own files; weights are read from
safetensors alone.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn.functional import normalize

from cmpagl.config.vit import ViTConfig
from cmpagl.errors import CheckpointError
from cmpagl.model.hub import repository_of, source_folder, weights_files
from cmpagl.model.part_file import finite
from cmpagl.model.pretrained import stored_weights
from cmpagl.model.published_config import WITH_TEXT, published_config
from cmpagl.model.published_text import PublishedTextTower, published_tokenizer
from cmpagl.model.settings_file import read_settings
from cmpagl.model.templates import FILE, PROMPTS, read_templates
from cmpagl.model.towers import ImageFeatures
from cmpagl.model.unfused import UnfusedCheckpoint
from cmpagl.model.vit import ViTEncoder
from cmpagl.model.weights import unwrapped

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from cmpagl.model.towers import CMPAGL, ImageTower, TextTower

__all__ = ["PublishedCheckpoint", "PublishedImageTower", "load_image_tower", "open_published"]

BESIDE = (
    *("preprocessor_config.json", "processor_config.json", "tokenizer.json"),
    *("tokenizer_config.json", "README.md", FILE, PROMPTS),
)


class PublishedImageTower(nn.Module):
    """A ViT and what its authors project its pooled vector with."""

    def __init__(self, vision: ViTEncoder, projection: nn.Module) -> None:
        super().__init__()
        self.vision, self.projection = vision, projection
        self.views = 1  # it was trained on upright pictures, so that is what it reads

    @property
    def head(self) -> nn.Module:
        """What takes a pooled vector to the joint space, as in `ImageTower`."""
        return self.projection

    def forward(self, pixel_values: Tensor, need_weights: bool = False) -> ImageFeatures:
        """Encode normalised pixels (B, 3, S, S)."""
        found = self.vision(pixel_values, need_weights=need_weights)
        embeds = normalize(self.projection(found.pooled), dim=-1)
        return ImageFeatures(embeds, found.tokens, found.pooled, found.attention)


@dataclass(frozen=True)
class PublishedCheckpoint(UnfusedCheckpoint):
    """A published model: its settings are read, its weights are not yet."""

    templates: tuple[str, ...] = ()  # that texts are read in

    @property
    def reads_text(self) -> bool:
        """Whether it has a text tower."""
        return self.family in WITH_TEXT

    @property
    def name(self) -> str:
        """Its hub id, or the folder's name."""
        source = str(self.provenance["published"])
        own = source.removeprefix("hf:")
        if Path(source).is_dir():
            own = repository_of(self.folder) or self.folder.name
        return own + self.form

    @property
    def vision(self) -> ViTConfig:
        """Its image tower's settings."""
        vision = self.config.vision
        assert isinstance(vision, ViTConfig)
        return vision

    @property
    def family(self) -> str:
        """What kind of model it is."""
        return self.vision.family

    @cached_property
    def fingerprint(self) -> str:
        """Changes when embeddings would: of the weights' bytes and all settings."""
        digest = hashlib.sha256(json.dumps(self.config.vision.identity()).encode())
        for path in (*self._weight_files(), self.folder / "tokenizer.json"):
            if path.is_file():
                with open(path, "rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
        if self.templates:
            digest.update(json.dumps(self.templates).encode())
        return digest.hexdigest()[:32]

    def _weight_files(self) -> list[Path]:
        return weights_files(str(self.folder))

    @cached_property
    def _whole(self) -> Any:  # noqa: ANN401 (transformers' own classes)
        """All of the model as transformers builds it, both towers."""
        import transformers

        weights_files(str(self.folder))
        model, found = self._filled(transformers.AutoModel, self.folder)
        missing = sorted(found["missing_keys"])
        if missing and found["unexpected_keys"]:  # perhaps all of them below a wrapper's name
            state = unwrapped(stored_weights(str(self.folder)), model.state_dict())
            own = {"config": model.config, "state_dict": state}
            model, found = self._filled(type(model), None, **own)
            missing = sorted(found["missing_keys"])
        if missing:  # what is missing would be random
            raise CheckpointError(
                f"The weights in {self.folder} lack {len(missing)} that its config.json wants "
                f"(such as {missing[0]}); restore both files."
            )
        finite(model.state_dict(), self.folder)
        return model.eval()

    def _filled(
        self,
        kind: Any,  # noqa: ANN401 (transformers' own classes)
        source: Path | None,
        **own: Any,  # noqa: ANN401
    ) -> tuple[Any, dict[str, Any]]:
        """A model of transformers with its weights, and which of them were missing.

        Raises:
            CheckpointError: they do not fit.
        """
        from transformers.utils import logging

        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            loaded: tuple[Any, dict[str, Any]] = kind.from_pretrained(
                source,
                dtype=torch.float32,
                use_safetensors=True,
                attn_implementation="eager",
                output_loading_info=True,
                **own,
            )
        except (OSError, ValueError, RuntimeError, LookupError, SafetensorError) as error:
            raise CheckpointError(
                f"The weights in {self.folder} do not fit its config.json, or are damaged; restore "
                "both files."
            ) from error
        return loaded

    def image_tower(self) -> ImageTower:
        """Load the image tower, ready for inference, float32 on the CPU."""
        vision = ViTEncoder(self.vision)
        projection: nn.Module = nn.Identity()
        if self.family == "timm":
            _load_timm(vision, str(self.folder))
        else:
            whole = self._whole
            vision.model = getattr(whole, "vision_model", whole)
            projection = getattr(whole, "visual_projection", projection)
        tower: Any = PublishedImageTower(vision, projection).eval()
        found: ImageTower = tower  # the same to whoever embeds with it
        return found

    def text_tower(self) -> TextTower:
        """Load the text tower.

        Raises:
            CheckpointError: the model has none.
        """
        self._require_text()
        whole, config = self._whole, self.config.text
        tower: Any = PublishedTextTower(
            whole.text_model,
            getattr(whole, "text_projection", nn.Identity()),
            config,
            embed_dim=self.config.embed_dim,
            folder=self.folder,
            fills=self.family != "clip",
            templates=self.templates,
        ).eval()
        found: TextTower = tower
        return found

    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the text tower.

        Raises:
            CheckpointError: the model has no text tower, or no ``tokenizer.json``.
        """
        self._require_text()
        return published_tokenizer(self.folder, self.family)

    def _require_text(self) -> None:
        if not self.reads_text:
            raise CheckpointError(
                f"The model {self.name} ({self.family}) has no text tower, so it finds pictures by "
                "pictures alone; take one that has, such as CLIP or SigLIP, to search with words."
            )

    def model(self) -> CMPAGL:
        """A published model has no part to train or to diagnose as a whole.

        Raises:
            CheckpointError: always.
        """
        raise CheckpointError(
            f"The model {self.name} is a published one ({self.family}), of which there is no whole "
            "with fusion; give a checkpoint that `python -m cmpagl train` wrote."
        )


def open_published(source: str, folder: Path, config: dict[str, Any]) -> PublishedCheckpoint:
    """Open a published model; from the hub, all of its files are fetched.

    Args:
        source: as it was asked for.
        folder: where its files lie.
        config: the content of its ``config.json``.

    Raises:
        CheckpointError: it is of no known family, or its settings make no sense.
    """
    source_folder(source, ["config.json"], BESIDE)
    model = published_config(folder, config)
    weights_files(source)
    return PublishedCheckpoint(
        folder,
        model,
        {"published": source, "data": []},
        {},
        templates=read_templates(folder),
    )


def load_image_tower(encoder: ViTEncoder, source: str) -> None:
    """Take a published model's image tower into an encoder of the same settings.

    Raises:
        CheckpointError: the source cannot be read, or is of other settings.
    """
    folder = source_folder(source, ["config.json"])
    config = read_settings(folder / "config.json")
    published = open_published(source, folder, config)
    if published.config.vision != encoder.config:
        raise CheckpointError(f"{source} has other settings than the encoder; take its own.")
    encoder.load_state_dict(published.image_tower().vision.state_dict())


def _load_timm(encoder: ViTEncoder, source: str) -> None:
    wanted = encoder.model.state_dict()
    state = unwrapped(stored_weights(source), wanted)
    found = {k: v for k, v in state.items() if k in wanted}
    wrong = [
        name
        for name, value in wanted.items()
        if name not in found or found[name].shape != value.shape
    ]
    if wrong:
        raise CheckpointError(
            f"{source} does not fit its config.json: {len(wrong)} weights are missing or of "
            f"another size (such as {wrong[0]}); restore both files."
        )
    encoder.model.load_state_dict(found)
