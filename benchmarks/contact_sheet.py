"""One drawn scene of each land-use class on one sheet, for the README.

    python -m benchmarks.contact_sheet [--data assets/gallery] [--out docs/contact-sheet.webp]

Which one was picked by eye, for what its class looks like.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from cmpagl.files import write_bytes
from cmpagl.scenes.dataset import read_truths

REPOSITORY = Path(__file__).resolve().parent.parent
COLUMNS = 8
TILE, GAP, LINE = 150, 6, 20  # pixels: a scene's side, what lies between two, the name above
QUALITY = 80

PICKED = (
    *(287, 330, 257, 72, 25, 279, 251, 173, 266, 218, 67, 219, 194, 305, 262, 378),
    *(345, 99, 106, 228, 222, 154, 136, 435, 474, 7, 78, 327, 59, 151, 324, 202),
)
"""Places of the scenes in the gallery."""


def contact_sheet(folder: Path) -> Image.Image:
    """The sheet of a folder of drawn scenes.

    Raises:
        DataError: the folder has no ``truth.json``.
    """
    truths = read_truths(folder)
    chosen = sorted((truths[place] for place in PICKED), key=lambda one: one.spec.class_name)
    rows = -(-len(chosen) // COLUMNS)
    size = (COLUMNS * (TILE + GAP) + GAP, rows * (TILE + LINE + GAP) + GAP)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(13)
    for number, truth in enumerate(chosen):
        row, column = divmod(number, COLUMNS)
        left, top = GAP + column * (TILE + GAP), GAP + row * (TILE + LINE + GAP)
        draw.text((left, top + 1), truth.spec.class_name, fill="#222222", font=font)
        (path,) = (folder / "images").glob(f"{truth.spec.scene_id}.*")
        with Image.open(path) as image:
            small = image.convert("RGB").resize((TILE, TILE), Image.Resampling.LANCZOS)
        sheet.paste(small, (left, top + LINE))
    return sheet


def main() -> None:
    """Draw the sheet and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=REPOSITORY / "assets" / "gallery")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "contact-sheet.webp")
    args = parser.parse_args()
    buffer = io.BytesIO()
    contact_sheet(args.data).save(buffer, "WEBP", quality=QUALITY, method=6)
    write_bytes(args.out, buffer.getvalue())
    print(f"{args.out}: {buffer.tell() // 1024} kB")


if __name__ == "__main__":
    main()
