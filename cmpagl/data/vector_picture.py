"""What stands for a picture where an index holds vectors alone: a tile in the vector's colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from cmpagl.data.decode import MAX_PIXELS
from cmpagl.data.stretch import Reading
from cmpagl.errors import DataError

__all__ = ["VectorPicture"]

SIDE = 64


@dataclass(frozen=True)
class VectorPicture:
    """A plain tile; like vectors have like colours."""

    path: Path  # the file of vectors
    of: str  # what the vector is of
    content: str  # digest of name and vector, hex
    colour: tuple[int, int, int]

    @property
    def name(self) -> str:
        """What a sentence calls it."""
        return f"{self.of} of {self.path}"

    def read(self, *, side: int | None = None, max_pixels: int = MAX_PIXELS) -> Image.Image:
        """The tile."""
        return Image.new("RGB", (SIDE, SIDE), self.colour)

    def read_as(self, reading: Reading) -> VectorPicture:
        """Itself: a tile has no bands.

        Raises:
            DataError: bands or a stretch are asked for.
        """
        if reading != Reading():
            raise DataError(f"{self.path} holds vectors, which have no bands; leave --bands out.")
        return self

    def digest(self) -> str:
        """Of name and vector."""
        return self.content

    def stamp(self) -> tuple[int, int] | None:
        """A time that never changes: the tile needs no file."""
        return (SIDE, 0)

    def to_json(self, root: Path) -> dict[str, Any]:
        """All of it."""
        return {
            "kind": "vector",
            "path": self.path.name,
            "of": self.of,
            "content": self.content,
            "colour": list(self.colour),
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any], path: Path) -> VectorPicture:
        """What `to_json` wrote.

        Raises:
            KeyError: something is missing.
            ValueError: it is no digest or colour.
        """
        red, green, blue = (int(part) % 256 for part in said["colour"])
        bytes.fromhex(said["content"])
        return cls(path, str(said["of"]), str(said["content"]), (red, green, blue))
