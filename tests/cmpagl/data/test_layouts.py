"""`cmpagl.data.layouts`: each on-disk form is recognised and read, and a damaged one is refused."""

from __future__ import annotations

import json

import pytest
from fake_sets import CAPTIONS, NAMES, SPLITS, draw_images, write_karpathy

from cmpagl.data.dataset import load_dataset
from cmpagl.errors import DataError


def as_rows(dataset):
    return [(r.image_id, r.captions, r.class_name) for r in dataset.records]


ROWS = list(zip(NAMES, CAPTIONS, ("airport", "airport", "pond", None), strict=True))


def write_caps(root, split, names, captions):
    root.mkdir(exist_ok=True)
    (root / f"{split}_caps.txt").write_text("".join(c + "\n" for c in captions))
    (root / f"{split}_filename.txt").write_text("".join(n + "\n" for n in names))


def write_csv(root, header, rows, name="list.csv"):
    root.mkdir(exist_ok=True)
    (root / name).write_text("\n".join([header, *rows]) + "\n")


def test_karpathy(tmp_path):
    """Name, order, captions and splits come from the JSON, the class from names like airport_1."""
    dataset = load_dataset(write_karpathy(tmp_path))
    assert dataset.name == "fake"
    assert as_rows(dataset) == ROWS
    assert as_rows(load_dataset(tmp_path, "val")) == ROWS[3:]
    assert dataset.records[0].path == tmp_path / "images" / NAMES[0]
    assert as_rows(load_dataset(tmp_path / "dataset_fake.json")) == ROWS


@pytest.mark.parametrize("folder", ["imgs", "Images", "."])
def test_other_places_for_the_pictures(tmp_path, folder):
    """UCM and Sydney are shared with `imgs/`; pictures beside the JSON do as well."""
    draw_images(tmp_path / folder)
    assert as_rows(load_dataset(write_karpathy(tmp_path, draw=False))) == ROWS


def test_camera_names_are_no_classes(tmp_path):
    """`IMG_1.png` and `tile_2.png` say nothing about the scene."""
    names = ("IMG_1.png", "tile_2.png")
    draw_images(tmp_path / "images", names)
    images = [{"filename": n, "split": "train", "sentences": [{"raw": "a road"}]} for n in names]
    dataset = load_dataset(write_karpathy(tmp_path, images, draw=False))
    assert [r.class_name for r in dataset.records] == [None, None]


