"""How many pixels a picture may have: by the memory and the time that its form takes to decode."""

from __future__ import annotations

from PIL import Image, ImageFile

from cmpagl.errors import DataError

__all__ = ["BYTES", "TooLargeError", "bytes_taken", "keeps_high_bytes", "require_size"]

BYTES = 4
"""Of memory for each pixel that a picture may have, beyond the result, while it is decoded."""

LONGEST = 1_000_000  # pixels of a side


class TooLargeError(Exception):
    """More pixels than the caller allows, or than its form does."""

    def __init__(self, most: int, form: str = "") -> None:
        of_form = f" of {form}, which has to be decoded whole," if form else ""
        super().__init__(
            f"has more than {most:,} pixels, the limit{of_form} against decompression bombs: "
            + ("save it as JPEG, PNG or TIFF, or " if form else "")
            + "cut it into tiles first (`index --chip 256` cuts a TIFF itself)"
        )


def require_size(size: tuple[int, int], most: int, form: str = "") -> None:
    """Bound the pixels, and a side: to resize a picture takes 32 bytes for each pixel of it."""
    if size[0] * size[1] > most:
        raise TooLargeError(most, form)
    if max(size) > LONGEST:
        raise DataError(f"a side of it has more than {LONGEST:,} pixels: cut it into tiles first")


def bytes_taken(image: ImageFile.ImageFile, head: bytes) -> int:
    """Bytes a pixel that decoding takes beyond the result, as measured (docs/security.md).

    Their libraries give AVIF and HEIF whole, as planes, as RGB and once more as Pillow's; WebP with
    transparency or movement on canvases; WebP without loss at once. What Pillow decodes in Python
    takes microseconds a pixel; of a BMP's runs one may skip 255 rows at once.
    """
    decoders = {tile.codec_name for tile in image.tile}
    if "bmp_rle" in decoders:
        return 256
    if decoders & Image.DECODERS.keys():
        return 100
    if image.format == "WEBP":
        if image.mode != "RGB" or getattr(image, "n_frames", 1) > 1:
            return 16
        return BYTES if head[12:16] == b"VP8 " else 8
    return {"AVIF": 11, "HEIF": 8}.get(image.format or "", BYTES)


def keeps_high_bytes(tile: ImageFile._Tile) -> bool:
    """Whether values of 16 bits become 8 by their high bytes alone."""
    return ";16" in str(tile) or tile.codec_name == "SGI16" or tile.args == ("RGB", 65535)
