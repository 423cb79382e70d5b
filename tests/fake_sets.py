"""Small image-caption sets in the real on-disk forms, drawn on the spot."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

NAMES = ("airport_1.png", "airport_2.png", "pond_1.png", "00007.png")
SPLITS = ("train", "train", "train", "val")
CAPTIONS = (
    ("A plane stands by a hall .", "two planes near a long road ."),
    ("A plane  stands by a hall", "many cars are parked ."),
    ("a round pond in the grass .", "A round pond in the grass."),
    ("two planes near a long road .", "houses in rows ."),
)


def draw_images(folder: Path, names: tuple[str, ...] = NAMES) -> None:
    """One flat colour per image; image i is (40 i, 100, 200)."""
    for index, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (12, 8), (40 * index, 100, 200)).save(path)


def karpathy_images() -> list[dict]:
    """The `images` list of Karpathy's form."""
    return [
        {
            "filename": name,
            "imgid": index,
            "split": split,
            "sentences": [{"raw": c, "tokens": c.split(), "imgid": index} for c in captions],
        }
        for index, (name, split, captions) in enumerate(zip(NAMES, SPLITS, CAPTIONS, strict=True))
    ]


def write_karpathy(root: Path, images: list[dict] | None = None, *, draw: bool = True) -> Path:
    """`dataset_fake.json` beside `images/`."""
    if draw:
        draw_images(root / "images")
    root.mkdir(exist_ok=True)
    content = {"dataset": "fake", "images": karpathy_images() if images is None else images}
    (root / "dataset_fake.json").write_text(json.dumps(content), encoding="utf-8")
    return root


def as_rows(dataset):
    return [(r.image_id, r.captions, r.class_name) for r in dataset.records]


ROWS = list(zip(NAMES, CAPTIONS, ("airport", "airport", "pond", None), strict=True))


def write_csv(root, header, rows, name="list.csv"):
    root.mkdir(exist_ok=True)
    (root / name).write_text("\n".join([header, *rows]) + "\n")


def write_caps(root, split, names, captions):
    root.mkdir(exist_ok=True)
    (root / f"{split}_caps.txt").write_text("".join(c + "\n" for c in captions))
    (root / f"{split}_filename.txt").write_text("".join(n + "\n" for n in names))
