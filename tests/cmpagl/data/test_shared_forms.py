"""Forms in which data sets are shared beside Karpathy's: each is recognised and read."""

from __future__ import annotations

import json

import pytest
from fake_sets import NAMES, ROWS, as_rows, draw_images, write_caps, write_karpathy

from cmpagl.data.dataset import load_dataset, split_names
from cmpagl.errors import DataError


def test_a_description_called_dataset_json(tmp_path):
    """UCM- and Sydney-Captions as they were first shared: `dataset.json`, `imgs/`."""
    draw_images(tmp_path / "imgs")
    content = {
        "images": [{"filename": n, "split": "val", "sentences": ["a road ."]} for n in NAMES]
    }
    (tmp_path / "dataset.json").write_text(json.dumps(content))
    dataset = load_dataset(tmp_path, "val")
    assert [r.image_id for r in dataset.records] == list(NAMES)
    assert dataset.name == tmp_path.name


def test_verified_caption_lines_go_before_the_others(tmp_path):
    """GaLR's train_caps.txt holds training and validation, its train_caps_verify.txt the first."""
    draw_images(tmp_path / "images")
    write_caps(tmp_path, "train", NAMES[:3], ["one", "two", "three"])
    for split, name in (("train", NAMES[0]), ("val", NAMES[1])):
        (tmp_path / f"{split}_caps_verify.txt").write_text("a road\n")
        (tmp_path / f"{split}_filename_verify.txt").write_text(f"{name}\n")
    write_caps(tmp_path, "test", NAMES[3:], ["four"])
    assert split_names(tmp_path) == ("test", "train", "val")
    assert [r.image_id for r in load_dataset(tmp_path, "train").records] == [NAMES[0]]
    dataset = load_dataset(tmp_path, "val")
    assert [r.image_id for r in dataset.records] == [NAMES[1]]
    assert "train_caps.txt" in dataset.accounts[0][1].not_read


@pytest.mark.parametrize("folder", ["", "validation/"])
def test_metadata_lines(tmp_path, folder):
    """The hub's image folder: names from the file on, one text or several, folders as splits."""
    draw_images(tmp_path / folder)
    items = [
        {"file_name": NAMES[0], "text": "a plane", "label": "airport"},
        {"file_name": NAMES[1], "captions": ["a road", "two planes"]},
        {"file_name": NAMES[2], "sentences": [{"raw": "a pond"}]},
    ]
    lines = "\n\n".join(json.dumps(item) for item in items) + "\n"
    (tmp_path / folder / "metadata.jsonl").write_text(lines)
    dataset = load_dataset(tmp_path, "val" if folder else None)
    assert as_rows(dataset) == [
        (folder + NAMES[0], ("a plane",), "airport"),
        (folder + NAMES[1], ("a road", "two planes"), None),
        (folder + NAMES[2], ("a pond",), None),
    ]
    with open(tmp_path / folder / "metadata.jsonl", "a") as file:
        file.write('{"text": "no name"}\n[]\n')
    with pytest.raises(DataError, match=r"line 6 of .*metadata\.jsonl.*'file_name'.*1 more"):
        load_dataset(tmp_path)
    with open(tmp_path / folder / "metadata.jsonl", "a") as file:
        file.write('{"text": \n')
    reasons = [one.reason for one in load_dataset(tmp_path, on_error="skip").skipped]
    assert any("line 8 of" in reason and "is not valid JSON" in reason for reason in reasons)


def test_a_text_beside_each_picture(tmp_path):
    """Each line of it is a caption; a picture without one is named; the folder may be a split."""
    draw_images(tmp_path, ("train/a.png", "val/b.jpg"))
    (tmp_path / "train" / "a.txt").write_text("a plane\n\na hall\n")
    (tmp_path / "val" / "b.caption").write_text("a road")
    (tmp_path / "README.txt").write_text("nothing")
    rows = [("train/a.png", ("a plane", "a hall"), None), ("val/b.jpg", ("a road",), None)]
    assert as_rows(load_dataset(tmp_path)) == rows
    assert as_rows(load_dataset(tmp_path, "val")) == rows[1:]
    draw_images(tmp_path, ("val/c.png",))
    with pytest.raises(DataError, match=r"'val/c\.png' has no caption"):
        load_dataset(tmp_path)


