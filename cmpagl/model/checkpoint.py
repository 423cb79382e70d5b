"""A checkpoint: a folder that rebuilds its model by itself.

    config.json                   sizes, tuned ranking, provenance, size and SHA-256 of each file
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
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse_tensors
from torch import Tensor, nn

from cmpagl.config.model import ModelConfig
from cmpagl.config.ranking import RankingConfig, flat, nested
from cmpagl.config.strict import from_dict
from cmpagl.errors import CheckpointError, ConfigError
from cmpagl.files import atomic_folder, recover_folder, write_json
from cmpagl.model.bank_vectors import BankVectors, bank_bytes, bank_mark, half_bytes
from cmpagl.model.encoder import ImageEncoder
from cmpagl.model.fusion import FusionEncoder
from cmpagl.model.hub import first_file, is_hub_id, source_folder
from cmpagl.model.kept_bank import KeptBank, read_bank, referred_source
from cmpagl.model.settings_file import read_settings
from cmpagl.model.text import load_tokenizer
from cmpagl.model.towers import CMPAGL, ImageTower, TextTower

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "Checkpoint",
    "open_checkpoint",
    "replace_ranking",
    "save_checkpoint",
    "weights_digest",
]

M = TypeVar("M", bound=nn.Module)

FORMAT = 2  # 1 had no image_captions in the bank
WORD_EMBEDDINGS = "encoder.bert.embeddings.word_embeddings.weight"
MODEL_FILES = (
    "vision.safetensors",
    "text.safetensors",
    "word_embeddings.safetensors",
    "fusion.safetensors",
    "bank.safetensors",
    "tokenizer.json",
)
OPEN_CLIP = "open_clip_config.json"  # in place of config.json, in a folder of open_clip's
MOST_BYTES = 16_000_000_000
"""Of one part of a model in memory."""

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
    def reads_text(self) -> bool:
        """Whether it has a text tower."""
        return True

    @property
    def name(self) -> str:
        """The folder's name, and its form where that is another than it was made in."""
        return self.folder.name + self.form

    def image_tower(self) -> ImageTower:
        """Load the image tower, ready for inference, float32 on the CPU."""
        tensors = self._tensors("vision.safetensors")
        return self._fill(lambda: ImageTower(self.config), tensors, "vision.safetensors")

    def text_tower(self) -> TextTower:
        """Load the text tower, ready for inference, float32 on the CPU."""
        state = self._tensors("text.safetensors") | self._tensors("word_embeddings.safetensors")
        return self._fill(lambda: TextTower(self.config), state, "text.safetensors")

    def fusion(self) -> FusionEncoder:
        """Load the fusion encoder, ready for inference, float32 on the CPU."""
        config = self.config
        widths = {"text_dim": config.text.dim, "image_dim": config.vision.out_dim}
        tensors = self._tensors("fusion.safetensors")
        return self._fill(
            lambda: FusionEncoder(config.fusion, **widths), tensors, "fusion.safetensors"
        )

    def model(self) -> CMPAGL:
        """Load everything."""
        model = CMPAGL(self.config)
        model.image, model.text, model.fusion = self.image_tower(), self.text_tower(), self.fusion()
        return model.eval()

    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the text tower.

        Raises:
            CheckpointError: it is damaged, or knows more word pieces than the tower.
        """
        self._content("tokenizer.json")
        path, known = self.folder / "tokenizer.json", self.config.text.vocab_size
        tokenizer = load_tokenizer(path)
        greatest = max(tokenizer.get_vocab().values(), default=0)
        if greatest >= known:
            raise CheckpointError(
                f"{path} numbers its word pieces up to {greatest:,}, but the text tower knows "
                f"{known:,}; restore both files."
            )
        return tokenizer

    def bank(self) -> BankVectors:
        """The query bank's vectors."""
        if self.kept is not None:
            return self.kept.vectors()
        tensors = self._tensors("bank.safetensors")
        names = [field.name for field in fields(BankVectors)]
        if set(tensors) != set(names):
            raise CheckpointError(
                f"{self.folder / 'bank.safetensors'} holds {', '.join(sorted(tensors))} instead of "
                f"{', '.join(names)}; restore the file."
            )
        return BankVectors(**tensors)

    def card(self) -> str:
        """The model card as Markdown; empty when there is none."""
        path = self.folder / "README.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def _content(self, name: str) -> bytes:
        """A file's bytes, checked against config.json."""
        path, said = self.folder / name, self.files[name]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CheckpointError(f"{path} cannot be read ({error.strerror}).") from error
        if len(content) != said["bytes"]:
            raise CheckpointError(
                f"{path} has {len(content):,} bytes where config.json says {said['bytes']:,}: it "
                "is truncated or of another checkpoint; restore the file."
            )
        if hashlib.sha256(content).hexdigest() != said["sha256"]:
            raise CheckpointError(
                f"{path} is damaged or of another checkpoint (its SHA-256 is not the one in "
                "config.json); restore the file."
            )
        return content

    def _tensors(self, name: str) -> dict[str, Tensor]:
        try:
            tensors = parse_tensors(self._content(name))
        except SafetensorError as error:
            raise CheckpointError(
                f"{self.folder / name} is not a safetensors file; restore it."
            ) from error
        return {key: value.float() for key, value in tensors.items()}

    def _fill(self, make: Callable[[], M], state: dict[str, Tensor], name: str) -> M:
        """A part with its weights: made once it is known to fit them, and how large it is."""
        with torch.device("meta"):  # sizes alone, no memory
            planned = make()
        wanted = {key: value.shape for key, value in planned.state_dict().items()}
        found = {key: value.shape for key, value in state.items()}
        wrong = sorted(k for k in wanted.keys() | found.keys() if wanted.get(k) != found.get(k))
        if wrong:
            raise CheckpointError(
                f"{self.folder / name} does not fit config.json: {len(wrong)} weights are missing, "
                f"unknown or of another size (such as {wrong[0]}); restore both files."
            )
        size = sum(t.nbytes for t in (*planned.parameters(), *planned.buffers()))
        if size > MOST_BYTES:  # tables that are computed from the sizes, not stored
            raise CheckpointError(
                f"{self.folder / name} would take {size / 1e9:,.0f} GB of memory by the sizes in "
                f"config.json; {MOST_BYTES / 1e9:.0f} GB is the most. Take a smaller model."
            )
        module = make()
        module.load_state_dict(state)
        return module.eval()


