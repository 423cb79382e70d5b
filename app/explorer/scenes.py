"""The scenes of the gallery as the page shows them: names, captions, and pictures as bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal

from app.explorer.uploads import DECODING
from app.words.page import STATUS
from cmpagl.data.chips import WindowPicture
from cmpagl.data.picture import Picture
from cmpagl.data.records import ImageRecord
from cmpagl.errors import DataError, QueryError
from cmpagl.store.gallery import Gallery, PictureState

__all__ = [
    "LEAST_VERSION",
    "FileState",
    "Scene",
    "check_unchanged",
    "file_state",
    "find_scene",
    "picture_jpeg",
    "scene",
    "scene_now",
    "scene_of_link",
    "scenes_of",
    "thumbnail_webp",
]

FileState = PictureState | Literal["unreadable"]
"""What became of a picture's file since it was indexed."""

LEAST_VERSION = 8  # hex digits that tell one picture from another
LONGER_SIDE = 1280  # pixels of a picture as the page shows it


@dataclass(frozen=True)
class Scene:
    """One scene of the gallery, in words and links; text is as the data set has it, untrusted."""

    number: int  # of `Gallery.records`, from 0
    image_id: str  # the name in links
    title: str  # short: see `_title`
    class_name: str | None
    captions: tuple[str, ...]
    thumbnail: str  # link to a WebP, at most 256 pixels on its longer side
    picture: str  # link to a JPEG, at most 1280
    data_set: str | None = None  # the one it comes from, where several are joined
    around: str = ""  # link to what surrounds it, where it is a piece of a raster
    version: str = ""  # the beginning of its picture's digest, which names it whatever its number


def scene(gallery: Gallery, number: int) -> Scene:
    """Scene ``number`` of the gallery as it was indexed; see `scene_now` where it is opened."""
    record = gallery.records[number]
    version = gallery.content_hashes[number][:8]
    return Scene(
        number=number,
        image_id=record.image_id,
        title=_title(record),
        class_name=record.class_name,
        captions=record.captions,
        thumbnail=f"scenes/{number}/thumbnail?v={version}",
        picture=f"scenes/{number}/picture?v={version}",
        data_set=record.data_set,
        around=f"scenes/{number}/around?v={version}",
        version=version,
    )


def _title(record: ImageRecord) -> str:
    """The file's name without folder and ending; of a piece of a raster, the raster's and where."""
    path = PurePosixPath(record.image_id)
    if not isinstance(record.picture, WindowPicture):
        return path.stem
    column, row = record.picture.window[:2]
    said = {"raster": path.parent.stem or path.stem, "column": column, "row": row}
    return STATUS.piece.format(**said)


def scenes_of(gallery: Gallery, numbers: Sequence[int]) -> tuple[Scene, ...]:
    """Several scenes; those of a large gallery are read at once."""
    gallery.records.load(numbers)
    return tuple(scene(gallery, int(number)) for number in numbers)


def scene_now(gallery: Gallery, number: int) -> tuple[Scene, FileState, str]:
    """A scene as its file is now, what became of the file, and its content hash; reads the file.

    The picture of a file that changed has another link; without a picture, it is the thumbnail, and
    there is no hash ("").
    """
    shown, picture = scene(gallery, number), gallery.records[number].picture
    state: FileState = gallery.picture_state(number)
    if state == "unchanged":
        return shown, state, gallery.content_hashes[number]
    if state == "changed":
        try:
            version = picture.digest()
            with DECODING:
                picture.read(side=LONGER_SIDE)
        except DataError:
            state = "unreadable"
        else:
            return (
                replace(shown, picture=f"scenes/{number}/picture?v={version[:8]}"),
                state,
                version,
            )
    return replace(shown, picture=shown.thumbnail), state, ""


def file_state(gallery: Gallery, number: int) -> FileState:
    """What became of a scene's file, for who shows its thumbnail; reads the file if it changed.

    Raises:
        QueryError: there is no such scene.
    """
    _check(gallery, number)
    return scene_now(gallery, number)[1]


def find_scene(gallery: Gallery, image_id: str) -> int | None:
    """The number of the scene with this name; None where there is none."""
    return gallery.records.find(image_id)


def scene_of_link(gallery: Gallery, number: int, version: str) -> int:
    """The scene that a picture's link means, by its content: numbers change when an index grows.

    Args:
        gallery: the open one.
        number: the scene's number when the link was made.
        version: the beginning of its picture's digest; empty in a link without one.

    Raises:
        QueryError: no scene has such a picture any more.
    """
    there = 0 <= number < len(gallery)
    if there and gallery.content_hashes[number].startswith(version):
        return number
    found = gallery.find_content(version) if len(version) >= LEAST_VERSION else None
    if found is not None:
        return found
    if there and scene_now(gallery, number)[2].startswith(version):  # the file has changed
        return number
    raise QueryError("The picture of this link is not in the gallery any more.")


def thumbnail_webp(gallery: Gallery, number: int) -> bytes:
    """A scene's thumbnail, as a WebP.

    Raises:
        QueryError: there is no such scene.
    """
    _check(gallery, number)
    return gallery.thumbnail(number)


def check_unchanged(gallery: Gallery, number: int, version: str) -> None:
    """See that a scene's file is still the one that a link means; reads it.

    Raises:
        QueryError: it has changed since the link was made.
        DataError: it has vanished or cannot be read.
    """
    record = gallery.records[number]
    try:
        same = record.picture.digest().startswith(version)
    except DataError as error:
        raise _without_path(error, record) from error
    if not same:
        raise QueryError("The picture of this link has changed since.")


def picture_jpeg(gallery: Gallery, number: int) -> bytes:
    """A scene's picture, read as the model reads it (upright, 8-bit RGB), as a JPEG.

    Raises:
        QueryError: there is no such scene.
        DataError: the file has vanished or cannot be read.
    """
    _check(gallery, number)
    record = gallery.records[number]
    try:
        stamp = record.picture.stamp()
        if stamp is None:
            raise DataError(f"The picture of {record.image_id} has vanished.")
        return _jpeg(record.picture, stamp)
    except DataError as error:
        raise _without_path(error, record) from error


def _without_path(error: DataError, record: ImageRecord) -> DataError:
    """Where a file lies is not a visitor's business."""
    return DataError(str(error).replace(str(record.path), record.image_id))


def _check(gallery: Gallery, number: int) -> None:
    if not 0 <= number < len(gallery):
        raise QueryError(f"Scene {number} does not exist; the gallery has 0 to {len(gallery) - 1}.")


@lru_cache(maxsize=64)
def _jpeg(picture: Picture, stamp: tuple[int, int]) -> bytes:
    """A picture, kept until the file that it lies in changes."""
    with DECODING:
        image = picture.read(side=LONGER_SIDE).copy()
    image.thumbnail((LONGER_SIDE, LONGER_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
