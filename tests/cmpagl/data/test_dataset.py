"""A data set: faults are named, correspondence is right, decoding is ordered and bounded."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from fake_sets import CAPTIONS, NAMES, draw_images, karpathy_images, write_karpathy

from cmpagl.data.dataset import (
    Skipped,
    iter_pixels,
    iter_prepared,
    load_dataset,
    normalise_caption,
)
from cmpagl.errors import DataError

REAL = Path(__file__).resolve().parents[4] / "shared" / "data"


def test_captions_and_their_images(tmp_path):
    """Captions are flat in image order, as written, and point back to their image."""
    dataset = load_dataset(write_karpathy(tmp_path))
    assert dataset.captions == [c for captions in CAPTIONS for c in captions]
    assert dataset.caption_to_image.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert dataset.caption_to_image.dtype == np.int64
    assert [r.image_id for r in dataset.records] == list(NAMES)
    assert len(dataset) == 4


def test_images_with_different_numbers_of_captions(tmp_path):
    """Nothing counts on two, or five, captions per image."""
    images = karpathy_images()
    images[1]["sentences"] = images[1]["sentences"][:1]
    dataset = load_dataset(write_karpathy(tmp_path, images))
    assert dataset.caption_to_image.tolist() == [0, 0, 1, 2, 2, 3, 3]


def test_distinct_captions_are_equal_word_for_word(tmp_path):
    """Case, spaces and the closing full stop do not make two captions of one."""
    distinct, inverse = load_dataset(write_karpathy(tmp_path)).distinct_captions
    assert distinct == [
        "a plane stands by a hall",
        "two planes near a long road",
        "many cars are parked",
        "a round pond in the grass",
        "houses in rows",
    ]
    assert inverse.tolist() == [0, 1, 0, 2, 3, 3, 1, 4]
    groups = load_dataset(tmp_path).caption_groups
    np.testing.assert_array_equal(groups, inverse)


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("  A  Plane\tstands . ", "a plane stands"),
        ("a plane stands", "a plane stands"),
        ("a plane. it stands.", "a plane. it stands"),
        ("is it a plane ?", "is it a plane ?"),
        (" . ", "."),
    ],
)
def test_normalise_caption(caption, expected):
    """Hand-written cases, among them a caption that is nothing but a full stop."""
    assert normalise_caption(caption) == expected


def changed(index, **changes):
    images = karpathy_images()
    images[index] |= changes
    return images


def sentences(*raws):
    return [{"raw": raw} for raw in raws]


FAULTS = {
    "empty": (changed(1, sentences=sentences(" ")), NAMES[1], "has no caption: caption 1 is empty"),
    "unseen": (changed(1, sentences=sentences("\u200b\ufeff\0")), NAMES[1], "caption 1 is empty"),
    "a book": (
        changed(1, sentences=sentences("a road " * 20_000)),
        NAMES[1],
        "caption 1 has 140,000 characters; 100,000 is the most",
    ),
    "split": (changed(1, split=["train"]), NAMES[1], r"names the split .* which is no text"),
    "nan": (changed(1, sentences=sentences("NaN")), NAMES[1], "caption 1 is 'NaN', which stands"),
    "number": (changed(1, sentences=sentences(float("nan"))), NAMES[1], "caption 1 is nan instead"),
    "none": (changed(1, sentences=[]), NAMES[1], "has no caption"),
    "missing": (changed(1, filename="gone.png"), "gone.png", "has captions but no image in"),
    "twice": (changed(1, filename=NAMES[0]), NAMES[0], r"is listed twice \(entry 2; first entry 1"),
    "same file": (changed(1, filename=f"./{NAMES[0]}"), NAMES[0], "is listed twice"),
    "leak": (
        changed(3, filename=NAMES[0]),
        NAMES[0],
        r"is listed twice \(entry 4; first entry 1 in the split 'train'\)",
    ),
    "unnamed": (changed(1, filename=" "), "entry 2", "has captions but names no image"),
    "no text": (changed(1, filename=None), "entry 2", "is no object with a 'filename'"),
    "no object": ([*karpathy_images(), 5], "entry 5", "is no object with a 'filename'"),
    "long": (changed(1, filename="x" * 5000), "x" * 5000, "has captions but no image in"),
}


@pytest.mark.parametrize(("images", "name", "reason"), FAULTS.values(), ids=FAULTS.keys())
def test_faults_are_raised_or_skipped_by_name(tmp_path, images, name, reason):
    """A faulty entry stops the loading with its name, or is left out and listed, as chosen."""
    write_karpathy(tmp_path, images)
    with pytest.raises(DataError, match=reason) as raised:
        load_dataset(tmp_path)
    assert repr(name)[:60] in str(raised.value)  # a longer one is cut
    dataset = load_dataset(tmp_path, on_error="skip")
    assert len(dataset) == sum(image in karpathy_images() for image in images)
    assert dataset.skipped[0].name == name
    assert all(record.path.is_file() for record in dataset.records)


def test_one_empty_caption_of_several_costs_only_itself(tmp_path):
    """The image and its other captions stay."""
    write_karpathy(tmp_path, changed(0, sentences=sentences("a plane .", "", "a road .")))
    dataset = load_dataset(tmp_path, "train", on_error="skip")
    assert dataset.records[0].captions == ("a plane .", "a road .")
    assert dataset.skipped == (Skipped(NAMES[0], "caption 2 is empty"),)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "a/../../b.png",
        "..\\..\\b.png",
        "C:\\b.png",
        "a\0.png",
        "images/../../b.png",
    ],
)
def test_names_that_leave_the_folder_are_refused(tmp_path, name):
    """A description cannot make us open a file elsewhere, even if it exists."""
    draw_images(tmp_path, ("b.png",))
    write_karpathy(tmp_path / "set", changed(1, filename=name))
    with pytest.raises(DataError, match="is no path inside the data set's folder"):
        load_dataset(tmp_path / "set")
    dataset = load_dataset(tmp_path / "set", on_error="skip")
    assert [r.image_id for r in dataset.records] == [NAMES[0], *NAMES[2:]]


def test_faults_of_other_splits_do_not_stop_this_one(tmp_path):
    """Whoever has only the validation pictures can load validation."""
    write_karpathy(tmp_path)
    for name in NAMES[:3]:
        (tmp_path / "images" / name).unlink()
    assert [r.image_id for r in load_dataset(tmp_path, "val").records] == ["00007.png"]
    with pytest.raises(DataError, match=r"and 2 more faults"):
        load_dataset(tmp_path, "train")
    with pytest.raises(DataError, match=r"no usable image: all 3 entries"):
        load_dataset(tmp_path, "train", on_error="skip")


def test_an_image_listed_in_two_splits_is_kept_out_of_the_second(tmp_path):
    """The leak is reported by the split that would leak, and training keeps its image."""
    write_karpathy(tmp_path, changed(2, filename=NAMES[3]))
    assert NAMES[3] in [r.image_id for r in load_dataset(tmp_path, "train").records]
    with pytest.raises(DataError, match="is listed twice"):
        load_dataset(tmp_path, "val")


def test_unknown_split_lists_the_known_ones(tmp_path):
    """An unknown split is answered with the known ones; an entry without one is a fault."""
    write_karpathy(tmp_path)
    with pytest.raises(DataError, match=r"has no split 'test': its splits are train, val\."):
        load_dataset(tmp_path, "test")
    write_karpathy(tmp_path, changed(1, split=None))
    with pytest.raises(DataError, match=r"\(entry 2\) is in no split"):
        load_dataset(tmp_path, "val")
    assert len(load_dataset(tmp_path)) == 4


def test_pictures_that_no_entry_lists_are_named(tmp_path):
    """Unlisted pictures are no fault, but not silently ignored either."""
    write_karpathy(tmp_path)
    draw_images(tmp_path / "images", ("x.png", "y.png"))
    skipped = load_dataset(tmp_path, "val").skipped
    reason = "is not listed in dataset_fake.json, as 1 other pictures are"
    assert skipped == (Skipped("x.png", reason),)


def break_image(root, name):
    (root / "images" / name).write_bytes(b"no picture")


def test_pixels_come_in_order(tmp_path):
    """Each index comes with its own picture, whatever thread was first."""
    records = load_dataset(write_karpathy(tmp_path)).records
    pixels = dict(iter_pixels(records * 5, 6, workers=3))
    assert list(pixels) == list(range(20))
    for index, array in pixels.items():
        assert array.shape == (6, 6, 3)
        assert array[0, 0].tolist() == [40 * (index % 4), 100, 200]


def test_broken_images_are_raised_or_skipped(tmp_path):
    """A broken image ends the run, or is left out and named; the others keep their index."""
    records = load_dataset(write_karpathy(tmp_path)).records
    break_image(tmp_path, NAMES[1])
    with pytest.raises(DataError, match=r"airport_2\.png cannot be read"):
        list(iter_pixels(records, 6))
    skipped: list[Skipped] = []
    indices = [index for index, _ in iter_pixels(records, 6, on_error="skip", skipped=skipped)]
    assert indices == [0, 2, 3]
    assert [s.name for s in skipped] == [NAMES[1]]


def test_listing_never_decodes(tmp_path):
    """Broken pictures do not disturb the listing: they show when they are read."""
    write_karpathy(tmp_path)
    break_image(tmp_path, NAMES[1])
    assert len(load_dataset(tmp_path)) == 4


def test_prefetching_is_bounded(tmp_path):
    """No more than 2 * workers results wait for a slow caller; nothing runs after it ends."""
    records = load_dataset(write_karpathy(tmp_path)).records * 25
    started = []
    results = iter_prepared(records, started.append, workers=2)
    for done in range(1, 11):
        next(results)
        time.sleep(0.005)
        assert len(started) <= done + 2 * 2
    results.close()
    after = len(started)
    time.sleep(0.02)
    assert len(started) == after < 100
    assert not [t for t in threading.enumerate() if t.name.startswith("decode")]


def test_importing_it_stays_light():
    """Commands print their help at once: no torch, no transformers behind this module."""
    heavy = "[m for m in sys.modules if m in ('torch', 'pandas')]"
    code = f"import sys, cmpagl.data.dataset; print({heavy})"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real data sets are not beside the checkout")
@pytest.mark.parametrize(
    ("name", "split", "images", "shared_percent"),
    [
        ("rsicd", "train", 8734, 40.6),
        ("rsicd", "val", 1094, 36.9),
        ("ucm", "train", 1680, 91.1),
        ("ucm", "val", 210, 83.4),
    ],
)
def test_counts_of_the_real_sets(name, split, images, shared_percent):
    """Official splits, five captions each, the known share of captions of several images."""
    dataset = load_dataset(REAL / name, split)
    assert len(dataset) == images
    assert len(dataset.captions) == 5 * images
    assert not dataset.skipped
    groups = dataset.caption_groups
    owners = np.unique(np.stack([groups, dataset.caption_to_image], axis=1), axis=0)[:, 0]
    shared = 100 * (np.bincount(owners)[groups] > 1).mean()
    assert shared == pytest.approx(shared_percent, abs=0.06)
    classes = {record.class_name for record in dataset.records} - {None}
    assert len(classes) == {"rsicd": 30, "ucm": 21}[name]
