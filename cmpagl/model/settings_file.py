"""A JSON file of a model's folder, which may be anybody's; ours hold a digest of what they say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cmpagl.config.json_types import TwiceError, distinct_keys
from cmpagl.errors import CheckpointError

__all__ = ["SEAL", "read_settings", "require_seal", "sealed"]

SEAL = "sealed"
COVERED = ("files", "sha256")  # digests of other files, which these are held against


def read_settings(path: Path, remedy: str = "restore the file") -> Any:  # noqa: ANN401
    """What it holds.

    Args:
        path: of the file.
        remedy: what to do about one that cannot be read.

    Raises:
        CheckpointError: it cannot be read, or is not JSON.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text, object_pairs_hook=distinct_keys)
    except TwiceError as error:
        raise CheckpointError(
            f"{path} says {error} twice in one object, and not the same; {remedy}."
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not valid JSON; {remedy}.") from error


def sealed(said: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with a digest of all that no other digest covers."""
    content = {k: v for k, v in said.items() if k not in (SEAL, *COVERED)}
    text = json.dumps(content, sort_keys=True)
    return {**said, SEAL: hashlib.sha256(text.encode()).hexdigest()}


def require_seal(said: Mapping[str, Any], path: Path) -> None:
    """Hold settings against their digest; those of an earlier version have none.

    Raises:
        CheckpointError: they say something else than when they were written.
    """
    if SEAL in said and sealed(said)[SEAL] != said[SEAL]:
        raise CheckpointError(
            f"{path} says something else than what was written, so it is damaged; restore it, or "
            f"take {SEAL!r} out of it if the change was meant."
        )