def coco(names, split):
    images = [{"id": i, "file_name": name} for i, name in enumerate(names, 7)]
    notes = [{"id": i, "image_id": 7 + i % len(names), "caption": f"{split} {i}"} for i in range(4)]
    return {"images": images, "annotations": notes}


def test_coco_captions(tmp_path):
    """Split by the file's name, pictures in the folder of their split."""
    for split, names in (("train", NAMES[:2]), ("val", NAMES[1:3])):
        draw_images(tmp_path / f"{split}2017", names)
        (tmp_path / "annotations").mkdir(exist_ok=True)
        path = tmp_path / "annotations" / f"captions_{split}2017.json"
        path.write_text(json.dumps(coco(names, split)))
    assert as_rows(load_dataset(tmp_path, "train")) == [
        (f"train2017/{NAMES[0]}", ("train 0", "train 2"), None),
        (f"train2017/{NAMES[1]}", ("train 1", "train 3"), None),
    ]
    assert [r.image_id for r in load_dataset(tmp_path, "val").records] == [
        f"val2017/{name}" for name in NAMES[1:3]
    ]
    content = coco(NAMES[:2], "train")
    content["annotations"][0]["image_id"] = 99
    content["images"][1]["id"] = 7
    (tmp_path / "annotations" / "captions_train2017.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"has the id of image 1"):
        load_dataset(tmp_path)
    skipped = load_dataset(tmp_path, "val", on_error="skip").skipped
    assert not [one for one in skipped if "99" in one.reason]


def test_folders_of_classes_below_folders_of_splits(tmp_path):
    """train/airport/1.png: the first folder is the split, the next the class."""
    draw_images(tmp_path, ("train/airport/1.png", "val/pond/1.png", "val/2.png"))
    assert as_rows(load_dataset(tmp_path, "val")) == [
        ("val/2.png", (), None),
        ("val/pond/1.png", (), "pond"),
    ]
    draw_images(tmp_path, ("3.png",))
    assert load_dataset(tmp_path).records[1].class_name == "airport"
    assert split_names(tmp_path) == ()


@pytest.mark.parametrize("folder", ["RSICD_images", "data/pictures"])
def test_pictures_in_a_folder_of_another_name(tmp_path, folder):
    """RSICD comes with RSICD_images/: the folder that has the pictures is found, and said."""
    write_karpathy(tmp_path, draw=False)
    draw_images(tmp_path / folder)
    draw_images(tmp_path / "other", NAMES[:1])
    dataset = load_dataset(tmp_path)
    assert as_rows(dataset) == ROWS
    assert f"pictures found in {folder}" in dataset.accounts[0][1].lines()
    assert dataset.records[0].path == tmp_path / folder / NAMES[0]


@pytest.mark.parametrize("folder", ["images/airport", "NWPU_images/airport", "images"])
def test_nwpu_captions(tmp_path, folder):
    """Images by class with raw, raw_1, ...; each in its class's folder or beside the others."""
    draw_images(tmp_path / folder, NAMES[:2])
    items = [
        {"filename": NAMES[0], "split": "train", "raw": "a plane", "raw_1": "a hall", "imgid": 1},
        {"filename": NAMES[1], "split": "val", "raw": "a road", "raw_1": "two planes"},
    ]
    (tmp_path / "dataset_nwpu.json").write_text(json.dumps({"airport": items}))
    dataset = load_dataset(tmp_path)
    prefix = "" if folder == "images" else "airport/"
    assert as_rows(dataset) == [
        (f"{prefix}{NAMES[0]}", ("a plane", "a hall"), "airport"),
        (f"{prefix}{NAMES[1]}", ("a road", "two planes"), "airport"),
    ]
    assert dataset.name == "nwpu"
    assert [r.captions for r in load_dataset(tmp_path, "val").records] == [("a road", "two planes")]
    (tmp_path / "dataset_nwpu.json").write_text(json.dumps({"airport": [*items, {"raw": "x"}]}))
    with pytest.raises(DataError, match=r"image 3 of airport.*is no object with a 'filename'"):
        load_dataset(tmp_path)
