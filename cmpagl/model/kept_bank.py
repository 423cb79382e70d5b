"""A query bank made for a model that came without one, and the ranking that was tuned with it.

    bank.json          for which weights, whose model, the tuned ranking, what it was made of
    bank.safetensors   embeddings of captions and pictures, float16; no text, no picture

Both lie in the model's own folder, or in a folder of their own that opens as the model.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError
from safetensors.torch import load as parse_tensors

from cmpagl.config.ranking import RankingConfig
from cmpagl.config.strict import from_dict
from cmpagl.errors import CheckpointError, ConfigError
from cmpagl.files import hold_folder, write_bytes, write_json
from cmpagl.model.bank_vectors import BankVectors, bank_bytes, bank_mark
from cmpagl.model.part_file import finite
from cmpagl.model.settings_file import read_settings, require_seal, sealed

if TYPE_CHECKING:
    from cmpagl.model.checkpoint import Checkpoint

__all__ = ["SAID", "KeptBank", "keep_bank", "read_bank", "referred_source"]

FORMAT = 1
SAID, VECTORS = "bank.json", "bank.safetensors"


@dataclass(frozen=True)
class KeptBank:
    """A bank on disk, its description read."""

    folder: Path
    fingerprint: str  # of the model whose weights embedded it
    sha256: str  # of the file of vectors
    ranking: RankingConfig
    provenance: Mapping[str, Any]

    @property
    def mark(self) -> str:
        """As `Checkpoint.bank_fingerprint`."""
        return bank_mark(self.sha256)

    def vectors(self) -> BankVectors:
        """Read the vectors.

        Raises:
            CheckpointError: they are not those that were written.
        """
        path = self.folder / VECTORS
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CheckpointError(f"{path} cannot be read ({error.strerror}).") from error
        names = {field.name for field in fields(BankVectors)}
        try:
            tensors = parse_tensors(content)
        except SafetensorError:
            tensors = {}
        if hashlib.sha256(content).hexdigest() != self.sha256 or set(tensors) != names:
            raise CheckpointError(
                f"{path} is damaged or of another bank than {SAID} describes; make the bank again "
                "(python -m cmpagl bank)."
            )
        floats = finite({name: value.float() for name, value in tensors.items()}, path)
        return BankVectors(**floats)


def keep_bank(
    folder: Path,
    checkpoint: Checkpoint,
    bank: BankVectors,
    ranking: RankingConfig,
    provenance: Mapping[str, Any],
) -> None:
    """Write a model's bank into its own folder or another; the description last, which counts.

    Raises:
        CheckpointError: the folder is the model's own, which opens otherwise than the bank is of.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = bank_bytes(bank)
    source = str(checkpoint.provenance.get("published", checkpoint.folder))
    if Path(source).is_dir():
        same = Path(source).resolve() == folder.resolve()
        if same and checkpoint.form:
            raise CheckpointError(
                f"The bank of {checkpoint.name} needs a folder of its own, as {folder} opens "
                "without that form; give --out another one."
            )
        source = "." if same else os.path.relpath(Path(source).resolve(), folder.resolve())
    said = {
        "format": FORMAT,
        "model": source + checkpoint.form,
        "fingerprint": checkpoint.fingerprint,
        "sha256": hashlib.sha256(content).hexdigest(),
        "ranking": asdict(ranking),
        "provenance": dict(provenance),
    }
    with hold_folder(folder, None):  # both of one
        write_bytes(folder / VECTORS, content)
        write_json(folder / SAID, sealed(said))


def read_bank(folder: Path) -> KeptBank | None:
    """The bank that lies in a folder, if one does.

    Raises:
        CheckpointError: its description is damaged.
    """
    if not (folder / SAID).is_file():
        return None
    said = _said(folder)
    try:
        ranking = from_dict(RankingConfig, said["ranking"], f"{folder / SAID}: ranking")
        if not isinstance(said["provenance"], dict):
            raise ConfigError("its provenance is no JSON object")
        require_seal(said, folder / SAID)
        return KeptBank(
            folder, str(said["fingerprint"]), str(said["sha256"]), ranking, said["provenance"]
        )
    except (KeyError, ConfigError) as error:
        raise CheckpointError(
            f"{folder / SAID} is damaged ({error}); make the bank again (python -m cmpagl bank)."
        ) from error


def referred_source(folder: Path) -> str | None:
    """The model that a folder with a bank alone is of: a folder or hub id; None for other folders.

    Raises:
        CheckpointError: its description is damaged.
    """
    if not (folder / SAID).is_file() or (folder / "config.json").is_file():
        return None
    source = _said(folder).get("model")
    if not isinstance(source, str) or source == ".":
        raise CheckpointError(
            f"{folder} holds a query bank without its model; put both into one folder again."
        )
    place, sign, form = source.partition("#")
    beside = folder / place  # a folder is named by the way to it
    return f"{beside}{sign}{form}" if beside.is_dir() else source


def _said(folder: Path) -> dict[str, Any]:
    path = folder / SAID
    said = read_settings(path, "make the bank again")
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} is no query bank of format {FORMAT}; make it again (python -m cmpagl bank)."
        )
    return said
