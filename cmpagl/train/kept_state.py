"""A saved state held against the run that takes it up: all of it is there, and fits the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from cmpagl.errors import CheckpointError
from cmpagl.train.phases import DONE, PHASES
from cmpagl.train.run_folder import State
from cmpagl.train.schedule import MOMENTS, Rated

__all__ = ["require_phase", "require_trained", "require_tuned"]


def require_phase(state: State, path: Path) -> None:
    """Hold a state's phase against those that there are.

    Raises:
        CheckpointError: it is none of them.
    """
    if state.phase not in (*PHASES, DONE):
        _refuse(path, f"names the phase {state.phase!r:.40}")


def require_trained(state: State, trained: Mapping[str, Tensor], path: Path) -> None:
    """Hold a state's weights against all that the run changes, by name; a new run has none.

    Raises:
        CheckpointError: one is missing, unknown or of another size.
    """
    if state.tensors or state.step or state.phase != PHASES[0]:
        _require(state, "model", trained, path)


def require_tuned(state: State, rated: Sequence[Rated], steps: int, path: Path) -> None:
    """Hold a state within a phase against the parameters that it tunes and its number of steps.

    Raises:
        CheckpointError: there are fewer steps, or a moment or average is missing or does not fit.
    """
    if state.step > steps:
        _refuse(path, f"is at step {state.step:,} of {steps:,}")
    if not state.step:
        return
    own = {r.name: r.parameter for r in rated}
    for kind in ("average", *MOMENTS):
        wanted = {k: v.new_empty(()) if kind == "step" else v for k, v in own.items()}
        _require(state, kind, wanted, path)


def _require(state: State, kind: str, wanted: Mapping[str, Tensor], path: Path) -> None:
    found = state.group(kind)
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found or name not in wanted:
            _refuse(path, f"{'lacks' if name in wanted else 'has the unknown'} {kind}/{name}")
        said, told = found[name], wanted[name]
        if said.shape != told.shape or said.dtype != told.dtype:
            _refuse(path, f"has {kind}/{name} as {said.dtype} of the shape {tuple(said.shape)}")


def _refuse(path: Path, what: str) -> None:
    raise CheckpointError(
        f"{path} {what}, which does not fit this run; remove it to start the run anew."
    )