def open_checkpoint(source: Path | str) -> Checkpoint:
    """Open a checkpoint folder, or a Hugging Face hub id where no such folder exists.

    A model as transformers or timm publish it opens too; see `cmpagl.model.published`. So does a
    folder with a query bank that was made for a model elsewhere; see `cmpagl.model.kept_bank`.

    ``#views=N`` behind a trained checkpoint opens it with another number of turned views than it
    was made with: another model, to which the first can be compared.

    Raises:
        CheckpointError: nothing is there, config.json is damaged or of a newer format, or a file
            that it names is missing. Weights are checked when they are loaded.
    """
    if (form := re.fullmatch(r"(.+)#views=(\d{1,2})", str(source))) is not None:
        return _with_views(open_checkpoint(form[1]), int(form[2]))
    folder = Path(source)
    recover_folder(folder)
    elsewhere = referred_source(folder)
    if elsewhere is not None:
        return _with_bank(open_checkpoint(elsewhere), folder)
    on_hub = is_hub_id(str(source))
    if on_hub:
        settings = first_file(str(source), ("config.json", OPEN_CLIP))
        folder = folder if settings is None else settings.parent
    path = folder / "config.json"
    if not path.is_file() and (folder / OPEN_CLIP).is_file():
        from cmpagl.model.open_clip import open_open_clip

        return _with_bank(open_open_clip(str(source), folder), folder)
    if not path.is_file():
        raise CheckpointError(
            f"{folder} is not a checkpoint (it has no config.json); give a folder that "
            "`python -m cmpagl train` wrote, or a hub id."
        )
    content = read_settings(path)
    if isinstance(content, dict) and not content.keys().isdisjoint(("model_type", "architecture")):
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
    return Checkpoint(folder, config, provenance, files)


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


def save_checkpoint(
    folder: Path,
    model: CMPAGL,
    bank: BankVectors,
    tokenizer_json: bytes,
    *,
    ranking: RankingConfig,
    provenance: Mapping[str, Any],
    card: str = "",
) -> Checkpoint:
    """Write a checkpoint as a whole: the folder is replaced once everything is on disk.

    Args:
        folder: where to; what was there goes.
        model: weights are stored as float16.
        bank: at most 4,000 vectors a direction.
        tokenizer_json: content of ``tokenizer.json``.
        ranking: tuned on validation data.
        provenance: what it was trained from and on, as JSON values.
        card: the model card as Markdown.

    Raises:
        CheckpointError: a weight is not finite in float16; what was there stays.
    """
    text = dict(model.text.state_dict())
    words = {WORD_EMBEDDINGS: text.pop(WORD_EMBEDDINGS)}
    contents = {
        "vision.safetensors": half_bytes(model.image.state_dict()),
        "text.safetensors": half_bytes(text),
        "word_embeddings.safetensors": half_bytes(words),
        "fusion.safetensors": half_bytes(model.fusion.state_dict()),
        "bank.safetensors": bank_bytes(bank),
        "tokenizer.json": tokenizer_json,
    }
    with atomic_folder(folder) as temporary:
        for name, content in contents.items():
            (temporary / name).write_bytes(content)
        write_json(
            temporary / "config.json",
            {
                "format": FORMAT,
                "model": asdict(replace(model.config, ranking=ranking)),
                "files": {
                    name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
                    for name, content in contents.items()
                },
                "provenance": dict(provenance),
            },
        )
        if card:
            (temporary / "README.md").write_text(card, encoding="utf-8")
    return open_checkpoint(folder)


def replace_ranking(
    checkpoint: Checkpoint, ranking: RankingConfig, provenance: Mapping[str, Any]
) -> Checkpoint:
    """Write another ranking and provenance into a checkpoint's ``config.json``; weights stay."""
    path = checkpoint.folder / "config.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["model"]["ranking"] = asdict(ranking)
    content["provenance"] = dict(provenance)
    write_json(path, content)
    return open_checkpoint(checkpoint.folder)


def weights_digest(module: nn.Module | ImageEncoder) -> str:
    """A hash of a module's weights."""
    digest = hashlib.blake2b(digest_size=16)
    for name, value in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
