"""A command says first what it will use of a folder, and last what it has used."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from fake_sets import NAMES, draw_images, karpathy_images, write_karpathy
from PIL import Image

from cmpagl.cli.account import account_lines, constant_pictures, split_lines
from cmpagl.data.dataset import load_dataset
from cmpagl.data.joining import join_datasets
from cmpagl.data.picture import thumbnail_bytes

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"


def test_each_folder_has_its_lines(tmp_path):
    """Under the name of its data set: pictures used, how it was read, what was passed over."""
    write_karpathy(tmp_path / "one")
    draw_images(tmp_path / "photos", ("a.png", "b.jpg"))
    (tmp_path / "photos" / "c.heics.txt").write_text("x")
    joined = join_datasets(
        [load_dataset(tmp_path / "one", "train"), load_dataset(tmp_path / "one", "train")][:1]
    )
    assert account_lines(joined) == [
        "fake: 3 pictures used of 4, read as Karpathy's form (dataset_fake.json)"
    ]
    both = join_datasets([load_dataset(tmp_path / "one"), load_dataset(tmp_path / "photos")])
    assert account_lines(both) == [
        "fake: 4 pictures used, read as Karpathy's form (dataset_fake.json)",
        "photos: 2 pictures used, read as a plain folder",
        "photos: files that may hold captions and were not read: 1 (c.heics.txt)",
    ]


def test_a_picture_that_is_given_alone_is_all_there_is(tmp_path):
    """What lies beside it in its folder is neither counted nor told."""
    draw_images(tmp_path, ("a.png", "b.jpg"))
    (tmp_path / "notes.csv").write_text("x")
    alone = join_datasets([load_dataset(tmp_path / "a.png")])
    assert account_lines(alone) == ["a: 1 picture used, read as one picture"]


def test_training_says_what_it_reads_and_what_it_leaves(tmp_path):
    """restval trains, test is left, and without a val nothing is tuned."""
    assert split_lines(write_karpathy(tmp_path / "a")) == [
        "fake: trains on 3 of 4 pictures (train); tunes on val (1)"
    ]
    images = karpathy_images()
    for image, split in zip(images, ("train", "restval", "test", "test"), strict=True):
        image["split"] = split
    assert split_lines(write_karpathy(tmp_path / "b", images)) == [
        "fake: trains on 2 of 4 pictures (train and restval); leaves test (2); it has no split "
        "val, so nothing is tuned on it"
    ]
    (tmp_path / "c").mkdir()
    draw_images(tmp_path / "c")
    rows = "".join(f"{name},a road\n" for name in NAMES)
    (tmp_path / "c" / "list.csv").write_text("image,caption\n" + rows)
    assert split_lines(tmp_path / "c") == [
        "c: trains on 4 of 4 pictures; it has no split val, so nothing is tuned on it"
    ]
    images = [{**image, "split": "test"} for image in karpathy_images()]
    assert split_lines(write_karpathy(tmp_path / "d", images)) == []


def test_pictures_of_one_colour_are_named():
    """Whatever the colour, as WebP keeps it; a picture with anything in it is none of them."""
    colours = [(0, 0, 0), (255, 255, 255), (12, 200, 99), (250, 3, 130)]
    shown = [thumbnail_bytes(Image.new("RGB", (300, 200), c)) for c in colours]
    noise = np.random.default_rng(0).integers(100, 130, (200, 300, 3), dtype=np.uint8)
    dot = np.full((300, 300, 3), 90, np.uint8)
    dot[100:120, 100:120] = 200
    shown += [thumbnail_bytes(Image.fromarray(a)) for a in (noise, dot)]
    assert constant_pictures("abcdef", shown) == [
        "pictures of one colour, nothing to see: 4 (a, b, c and 1 more)"
    ]
    assert constant_pictures("ef", shown[4:]) == []
    assert all(Image.open(io.BytesIO(one)).format == "WEBP" for one in shown)


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the checkout")
def test_the_case_of_restval():
    """Nine of twelve train, and that nothing is tuned is said."""
    (line,) = split_lines(CASES / "restval")
    assert line.startswith("x: trains on 9 of 12 pictures (train and restval); leaves test (3)")
