"""The rate of each parameter at each step, the seed of each random choice, and when to validate."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from cmpagl.train.run_folder import State

__all__ = ["WARMUP", "Rated", "restore_optimizer", "schedule", "seed_of", "validates"]


WARMUP = 0.1  # share of a stage in which the rate rises


class Rated(NamedTuple):
    """A parameter that a stage tunes, and its highest rate."""

    name: str
    parameter: nn.Parameter
    rate: float


def seed_of(seed: int, stage: str, step: int, what: str) -> int:
    """A number that only these four decide."""
    digest = hashlib.blake2b(f"{seed}/{stage}/{step}/{what}".encode(), digest_size=7)
    return int.from_bytes(digest.digest())


def schedule(share: float) -> float:
    """Rate relative to the highest: linear warm-up, then a cosine to 0."""
    if share < WARMUP:
        return (share + 1e-3) / (WARMUP + 1e-3)
    return 0.5 * (1 + float(np.cos(np.pi * (share - WARMUP) / (1 - WARMUP))))


def validates(epoch: int, epochs: int, stage: str) -> bool:
    """Heads train in seconds, so only their end is validated; alignment after each epoch."""
    return epoch == epochs or stage == "align"


def restore_optimizer(optimizer: torch.optim.AdamW, rated: list[Rated], state: State) -> None:
    """Give AdamW back the steps and moments that a state kept of each parameter."""
    for kind in ("step", "exp_avg", "exp_avg_sq"):
        values = state.group(kind)
        for r in rated:
            value = values[r.name]
            optimizer.state[r.parameter][kind] = (
                value if kind == "step" else value.to(r.parameter.device)
            )
