"""A checkpoint: a folder that rebuilds its model by itself.

    config.json                   sizes, tuned ranking, provenance; SHA-256 of each file and of it
    vision.safetensors            image tower with its head, float16
    text.safetensors              text tower with its head, float16, but for its word embeddings
    word_embeddings.safetensors   frozen, float16; the same bytes in every generation
    fusion.safetensors            fusion encoder and matching head, float16
    bank.safetensors              the query bank: embeddings of training captions and images
    tokenizer.json                word pieces of the text tower
    README.md                     the model card

A part is read only when it is asked for, and never by pickle.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from cmpagl.config.model import ModelConfig
from cmpagl.config.ranking import UNTUNED, RankingConfig, flat, nested
from cmpagl.config.strict import from_dict
from cmpagl.errors import CheckpointError, ConfigError
from cmpagl.files import recover_folder
from cmpagl.model.bank_vectors import BankVectors, bank_mark, fitting
from cmpagl.model.fusion import FusionEncoder
from cmpagl.model.hub import cached_snapshot, first_file, is_hub_id, source_folder
from cmpagl.model.kept_bank import KeptBank, read_bank, referred_source
from cmpagl.model.other_forms import file_clause, folder_clause
from cmpagl.model.part_file import filled, read_content, read_tensors
from cmpagl.model.settings_file import read_settings, require_seal
from cmpagl.model.text import PROBE, load_tokenizer, require_apart
from cmpagl.model.towers import CMPAGL, ImageTower, TextTower

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["Checkpoint", "open_checkpoint"]

FORMAT = 2  # 1 had no image_captions in the bank
MODEL_FILES = (
    "vision.safetensors",
    "text.safetensors",
    "word_embeddings.safetensors",
    "fusion.safetensors",
    "bank.safetensors",
    "tokenizer.json",
)
OPEN_CLIP = "open_clip_config.json"  # in place of config.json, in a folder of open_clip's
BESIDE = ("README.md", "diagnosis.json")  # what a checkpoint may hold beside its parts


@dataclass(frozen=True)
class Checkpoint:
    """An opened checkpoint: its settings are read, its weights are not yet."""

    folder: Path
    config: ModelConfig
    provenance: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]]
    kept: KeptBank | None = None  # made for it afterwards, in place of its own
    form: str = ""  # such as "#views=1"

    @cached_property
    def fingerprint(self) -> str:
        """Changes when embeddings or image tokens would: what an index must fit."""
        parts = [self.files[n]["sha256"] for n in MODEL_FILES if n != "bank.safetensors"]
        # Sizes and switches too: the same weights embed otherwise with another join, for one.
        said = {"vision": self.config.vision.identity(), "ranking": flat(RankingConfig())}
        parts.append(json.dumps(asdict(self.config) | said))
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:32]

    @property
    def bank_fingerprint(self) -> str:
        """Changes with the query bank and with its weights: what an index's statistics must fit."""
        if self.kept is not None:
            return self.kept.mark
        return bank_mark(str(self.files["bank.safetensors"]["sha256"]))

    @property
    def has_bank(self) -> bool:
        """Whether other queries are at hand, without which nothing can be reranked."""
        return True

    @property
    def reads_pictures(self) -> bool:
        """Whether it has an image tower."""
        return True

    @property
    def reads_text(self) -> bool:
        """Whether it has a text tower."""
        return True

    @property
    def known_texts(self) -> frozenset[str] | None:
        """The only texts that can be asked with, where that is not any."""
        return None

    @property
    def name(self) -> str:
        """The folder's name, and its form where that is another than it was made in."""
        return self.folder.name + self.form

    def image_tower(self) -> ImageTower:
        """Load the image tower, ready for inference, float32 on the CPU."""
        tensors = self._tensors("vision.safetensors")
        return filled(lambda: ImageTower(self.config), tensors, self.folder / "vision.safetensors")

    def text_tower(self) -> TextTower:
        """Load the text tower, ready for inference, float32 on the CPU."""
        state = self._tensors("text.safetensors") | self._tensors("word_embeddings.safetensors")
        return filled(lambda: TextTower(self.config), state, self.folder / "text.safetensors")

    def require_text(self) -> None:
        """Find out, before hours of pictures, whether what reads text can be loaded, if it does.

        Raises:
            CheckpointError: it is damaged.
        """
        if self.reads_text:
            self.tokenizer()
            self.text_tower()

    def fusion(self) -> FusionEncoder:
        """Load the fusion encoder, ready for inference, float32 on the CPU."""
        config = self.config
        widths = {"text_dim": config.text.dim, "image_dim": config.vision.out_dim}
        tensors = self._tensors("fusion.safetensors")
        path = self.folder / "fusion.safetensors"
        return filled(lambda: FusionEncoder(config.fusion, **widths), tensors, path)

    def model(self) -> CMPAGL:
        """Load everything."""
        image, text, fusion = self.image_tower(), self.text_tower(), self.fusion()
        model = CMPAGL(self.config)  # of sizes that are known by now to be those of the weights
        model.image, model.text, model.fusion = image, text, fusion
        return model.eval()

    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the text tower.

        Raises:
            CheckpointError: it is damaged, or knows more word pieces than the tower.
        """
        path, known = self.folder / "tokenizer.json", self.config.text.vocab_size
        read_content(path, self.files["tokenizer.json"])
        tokenizer = load_tokenizer(path)
        require_apart(tokenizer, path)
        # What closes a text may be none of the vocabulary's.
        greatest = max((*tokenizer.get_vocab().values(), *tokenizer.encode(PROBE).ids), default=0)
        if greatest >= known:
            raise CheckpointError(
                f"{path} numbers its word pieces up to {greatest:,}, but the text tower knows "
                f"{known:,}; restore both files."
            )
        return tokenizer

    def bank(self) -> BankVectors:
        """The query bank's vectors.

        Raises:
            CheckpointError: their file is damaged, or holds others.
        """
        if self.kept is not None:
            return fitting(self.kept.vectors(), self.config.embed_dim, self.kept.folder)
        tensors = self._tensors("bank.safetensors")
        names = [field.name for field in fields(BankVectors)]
        if set(tensors) != set(names):
            raise CheckpointError(
                f"{self.folder / 'bank.safetensors'} holds {', '.join(sorted(tensors))} instead of "
                f"{', '.join(names)}; restore the file."
            )
        return fitting(BankVectors(**tensors), self.config.embed_dim, self.folder)

    def card(self) -> str:
        """The model card as Markdown; empty when there is none."""
        path = self.folder / "README.md"
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def _tensors(self, name: str) -> dict[str, Tensor]:
        return read_tensors(self.folder / name, self.files[name])


MOST_LED = 8
"""Folders in a row that say which model they are of."""
_LED = ContextVar("led", default=0)


def open_checkpoint(source: Path | str) -> Checkpoint:
    """Open a checkpoint folder, or a Hugging Face hub id where no such folder exists.

    A model as transformers or timm publish it opens too; see `cmpagl.model.published`. So does a
    folder with a query bank that was made for a model elsewhere; see `cmpagl.model.kept_bank`.

    ``#template=a satellite image of {}`` behind a published model reads every text in it, and
    ``#views=N`` behind a trained checkpoint opens it with another number of turned views than it
    was made with: another model, to which the first can be compared.

    Raises:
        CheckpointError: nothing is there, config.json is damaged or of a newer format, or a file
            that it names is missing. Weights are checked when they are loaded.
    """
    if _LED.get() > MOST_LED:  # a bank or vectors whose model is, in the end, themselves
        raise CheckpointError(
            f"{source} names a model elsewhere, which leads back to it; put the model itself there."
        )
    token = _LED.set(_LED.get() + 1)
    try:
        return _opened(source)
    except OSError as error:  # such as a name that is longer than any file's
        said = error.strerror or error
        raise CheckpointError(f"{source} cannot be opened as a checkpoint: {said}.") from error
    finally:
        _LED.reset(token)


def _opened(source: Path | str) -> Checkpoint:
    """As `open_checkpoint`.

    Raises:
        CheckpointError: as there.
    """
    if (form := re.fullmatch(r"(.+)#views=(\d{1,2})", str(source))) is not None:
        return _with_views(open_checkpoint(form[1]), int(form[2]))
    if (form := re.fullmatch(r"(.+?)#template=(.+)", str(source), re.DOTALL)) is not None:
        return _with_template(open_checkpoint(form[1]), form[2])
    source = cached_snapshot(source)
    folder = Path(source)
    if folder.is_file():
        raise CheckpointError(
            f"{folder} is not a checkpoint but a file, and a model is a folder: "
            f"{file_clause(folder)}."
        )
    recover_folder(folder)
    elsewhere = referred_source(folder)
    if elsewhere is not None:
        return _with_bank(open_checkpoint(elsewhere), folder)
    on_hub = is_hub_id(str(source))
    if on_hub:
        settings = first_file(str(source), ("config.json", OPEN_CLIP))
        folder = folder if settings is None else settings.parent
    path = folder / "config.json"
    if (folder / OPEN_CLIP).is_file() and (not path.is_file() or _is_open_clip(folder)):
        from cmpagl.model.open_clip import open_open_clip

        return _with_bank(open_open_clip(str(source), folder), folder)
    if not path.is_file():
        raise CheckpointError(
            f"{folder} is not a checkpoint (it has no config.json{folder_clause(folder)}); give a "
            "folder that `python -m cmpagl train` wrote, or a hub id."
        )
    content = read_settings(path)
    if isinstance(content, dict) and not content.keys().isdisjoint(("model_type", "architecture")):
        if content.get("model_type") == "vectors":
            from cmpagl.model.given_vectors import open_vectors_model

            return _with_bank(open_vectors_model(folder, content), folder)
        from cmpagl.model.published import open_published

        return _with_bank(open_published(str(source), folder, content), folder)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise CheckpointError(
            f"{path} has the format {found!r}, but this version reads format {FORMAT}; update one "
            "of the two."
        )
    try:
        model = content.get("model")
        if isinstance(model, dict) and "ranking" in model:
            model = {**model, "ranking": nested(model["ranking"])}
        config = from_dict(ModelConfig, model, f"{path}: model")
    except ConfigError as error:
        raise CheckpointError(str(error)) from error
    if on_hub:
        source_folder(str(source), MODEL_FILES, BESIDE)
    files = content.get("files")
    files = files if isinstance(files, dict) else {}
    for name in MODEL_FILES:
        said = files.get(name)
        said = said if isinstance(said, dict) else {}
        digest, size = said.get("sha256"), said.get("bytes")
        if type(digest) is not str or type(size) is not int or not 0 <= size < 2**63:
            raise CheckpointError(f"{path} does not describe {name}; restore the file.")
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder} lacks {name}, which config.json names; restore it.")
    provenance = content.get("provenance", {})
    if not isinstance(provenance, dict):
        raise CheckpointError(f"{path} garbles the provenance; restore the file.")
    require_seal(content, path)
    return Checkpoint(folder, config, provenance, files)


def _is_open_clip(folder: Path) -> bool:
    """Whether a folder with the settings of both has its weights in open_clip's form alone."""
    ours = any((folder / f"model.safetensors{end}").is_file() for end in ("", ".index.json"))
    return not ours and any(folder.glob("open_clip_model*.safetensors"))