def test_classes_csv_and_truth_json(tmp_path):
    """The file beside the pictures beats the name; drawn scenes have theirs in truth.json."""
    write_karpathy(tmp_path)
    (tmp_path / "classes.csv").write_text(f"filename,class\n{NAMES[3]},harbor\n{NAMES[0]},port\n")
    classes = [r.class_name for r in load_dataset(tmp_path).records]
    assert classes == ["port", "airport", "pond", "harbor"]
    (tmp_path / "classes.csv").unlink()
    truth = [{"spec": {"scene_id": "00007", "class_name": "river"}, "objects": []}]
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    assert load_dataset(tmp_path, "val").records[0].class_name == "river"
    (tmp_path / "truth.json").write_text('[{"spec": 5}]')
    with pytest.raises(DataError, match=r"truth\.json is no list of scenes"):
        load_dataset(tmp_path)
    (tmp_path / "truth.json").unlink()
    (tmp_path / "classes.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="needs the columns filename and class"):
        load_dataset(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"images": [', "is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
        ('{"annotations": []}', "has no list 'images'"),
        ('{"images": {}}', "has no list 'images'"),
        ("[]", "has no list 'images'"),
    ],
)
def test_damaged_json_is_refused(tmp_path, text, message):
    """A cut-off or foreign JSON is named."""
    (tmp_path / "dataset_x.json").write_text(text)
    with pytest.raises(DataError, match=rf"dataset_x\.json {message}"):
        load_dataset(tmp_path)


def test_two_descriptions_need_a_choice(tmp_path):
    """Two JSON files are an error that names both; giving one's path decides."""
    write_karpathy(tmp_path)
    (tmp_path / "dataset_other.json").write_text("{}")
    with pytest.raises(DataError, match=r"dataset_fake\.json, dataset_other\.json"):
        load_dataset(tmp_path)
    assert len(load_dataset(tmp_path / "dataset_fake.json")) == 4


def test_caption_lines_with_a_name_each(tmp_path):
    """Line j of the names belongs to line j of the captions; the file's name is the split."""
    draw_images(tmp_path / "images")
    for split in ("train", "val"):
        pairs = [
            (name, caption)
            for name, of_split, captions in zip(NAMES, SPLITS, CAPTIONS, strict=True)
            for caption in captions
            if of_split == split
        ]
        write_caps(tmp_path, split, *zip(*pairs, strict=True))
    assert as_rows(load_dataset(tmp_path)) == ROWS
    assert as_rows(load_dataset(tmp_path, "val")) == ROWS[3:]


def test_five_caption_lines_for_a_name(tmp_path):
    """A fifth as many names as captions: five captions each, in order."""
    draw_images(tmp_path / "images")
    write_caps(tmp_path, "test", NAMES[:2], [f"caption {i}" for i in range(10)])
    dataset = load_dataset(tmp_path, "test")
    assert dataset.records[1].captions == tuple(f"caption {i}" for i in range(5, 10))
    assert dataset.caption_to_image.tolist() == [0] * 5 + [1] * 5


def test_caption_files_that_do_not_fit(tmp_path):
    """Other lengths, or a missing partner, are refused with both numbers; a blank line counts."""
    draw_images(tmp_path / "images")
    write_caps(tmp_path, "train", NAMES[:2], ["one", "two", "three"])
    with pytest.raises(DataError, match=r"has 3 captions and train_filename\.txt 2 names"):
        load_dataset(tmp_path)
    write_caps(tmp_path, "train", (NAMES[0], NAMES[0], NAMES[1]), ["one", "", "three"])
    dataset = load_dataset(tmp_path, on_error="skip")
    assert [r.captions for r in dataset.records] == [("one",), ("three",)]
    (tmp_path / "train_filename.txt").unlink()
    with pytest.raises(DataError, match=r"has no train_filename\.txt beside it"):
        load_dataset(tmp_path)


@pytest.mark.parametrize(
    "header",
    ["image,caption,split,class", "Filename, Text,split,label", "path,sentence,split,class"],
)
def test_csv_by_its_columns(tmp_path, header):
    """One row a caption; the columns are recognised by the names they go by."""
    draw_images(tmp_path)
    rows = [
        f'{name},"{caption}",{split},{class_name or ""}'
        for (name, captions, class_name), split in zip(ROWS, SPLITS, strict=True)
        for caption in captions
    ]
    write_csv(tmp_path, header, rows)
    assert as_rows(load_dataset(tmp_path)) == ROWS
    assert as_rows(load_dataset(tmp_path / "list.csv", "val")) == ROWS[3:]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_csv_with_another_delimiter_or_byte_order_mark(tmp_path, delimiter):
    """What spreadsheets write is read: semicolons, tabs, a byte order mark, CRLF."""
    draw_images(tmp_path / "images")
    lines = f"image{delimiter}caption\r\nimages/{NAMES[0]}{delimiter}a plane, grey\r\n"
    (tmp_path / "list.csv").write_bytes(b"\xef\xbb\xbf" + lines.encode())
    dataset = load_dataset(tmp_path)
    assert as_rows(dataset) == [(NAMES[0], ("a plane, grey",), None)]
    assert dataset.split is None


def test_csv_files_named_after_their_split(tmp_path):
    """Without a split column, train.csv and val.csv are the splits."""
    draw_images(tmp_path)
    write_csv(tmp_path, "image,caption", [f"{NAMES[0]},a plane"], "train.csv")
    write_csv(tmp_path, "image,caption", [f"{NAMES[1]},a road"], "val.csv")
    assert as_rows(load_dataset(tmp_path, "val")) == [(NAMES[1], ("a road",), None)]
    with pytest.raises(DataError, match="its splits are train, val"):
        load_dataset(tmp_path, "test")


@pytest.mark.parametrize(
    ("rows", "name", "reason"),
    [
        ([f"{NAMES[1]},,"], NAMES[1], "has no caption: caption 1 is empty"),
        ([f"{NAMES[1]},nan,"], NAMES[1], "caption 1 is 'nan', which stands for a missing value"),
        ([f"{NAMES[1]}"], NAMES[1], "has no caption"),
        ([",a road,", "NaN,a road,"], "row 3 of list.csv", "has captions but names no image"),
        ([f"{NAMES[1]},a road, a plane,x"], NAMES[1], "has 4 values for 3 columns"),
        (
            [f"{NAMES[0]},a road,port"],
            NAMES[0],
            "gives the image another split or class than row 2",
        ),
        (["../b.png,a road,"], "../b.png", "is no path inside"),
    ],
)
def test_faulty_csv_rows_are_named(tmp_path, rows, name, reason):
    """Each faulty row is reported; the sound ones stay."""
    draw_images(tmp_path)
    write_csv(tmp_path, "image,caption,class", [f"{NAMES[0]},a plane,airport", *rows])
    with pytest.raises(DataError, match=reason):
        load_dataset(tmp_path)
    dataset = load_dataset(tmp_path, on_error="skip")
    assert as_rows(dataset) == [(NAMES[0], ("a plane",), "airport")]
    assert dataset.skipped[0].name == name


def test_csv_that_cannot_be_used(tmp_path):
    """Unknown columns, broken quotes and another encoding: a sentence each."""
    draw_images(tmp_path)
    write_csv(tmp_path, "file_id,words", ["1,a plane"])
    with pytest.raises(DataError, match=r"list\.csv has no image and caption columns"):
        load_dataset(tmp_path / "list.csv")
    dataset = load_dataset(tmp_path)  # the pictures are still a plain folder, but not silently
    assert len(dataset) == 4
    assert dataset.skipped[0].name == "list.csv"
    write_csv(tmp_path, "image,caption", [f'{NAMES[0]},"a plane'])
    with pytest.raises(DataError, match=r"list\.csv is not a valid CSV"):
        load_dataset(tmp_path)
    (tmp_path / "list.csv").write_bytes("image,caption\né".encode("latin-1"))
    with pytest.raises(DataError, match=r"list\.csv is not UTF-8 \(byte 14\)"):
        load_dataset(tmp_path)


def test_plain_folder(tmp_path):
    """All pictures below it, sorted, their sub-folder as class; other and hidden files are left."""
    names = ("b.png", "a.jpg", "pond/z.webp", "Pond lake/1.tif", ".hidden/c.png", "._a.jpg")
    draw_images(tmp_path, names)
    (tmp_path / "notes.txt").write_text("nothing")
    dataset = load_dataset(tmp_path)
    assert as_rows(dataset) == [
        ("Pond lake/1.tif", (), "Pond lake"),
        ("a.jpg", (), None),
        ("b.png", (), None),
        ("pond/z.webp", (), "pond"),
    ]
    assert dataset.captions == []
    assert dataset.caption_to_image.shape == (0,)
    assert dataset.name == tmp_path.name
    with pytest.raises(DataError, match="has no split 'val': it has none, so leave it out"):
        load_dataset(tmp_path, "val")


def test_plain_pictures_in_an_images_folder(tmp_path):
    """`images/` is where pictures lie, not a class; with pictures beside it, it is a sub-folder."""
    draw_images(tmp_path / "images", ("a.png", "pond/b.png"))
    assert as_rows(load_dataset(tmp_path)) == [("a.png", (), None), ("pond/b.png", (), "pond")]
    draw_images(tmp_path, ("c.png",))
    ids = [r.image_id for r in load_dataset(tmp_path).records]
    assert ids == ["c.png", "images/a.png", "images/pond/b.png"]
    assert all(r.path.is_file() for r in load_dataset(tmp_path).records)


def test_nothing_recognised(tmp_path):
    """The sentence says what was looked for and both ways out."""
    with pytest.raises(DataError, match=r"looked for dataset_.*Put one of these there, or give"):
        load_dataset(tmp_path)
    with pytest.raises(DataError, match="does not exist: give the folder of a data set"):
        load_dataset(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(DataError, match=r"is neither \.json nor \.csv"):
        load_dataset(tmp_path / "notes.txt")
