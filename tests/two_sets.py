"""Two small data sets whose pictures have the same names, joined into one index."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from tiny import THINGS, tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from cmpagl.data.dataset import load_dataset
from cmpagl.data.joining import join_datasets

NORTH, SOUTH = "north", "<b>south<-b>"
"""What the sets are called once joined; the second's description has a slash in its name."""

SIZES = {NORTH: 14, SOUTH: 10}


def named_set(folder: Path, name: str, n: int) -> Path:
    """A data set with classes whose description calls it ``name``; its last scene is an island."""
    data = tiny_dataset(folder, n)
    description = data / "dataset_fake.json"
    content = json.loads(description.read_text("utf-8"))
    content["dataset"] = name
    description.write_text(json.dumps(content), "utf-8")
    with open(data / "classes.csv", "w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(("filename", "class"))
        for i, image in enumerate(content["images"]):
            words = image["sentences"][0]["raw"].split()
            thing = next(word for word in words if word in THINGS)
            rows.writerow((image["filename"], f"isle of {name}" if i == n - 1 else thing))
    return data


def two_sets(folder: Path) -> tuple[Path, Path, tuple[Path, Path]]:
    """Index, checkpoint and the two data sets below ``folder``."""
    north = named_set(folder / "a", NORTH, SIZES[NORTH])
    south = named_set(folder / "b", "<b>south</b>", SIZES[SOUTH])
    joined = join_datasets([load_dataset(north), load_dataset(south)])
    checkpoint = tiny_checkpoint(folder / "checkpoint")
    build_index(joined, checkpoint, folder / "index", with_map=False)
    return folder / "index", folder / "checkpoint", (north, south)
