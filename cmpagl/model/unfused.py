"""Models that others have trained: there is no fusion, and no bank but one made afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.fusion import FusionEncoder

__all__ = ["UnfusedCheckpoint"]


@dataclass(frozen=True)
class UnfusedCheckpoint(Checkpoint):
    """A checkpoint that came with towers or vectors alone."""

    @property
    def bank_fingerprint(self) -> str:
        """Of the bank that was made for it, if one was."""
        return self.kept.mark if self.kept is not None else "none"

    @property
    def has_bank(self) -> bool:
        """Whether one was made for it (`python -m cmpagl bank`)."""
        return self.kept is not None

    def fusion(self) -> FusionEncoder:
        """No layer: nothing is matched, and the index keeps one number a token."""
        torch.manual_seed(0)
        config = self.config
        return FusionEncoder(
            config.fusion, text_dim=config.text.dim, image_dim=config.vision.out_dim
        ).eval()

    def bank(self) -> BankVectors:
        """The one made for it; without, a query that scores 0 with everything, so nothing moves."""
        if self.kept is not None:
            return self.kept.vectors()
        nothing = torch.zeros(1, self.config.embed_dim)
        return BankVectors(nothing, nothing, nothing)
