"""The rate of each parameter at each step, the seed of each random choice, and when to validate."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from cmpagl.train.run_folder import State

__all__ = [
    "MOMENTS",
    "WARMUP",
    "Rated",
    "optimizer_of",
    "random_of",
    "restore_optimizer",
    "schedule",
    "seed_of",
    "validates",
]


WARMUP = 0.1  # share of a phase in which the rate rises
MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # what AdamW keeps of each parameter


class Rated(NamedTuple):
    """A parameter that a phase tunes, and its highest rate."""

    name: str
    parameter: nn.Parameter
    rate: float


def seed_of(seed: int, phase: str, step: int, what: str) -> int:
    """A number that only these four decide."""
    digest = hashlib.blake2b(f"{seed}/{phase}/{step}/{what}".encode(), digest_size=7)
    return int.from_bytes(digest.digest())


def random_of(seed: int, phase: str, step: int, what: str) -> np.random.Generator:
    """Randomness that only these four decide."""
    return np.random.default_rng(seed_of(seed, phase, step, what))


def schedule(share: float) -> float:
    """Rate relative to the highest: linear warm-up, then a cosine to 0."""
    if share < WARMUP:
        return (share + 1e-3) / (WARMUP + 1e-3)
    return 0.5 * (1 + float(np.cos(np.pi * (share - WARMUP) / (1 - WARMUP))))


def validates(epoch: int, epochs: int, phase: str) -> bool:
    """Heads train in seconds, so only their end is validated; alignment after each epoch."""
    return epoch == epochs or phase == "align"


def optimizer_of(rated: list[Rated], weight_decay: float) -> torch.optim.AdamW:
    """AdamW over parameters with a rate each; vectors (biases, norms) do not decay."""
    groups = [
        {
            "params": [r.parameter],
            "lr": r.rate,
            "weight_decay": weight_decay if r.parameter.ndim > 1 else 0.0,
        }
        for r in rated
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))


def restore_optimizer(optimizer: torch.optim.AdamW, rated: list[Rated], state: State) -> None:
    """Give AdamW back the steps and moments that a state kept of each parameter."""
    for kind in MOMENTS:
        values = state.group(kind)
        for r in rated:
            value = values[r.name]
            optimizer.state[r.parameter][kind] = (
                value if kind == "step" else value.to(r.parameter.device)
            )
