"""A JSON file of a model's folder, which may be anybody's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cmpagl.errors import CheckpointError

__all__ = ["read_settings"]


def read_settings(path: Path, remedy: str = "restore the file") -> Any:  # noqa: ANN401
    """What it holds.

    Args:
        path: of the file.
        remedy: what to do about one that cannot be read.

    Raises:
        CheckpointError: it cannot be read, or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not valid JSON; {remedy}.") from error