def _with_views(checkpoint: Checkpoint, views: int) -> Checkpoint:
    """The same weights over another number of turned views.

    Raises:
        CheckpointError: the number is none of those, or the model reads one view alone.
    """
    if "published" in checkpoint.provenance:
        raise CheckpointError(
            f"{checkpoint.name} is a published model, which reads one view; leave #views out."
        )
    try:
        config = replace(checkpoint.config, views=views)
    except ConfigError as error:
        raise CheckpointError(str(error)) from error
    return replace(checkpoint, config=config, form=f"#views={views}")


def _with_template(checkpoint: Checkpoint, template: str) -> Checkpoint:
    """The same weights with every text read in a template; a bank that was made without goes.

    Raises:
        CheckpointError: it has no place for the text, or the model reads none of others' making.
    """
    from cmpagl.model.published import PublishedCheckpoint
    from cmpagl.model.templates import require_templates

    if not isinstance(checkpoint, PublishedCheckpoint) or not checkpoint.reads_text:
        raise CheckpointError(
            f"{checkpoint.name} has learned from captions as they are, or reads no text; leave "
            "#template out."
        )
    return replace(
        checkpoint,
        config=replace(checkpoint.config, ranking=UNTUNED),
        templates=require_templates(template, "#template="),
        kept=None,
        form=f"#template={template}",
    )


def _with_bank(checkpoint: Checkpoint, folder: Path) -> Checkpoint:
    """The checkpoint with the bank that lies in a folder, if one does, and its tuned ranking.

    Raises:
        CheckpointError: the bank is damaged, or was made with other weights.
    """
    kept = read_bank(folder)
    if kept is None:
        return checkpoint
    if kept.fingerprint != checkpoint.fingerprint:
        raise CheckpointError(
            f"The query bank in {folder} was made with other weights or settings than those of "
            f"'{checkpoint.name}' now; make it again (python -m cmpagl bank)."
        )
    return replace(
        checkpoint,
        config=replace(checkpoint.config, ranking=kept.ranking),
        provenance={**checkpoint.provenance, **kept.provenance},
        kept=kept,
    )
