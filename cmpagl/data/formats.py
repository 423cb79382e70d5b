"""Which files are pictures: the suffixes of a folder's, the formats that Pillow may open."""

from __future__ import annotations

import io
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageFile

from cmpagl.data.effort import (  # also bounds how much of EXIF Pillow reads
    require_few_blocks,
    require_few_chunks,
    require_few_resources,
    require_few_segments,
    require_short_header,
    require_small_icon,
)
from cmpagl.data.jpeg2000 import require_few_tiles
from cmpagl.errors import DataError

__all__ = ["HEIC_SUFFIXES", "IMAGE_SUFFIXES", "LFS", "open_header", "reads_heic"]


# What Pillow recognises by a file's first bytes. The others that it knows hold icons, textures,
# fax pages and the like, or start another program (EPS); FITS it reads in the wrong byte order.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF", "PPM", "DIB", "TIFF", "JPEG2000")
# And what it takes anything for, or nobody puts under another name: only under its own suffix.
_BY_SUFFIX = ("ICO", "PCX", "PSD", "QOI", "SGI", "SUN", "TGA")
_BEFORE = {
    "GIF": require_few_blocks,
    "ICO": require_small_icon,
    "JPEG": require_few_segments,
    "JPEG2000": require_few_tiles,
    "PNG": require_few_chunks,
    "PSD": require_few_resources,
    "PPM": require_short_header,
}
"""What must hold before Pillow opens one: it reads all of that then."""
HEIC_SUFFIXES = frozenset([".heic", ".heics", ".heif", ".heifs", ".hif"])
"""What the extra ``heic`` reads."""
# fmt: off
IMAGE_SUFFIXES = frozenset([
    ".apng", ".avif", ".avifs", ".bmp", ".bw", ".dib", ".gif", ".icb", ".ico", ".j2c", ".j2k",
    ".jfif", ".jp2", ".jpc", ".jpe", ".jpeg", ".jpf", ".jpg", ".jpx", ".mpo", ".pbm", ".pcx",
    ".pfm", ".pgm", ".png", ".pnm", ".ppm", ".psd", ".qoi", ".ras", ".rgb", ".rgba", ".sgi",
    ".tga", ".tif", ".tiff", ".vda", ".vst", ".webp",
])
# fmt: on
"""By which a folder's pictures are known: every suffix of a format that is read here."""


LFS = b"version https://git-lfs"
"""What a file begins with that Git LFS has not fetched yet."""


def open_header(source: Path | bytes, head: bytes, name: str) -> ImageFile.ImageFile:
    """Open a picture's header by the formats above; `Image.open` would first warn of its size.

    Raises:
        DataError: it is of none of them, or takes long to open; then a clause without its name.
    """
    if head.startswith(LFS):
        raise DataError(
            f"The image {name} is not here: in its place stands what Git LFS leaves; run `git lfs "
            "pull` in its folder."
        )
    Image.init()
    _register_heic()
    suffix = os.path.splitext(name)[1].lower()
    own = Image.EXTENSION.get(suffix)
    if own == "HEIF" or suffix in HEIC_SUFFIXES or head[4:12] in _HEIC_HEADS:
        formats: tuple[str, ...] = ("AVIF", "HEIF")
    else:
        formats = (*_FORMATS, *([own] if own in _BY_SUFFIX else []))
    for kind in formats:
        factory, accepts = Image.OPEN.get(kind, (None, None))
        if factory is None or (accepts is not None and accepts(head) is not True):
            continue
        if kind in _BEFORE:
            _BEFORE[kind](source)
        file = io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")  # noqa: SIM115
        try:
            image = factory(file, name)
            image._exclusive_fp = True  # closed with the image
            return image
        except (SyntaxError, IndexError, TypeError, KeyError, EOFError, ValueError, OSError):
            file.close()
    if "HEIF" in formats and "HEIF" not in Image.OPEN:
        raise DataError(
            f"The image {name} cannot be read: HEIC needs the extra package pillow-heif "
            "(pip install 'cmpagl[heic]')."
        )
    if own in Image.OPEN and own not in formats:
        raise DataError(
            f"The image {name} cannot be read: {own} is not read here, save it as PNG or TIFF."
        )
    raise DataError(
        f"The image {name} cannot be read: it is broken or no picture in a known format."
    )


_HEIC_HEADS = frozenset(
    b"ftyp" + brand for brand in (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1")
)


@cache
def reads_heic() -> bool:
    """Whether the extra is installed."""
    return find_spec("pillow_heif") is not None


def _register_heic() -> None:
    """Let Pillow open HEIC where the extra is installed."""
    if "HEIF" not in Image.OPEN:
        try:
            from pillow_heif import register_heif_opener
        except ImportError:
            return
        register_heif_opener(thumbnails=False)
