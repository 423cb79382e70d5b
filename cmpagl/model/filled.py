"""SigLIP's way with a text: filled up to the greatest length, no place masked, the last one pooled.

What it is filled with, and at which end, its tokenizer's settings say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cmpagl.model.text import load_tokenizer

__all__ = ["Filled", "Padding", "padding_of", "tokenizer_settings"]


@dataclass(frozen=True)
class Padding:
    """What a text is filled up with."""

    piece: int  # the id
    left: bool  # before the text, not behind it

    def fill(self, input_ids: Tensor, attention_mask: Tensor, length: int) -> Filled:
        """Word pieces (B, L) of texts to ``length`` each.

        Args:
            input_ids: int64.
            attention_mask: 1 on real word pieces, which come first.
            length: at least L.
        """
        B, L = input_ids.shape
        places = torch.arange(L, device=input_ids.device).expand(B, L)
        if self.left:
            places = places + length - attention_mask.sum(dim=1, keepdim=True)
            # What is no piece of the text would lie beyond the end, and is put nowhere.
            places = places.clamp(max=length)
        else:
            places = places.masked_fill(attention_mask == 0, length)
        ids = input_ids.new_full((B, length + 1), self.piece)
        ids.scatter_(1, places, input_ids)
        return Filled(ids[:, :length], places.clamp(max=length - 1), attention_mask)


@dataclass(frozen=True)
class Filled:
    """Texts that are filled up."""

    input_ids: Tensor  # (B, length) int64
    places: Tensor  # (B, L): where each of its own pieces went
    attention_mask: Tensor  # (B, L)

    def own(self, states: Tensor) -> Tensor:
        """Of states (B, length, D), those of a text's own pieces (B, L, D); zeros behind them."""
        index = self.places.unsqueeze(-1).expand(-1, -1, states.shape[2])
        return states.gather(1, index) * self.attention_mask.unsqueeze(-1).to(states.dtype)


def padding_of(folder: Path, usual: int | None) -> Padding:
    """What a published model's texts are filled up with.

    Args:
        folder: of the model.
        usual: what its own settings name, where its tokenizer's name nothing.

    Raises:
        CheckpointError: its ``tokenizer.json`` is damaged.
    """
    said = tokenizer_settings(folder)
    piece = int(usual or 0)
    token = said.get("pad_token")
    token = token.get("content") if isinstance(token, dict) else token
    if token and (folder / "tokenizer.json").is_file():
        found = load_tokenizer(folder / "tokenizer.json").token_to_id(token)
        piece = piece if found is None else found
    return Padding(piece, said.get("padding_side") == "left")


def tokenizer_settings(folder: Path) -> dict[str, Any]:
    """The content of ``tokenizer_config.json``; {} where there is none."""
    path = folder / "tokenizer_config.json"
    said = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return said if isinstance(said, dict) else {}
