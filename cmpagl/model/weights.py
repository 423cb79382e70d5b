"""A module's weights: given to it, as a hash, and as the bytes of a file in half precision."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

import torch
from safetensors.torch import save as serialise_tensors
from torch import Tensor, nn

from cmpagl.errors import CheckpointError
from cmpagl.model.encoder import ImageEncoder, TextEncoder

__all__ = ["half_bytes", "load_strictly", "tensors_digest", "unwrapped", "weights_digest"]


def weights_digest(module: nn.Module | ImageEncoder | TextEncoder) -> str:
    """A hash of a module's weights."""
    return tensors_digest(module.state_dict())


def tensors_digest(tensors: Mapping[str, Tensor]) -> str:
    """A hash of tensors and their names."""
    digest = hashlib.blake2b(digest_size=16)
    for name, value in sorted(tensors.items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def half_bytes(state: Mapping[str, Tensor]) -> bytes:
    """Tensors as safetensors, float16.

    Raises:
        CheckpointError: a value is not finite in float16.
    """
    half = {
        name: value.detach().cpu().to(torch.float16).contiguous() for name, value in state.items()
    }
    for name, value in half.items():
        if not bool(value.isfinite().all()):
            raise CheckpointError(
                f"{name} holds values that are not finite in float16, so nothing was saved; train "
                "with lower rates."
            )
    return bytes(serialise_tensors(half))


def unwrapped(state: dict[str, Tensor], wanted: Collection[str]) -> dict[str, Tensor]:
    """Weights without what a wrapper or a larger model has set before all of their names.

    Args:
        state: as stored.
        wanted: the names that the model has itself.
    """
    if any(name in state for name in wanted):
        return state
    starts = {
        key.removesuffix(name) for name in wanted for key in state if key.endswith(f".{name}")
    }
    inner = [
        {key.removeprefix(start): value for key, value in state.items() if key.startswith(start)}
        for start in sorted(starts)
    ]
    return max(inner, key=lambda one: sum(name in one for name in wanted), default=state)


def load_strictly(module: nn.Module, state: dict[str, Tensor], source: str, new: str) -> None:
    """Load ``state``; only parameters whose name contains ``new`` may be missing from it.

    Raises:
        CheckpointError: the weights of ``source`` are not those of the module.
    """
    shapes = {name: value.shape for name, value in module.state_dict().items()}
    found = {name: value.shape for name, value in state.items()}
    missing = [n for n in shapes if n not in found and (not new or new not in n)]
    wrong = missing + [n for n in found if shapes.get(n) != found[n]]
    if wrong:
        raise CheckpointError(
            f"{source} does not fit: {len(wrong)} weights are missing, unknown or of another size "
            f"(such as {wrong[0]}); give weights of the same arrangement."
        )
    module.load_state_dict(state, strict=False)
