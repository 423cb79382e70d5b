"""Vectors that others have made, opened as a checkpoint: it has no image tower.

    config.json    {"model_type": "vectors", ...}: their width and digest, and whose text tower

A text tower may stand beside them, of a model whose texts lie in the same space, or texts with
vectors of their own (`cmpagl.model.known_texts`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmpagl.config.model import FusionConfig, ModelConfig, TextConfig
from cmpagl.config.ranking import UNTUNED
from cmpagl.config.vit import ViTConfig
from cmpagl.errors import CheckpointError, ConfigError
from cmpagl.files import write_json
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.model.known_texts import (
    OTHER,
    keep_texts,
    known_texts_config,
    load_texts,
    load_words,
    texts_digest,
)
from cmpagl.model.settings_file import require_seal, sealed
from cmpagl.model.unfused import UnfusedCheckpoint

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from cmpagl.data.vectors import Vectors
    from cmpagl.model.towers import CMPAGL, ImageTower, TextTower

__all__ = ["MODEL_TYPE", "GivenVectors", "keep_vectors_model", "open_vectors_model"]

MODEL_TYPE = "vectors"


@dataclass(frozen=True)
class GivenVectors(UnfusedCheckpoint):
    """What made an index's vectors, as far as is known."""

    @property
    def name(self) -> str:
        """What the vectors were made with, or the file that they came in."""
        return str(self.provenance["name"])

    @property
    def reads_pictures(self) -> bool:
        """No: only scenes that have a vector can be asked with."""
        return False

    @property
    def reads_text(self) -> bool:
        """Whether a text tower was named beside them, or texts came with them."""
        return bool(self.provenance["text"]) or self._known > 0

    @property
    def _known(self) -> int:
        """How many texts came with them."""
        return int(self.provenance["known"])

    @cached_property
    def known_texts(self) -> frozenset[str] | None:
        """The texts that came with them, the only ones that can be asked with; None: any can."""
        return frozenset(self.tokenizer().get_vocab()) - {OTHER} if self._known > 0 else None

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the vectors, and with the text tower."""
        texts = texts_digest(self.folder) if self._known > 0 else ""
        texts = self._texts.fingerprint if self.provenance["text"] else texts
        parts = [str(self.provenance["digest"]), texts]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:32]

    @cached_property
    def _texts(self) -> Checkpoint:
        return open_checkpoint(str(self.provenance["text"]))

    def image_tower(self) -> ImageTower:
        """There is none.

        Raises:
            CheckpointError: always.
        """
        raise CheckpointError(
            f"The vectors of {self.name} were imported without a model, so nothing reads pictures "
            "here; ask with a scene of this gallery."
        )

    def text_tower(self) -> TextTower:
        """That of the model named beside the vectors, or of the texts that came with them.

        Raises:
            CheckpointError: there is neither.
        """
        self._require_text()
        if self._known > 0:
            tower: Any = load_texts(self.folder, self._known, self.config.embed_dim)
            found: TextTower = tower
            return found
        return self._texts.text_tower()

    def tokenizer(self) -> Tokenizer:
        """That of the same.

        Raises:
            CheckpointError: there is neither.
        """
        self._require_text()
        if self._known > 0:
            return load_words(self.folder, self._known)
        return self._texts.tokenizer()

    def _require_text(self) -> None:
        if not self.reads_text:
            raise CheckpointError(
                f"The vectors of {self.name} were imported without a text tower, so words cannot "
                "be looked for; import them with --text-tower, or with --text-vectors, or ask with "
                "a scene."
            )

    def model(self) -> CMPAGL:
        """There is none to train or to diagnose.

        Raises:
            CheckpointError: always.
        """
        raise CheckpointError(
            f"The vectors of {self.name} were imported without a model; give a checkpoint that "
            "`python -m cmpagl train` wrote."
        )


def keep_vectors_model(
    folder: Path,
    *,
    name: str,
    dim: int,
    digest: str,
    text: str | None,
    known: Vectors | None = None,
) -> Checkpoint:
    """Describe imported vectors in a folder that opens as their checkpoint.

    Args:
        folder: where to.
        name: what the vectors were made with.
        dim: their width.
        digest: of all of them.
        text: folder or hub id of a model whose texts lie in the same space.
        known: vectors of texts in the same space, where no model is named.

    Raises:
        CheckpointError: that model has no text tower, or texts are of another width.
    """
    if known is not None and known.embeds.shape[1] != dim:
        raise CheckpointError(
            f"The texts have vectors of {known.embeds.shape[1]} numbers, the scenes of {dim}; give "
            "vectors of the same model."
        )
    if text is not None:
        model = open_checkpoint(text)
        if not model.reads_text or model.config.embed_dim != dim:
            raise CheckpointError(
                f"{text} gives texts {model.config.embed_dim} numbers, or none, where the vectors "
                f"have {dim}; name the model that made the vectors."
            )
        text = str(Path(text).resolve()) if Path(text).is_dir() else text
    folder.mkdir(parents=True, exist_ok=True)
    said = {"model_type": MODEL_TYPE, "name": name, "dim": dim, "digest": digest, "text": text}
    said["known"] = 0 if known is None else keep_texts(folder, known)
    write_json(folder / "config.json", sealed(said))
    return open_checkpoint(folder)


def open_vectors_model(folder: Path, said: dict[str, Any]) -> GivenVectors:
    """Open what `keep_vectors_model` wrote.

    Raises:
        CheckpointError: it is damaged, or the text tower's model is not there.
    """
    try:
        provenance = {name: said[name] for name in ("name", "digest", "text")}
        known, dim = said.get("known", 0), said["dim"]
        if not (type(known) is type(dim) is int):
            raise TypeError("known and dim are whole numbers")
        provenance["known"] = known
        vision = ViTConfig(family="timm", image_size=1, grid=1, dim=dim, depth=1)
        text = TextConfig()
        if known:
            text = known_texts_config(known, dim)
        if provenance["text"]:
            text = open_checkpoint(str(provenance["text"])).config.text
        config = ModelConfig(
            vision=vision,
            text=text,
            fusion=FusionConfig(dim=1, depth=0, num_heads=1),
            ranking=UNTUNED,
            embed_dim=dim,
        )
    except (KeyError, TypeError, ConfigError) as error:
        raise CheckpointError(
            f"{folder / 'config.json'} does not describe vectors ({error}); import them again."
        ) from error
    require_seal(said, folder / "config.json")
    return GivenVectors(folder, config, {**provenance, "data": []}, {})
