"""A picture that opens itself, whether it is a file, bytes in a table or a window of a raster.

All that the store, training and the page ask of a picture is the `Picture` below. A new way for
pictures to lie somewhere is one class that answers the same, and one line in `open_picture`.

`read_image` and `load_pixels` take a path as well, which is a `FilePicture`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cmpagl.data.decode import MAX_PIXELS, decode, file_digest
from cmpagl.data.formats import IMAGE_SUFFIXES
from cmpagl.data.resize import square_pixels, thumbnail_bytes
from cmpagl.data.stretch import Reading
from cmpagl.errors import DataError

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "SIDE",
    "FilePicture",
    "Picture",
    "load_pixels",
    "open_picture",
    "read_image",
    "square_pixels",
    "thumbnail_bytes",
]


SIDE = 1024
"""As many pixels of a shorter side as embedding and thumbnails need; see `Picture.read`."""


class Picture(Protocol):
    """One picture, not yet opened: cheap to make, to compare and to keep by the million."""

    def __hash__(self) -> int:
        """Equal pictures are one key."""

    @property
    def name(self) -> str:
        """What a sentence calls it: its path, or the file it lies in and where in it."""

    @property
    def path(self) -> Path:
        """The file that it is or lies in; several pictures may share one."""

    def read(self, *, side: int | None = None, max_pixels: int = MAX_PIXELS) -> Image.Image:
        """Decode it as upright 8-bit RGB, by the rules of `cmpagl.data.decode`.

        Args:
            side: pixels that its shorter side must keep; a large picture may come reduced to that.
            max_pixels: a larger picture is refused by its header, before anything is decoded.

        Raises:
            DataError: it cannot be read; the sentence names it.
        """

    def read_as(self, reading: Reading) -> Picture:
        """The same picture with other bands, or stretched otherwise."""

    def digest(self) -> str:
        """32 hex digits that differ where the picture differs, whatever it is called.

        Raises:
            DataError: it cannot be read.
        """

    def stamp(self) -> tuple[int, int] | None:
        """Bytes and time (ns) of its file, a hint that it may have changed; None: it is gone."""

    def to_json(self, root: Path) -> dict[str, Any]:
        """What `open_picture` makes it of again; files are named from ``root`` on."""


@dataclass(frozen=True)
class FilePicture:
    """A picture file."""

    path: Path
    reading: Reading = field(default_factory=Reading)

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    def read(self, *, side: int | None = None, max_pixels: int = MAX_PIXELS) -> Image.Image:
        """See `Picture.read`."""
        return decode(self.path, self.name, reading=self.reading, side=side, max_pixels=max_pixels)

    def read_as(self, reading: Reading) -> FilePicture:
        """See `Picture.read_as`."""
        return replace(self, reading=reading)

    def digest(self) -> str:
        """The digest of the file's bytes, and of how they are read if that was chosen."""
        return digest_as_read(file_digest(self.path), self.reading)

    def stamp(self) -> tuple[int, int] | None:
        """See `Picture.stamp`."""
        return file_stamp(self.path)

    def to_json(self, root: Path) -> dict[str, Any]:
        """Its path, and how it is read if that was chosen."""
        return {"path": relative_path(self.path, root), **reading_json(self.reading)}


def open_picture(said: Mapping[str, Any], root: Path) -> Picture:
    """Make a picture of what its `to_json` gave; nothing is opened.

    Raises:
        DataError: it is of no known kind, or a file lies outside ``root``.
    """
    path = inside(said.get("path"), root)
    kind = said.get("kind", "file")
    if kind == "file":
        return FilePicture(path, reading_from(said))
    opener: Callable[[Mapping[str, Any], Path], Picture] | None = None
    if kind == "window":
        from cmpagl.data.chips import WindowPicture

        opener = WindowPicture.from_json
    elif kind in ("tar", "table"):
        from cmpagl.data.held import TablePicture, TarPicture

        opener = TarPicture.from_json if kind == "tar" else TablePicture.from_json
    elif kind == "vector":
        from cmpagl.data.vector_picture import VectorPicture

        opener = VectorPicture.from_json
    if opener is not None:
        try:
            return opener(said, path)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{dict(said)!r:.200} is no record of a picture.") from error
    raise DataError(f"A picture of the kind {kind!r} is not known here: update the program.")


def inside(name: object, root: Path) -> Path:
    """The file that a record names below ``root``.

    Raises:
        DataError: it is no relative path, or leaves the folder.
    """
    if not isinstance(name, str) or Path(name).is_absolute() or ".." in Path(name).parts:
        raise DataError(f"The path {name!r} leaves the data folder, so it is not opened.")
    return root / name


def relative_path(path: Path, root: Path) -> str:
    """A file as its record names it."""
    whole, start = path.as_posix(), f"{root.as_posix()}/"
    if whole.startswith(start) and ".." not in path.parts:  # a tenth of the time of the general way
        return whole.removeprefix(start)
    return Path(os.path.relpath(path, root)).as_posix()


def file_stamp(path: Path) -> tuple[int, int] | None:
    """Bytes and time of change (ns) of a regular file; None where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return (stat.st_size, stat.st_mtime_ns) if path.is_file() else None


def as_picture(picture: Picture | Path) -> Picture:
    """A path as the picture that it is."""
    return FilePicture(picture) if isinstance(picture, Path) else picture


def digest_as_read(digest: str, reading: Reading) -> str:
    """A digest that tells other bands and another stretch apart; as it is where none was chosen."""
    if reading == Reading():
        return digest
    return hashlib.blake2b(f"{digest} {reading}".encode(), digest_size=16).hexdigest()


def reading_json(reading: Reading) -> dict[str, Any]:
    """What was chosen, for `Picture.to_json`; nothing where nothing was."""
    return {} if reading == Reading() else {"reading": asdict(reading)}


def reading_from(said: Mapping[str, Any]) -> Reading:
    """The reading that `reading_json` wrote.

    Raises:
        DataError: it is none.
    """
    try:
        chosen = said.get("reading", {})
        reading = Reading(**{**chosen, "bands": tuple(int(b) for b in chosen.get("bands", ()))})
        if reading.stretch not in ("joint", "band") or not 0 <= reading.low < reading.high <= 100:
            raise ValueError
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{said.get('reading')!r} does not say how a picture is read.") from error
    return reading


def read_image(
    picture: Picture | Path, *, side: int | None = None, max_pixels: int = MAX_PIXELS
) -> Image.Image:
    """Read a picture, or a picture file, as upright 8-bit RGB: see `Picture.read`.

    Raises:
        DataError: it cannot be read; the sentence names it.
    """
    return as_picture(picture).read(side=side, max_pixels=max_pixels)


def load_pixels(
    picture: Picture | Path, size: int, *, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Read a picture and squash it to (size, size, 3) uint8: `read_image` then `square_pixels`.

    Raises:
        DataError: As `read_image`.
    """
    return square_pixels(read_image(picture, side=SIDE, max_pixels=max_pixels), size)
