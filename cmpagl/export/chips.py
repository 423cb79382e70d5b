"""The pictures of an answer as one ZIP: an image folder, COCO captions, and where each lies.

images/0001_NAME.png     as the model saw it: upright, 8 bits, stretched
images/0001_NAME.pgw     its world file, where its raster says where it lies
images/0001_NAME.prj     the system of that, as WKT
metadata.jsonl           a line a picture, as Hugging Face's image folders have it
annotations/captions.json  COCO captions
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

from cmpagl.data.chips import RASTERS, WindowPicture
from cmpagl.data.picture import Picture
from cmpagl.data.raster import opened
from cmpagl.errors import DataError
from cmpagl.export.answer import Answer, Item
from cmpagl.files import atomic_path
from cmpagl.store.gallery import Gallery

__all__ = ["write_chips"]


def write_chips(answer: Answer, gallery: Gallery, out: Path) -> tuple[str, ...]:
    """Write it; gives the names of scenes whose pictures cannot be read any more."""
    lost: list[str] = []
    images: list[dict[str, Any]] = []
    captions: list[dict[str, Any]] = []
    lines: list[str] = []
    with atomic_path(out) as path, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for item in answer.items:
            picture = gallery.records[item.number].picture
            try:
                size, name = _add_picture(archive, picture, item)
            except DataError:
                lost.append(item.image_id)
                continue
            number = len(images) + 1
            images.append({"id": number, "file_name": name, "width": size[0], "height": size[1]})
            captions += [
                {"id": len(captions) + n, "image_id": number, "caption": caption}
                for n, caption in enumerate(item.captions, 1)
            ]
            said = {"file_name": name, "text": item.captions[0] if item.captions else None}
            lines.append(json.dumps({**said, **item.properties()}, ensure_ascii=False))
        coco = {"info": answer.facts(), "images": images, "annotations": captions}
        archive.writestr("metadata.jsonl", "".join(line + "\n" for line in lines))
        archive.writestr("annotations/captions.json", json.dumps(coco, ensure_ascii=False))
    return tuple(lost)


def _add_picture(
    archive: zipfile.ZipFile, picture: Picture, item: Item
) -> tuple[tuple[int, int], str]:
    """Write a picture and what says where it lies; its size and its name in the ZIP."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", item.title)[:60] or "scene"
    stem = f"images/{item.rank:04d}_{plain}"
    image = picture.read()
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    archive.writestr(f"{stem}.png", buffer.getvalue())
    world = _world(picture)
    if world is not None:
        archive.writestr(f"{stem}.pgw", world[0])
        archive.writestr(f"{stem}.prj", world[1])
    return image.size, f"{stem}.png"


def _world(picture: Picture) -> tuple[str, str] | None:
    """A world file and a system; None where the raster does not say where it lies."""
    if picture.path.suffix.lower() not in RASTERS:
        return None
    column, row = picture.window[:2] if isinstance(picture, WindowPicture) else (0, 0)
    try:
        with opened(picture.path) as data:
            if data.crs is None:
                return None
            a, b, c, d, e, f = data.transform[:6]
            x, y = column + 0.5, row + 0.5  # a world file names the middle of the first pixel
            values = (a, d, b, e, a * x + b * y + c, d * x + e * y + f)
            return "".join(f"{value:.12g}\n" for value in values), str(data.crs.to_wkt())
    except Exception:  # it has gone: said where it is read
        return None
