"""Writing a checkpoint, all of it or its ranking alone; see `cmpagl.model.checkpoint`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from cmpagl.config.ranking import RankingConfig
from cmpagl.files import atomic_folder, write_json
from cmpagl.model.bank_vectors import BankVectors, bank_bytes
from cmpagl.model.checkpoint import FORMAT, Checkpoint, open_checkpoint
from cmpagl.model.settings_file import sealed
from cmpagl.model.towers import CMPAGL
from cmpagl.model.weights import half_bytes

__all__ = ["replace_ranking", "save_checkpoint"]


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
    text, table = dict(model.text.state_dict()), f"encoder.{model.text.encoder.word_table}"
    words = {table: text.pop(table)}
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
            sealed(
                {
                    "format": FORMAT,
                    "model": asdict(replace(model.config, ranking=ranking)),
                    "files": {
                        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
                        for name, content in contents.items()
                    },
                    "provenance": dict(provenance),
                }
            ),
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
    write_json(path, sealed(content))
    return open_checkpoint(checkpoint.folder)
