"""`cmpagl.data.layouts`: each on-disk form is recognised and read, and a damaged one is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_sets import CAPTIONS, NAMES, SPLITS, draw_images, write_karpathy

from cmpagl.data.dataset import load_dataset, split_names
from cmpagl.data.find import known_layouts
from cmpagl.errors import DataError

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"


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
        ("[" * 100_000, "nests lists or objects too deeply"),
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
    (tmp_path / "list.csv").write_bytes(b"image,caption\n\x81")
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
    with pytest.raises(
        DataError, match=r"notes\.txt is no picture and no description of a data set \(\.csv"
    ):
        load_dataset(tmp_path / "notes.txt")


# Forms in which data sets are shared beside these


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


def test_metadata_csv(tmp_path):
    """The same as a table; a metadata.csv that names no pictures tells of something else."""
    draw_images(tmp_path)
    (tmp_path / "metadata.csv").write_text("file_name,text\n" + f"{NAMES[0]},a plane\n")
    assert as_rows(load_dataset(tmp_path)) == [(NAMES[0], ("a plane",), None)]
    (tmp_path / "metadata.csv").write_text("sensor,year\nwv2,2011\n")
    assert len(load_dataset(tmp_path)) == 4


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


@pytest.mark.parametrize(
    "cell",
    [
        "['a plane', \"a pilot's hall\"]",
        '[""a plane"", ""a pilot\'s hall""]',
        "['a plane'\n \"a pilot's hall\"]",
    ],
)
def test_a_list_of_captions_in_a_cell(tmp_path, cell):
    """As Python, JSON or NumPy writes it: each item is a caption, not all of them one."""
    draw_images(tmp_path)
    cell = cell if '""' in cell else cell.replace('"', '""')
    write_csv(tmp_path, "filename,captions", [f'{NAMES[0]},"{cell}"'])
    assert as_rows(load_dataset(tmp_path)) == [(NAMES[0], ("a plane", "a pilot's hall"), None)]


def test_a_caption_in_brackets_is_no_list(tmp_path):
    """Words in brackets are one caption, as they are written."""
    draw_images(tmp_path)
    write_csv(tmp_path, "image,caption", [f"{NAMES[0]},[a plane]"])
    assert load_dataset(tmp_path).captions == ["[a plane]"]


@pytest.mark.parametrize(
    "header", ["filepath\ttitle", "image_name\tcomment", "img\tcaption_1\tcaption_2"]
)
def test_columns_by_other_names(tmp_path, header):
    """Those of open_clip, Flickr's lists, and numbered ones."""
    draw_images(tmp_path / "images")
    cells = "\t".join(["a plane"] * header.count("\t"))
    write_csv(tmp_path, header, [f"images/{NAMES[0]}\t{cells}"], "train.csv")
    dataset = load_dataset(tmp_path, "train")
    assert as_rows(dataset) == [(NAMES[0], ("a plane",) * header.count("\t"), None)]


def test_captions_under_a_name_that_nobody_knows_are_asked_for(tmp_path):
    """Before anything is embedded; a table of other things about pictures is only named."""
    draw_images(tmp_path)
    write_csv(tmp_path, "image,legend", [f"{name},a plane on a runway" for name in NAMES])
    with pytest.raises(DataError, match=r"which of its columns \(image, legend\) holds the capt"):
        load_dataset(tmp_path)
    write_csv(tmp_path, "image,year", [f"{name},2011" for name in NAMES])
    assert [s.name for s in load_dataset(tmp_path).skipped] == ["list.csv"]


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("sep=;\r\nimage;caption\r\n{};café\r\n".encode(), None),
        ("image,caption\n{},café\n".encode("cp1252"), "cp1252"),
        ("image\tcaption\n{}\tcafé\n".encode("utf-16"), None),
        ("image|caption\n{}|café\n".encode("utf-8-sig"), None),
    ],
)
def test_what_spreadsheets_write(tmp_path, content, note):
    """Its separators and encodings; an old encoding is said."""
    draw_images(tmp_path)
    for old, new in (
        (b"{}", NAMES[0].encode()),
        ("{}".encode("utf-16-le"), NAMES[0].encode("utf-16-le")),
    ):
        content = content.replace(old, new)
    (tmp_path / "list.csv").write_bytes(content)
    dataset = load_dataset(tmp_path)
    assert as_rows(dataset) == [(NAMES[0], ("café",), None)]
    assert (note or "") in " ".join(dataset.accounts[0][1].lines())


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


def test_restval_trains_and_other_names_of_val_are_val(tmp_path):
    """The custom of the field; an index of it keeps every picture."""
    images = [
        {"filename": name, "split": split, "sentences": [{"raw": "a road ."}]}
        for name, split in zip(NAMES, ("train", "restval", "validation", "test"), strict=True)
    ]
    write_karpathy(tmp_path, images)
    assert [r.image_id for r in load_dataset(tmp_path, "train").records] == list(NAMES[:2])
    assert [r.image_id for r in load_dataset(tmp_path, "val").records] == [NAMES[2]]
    assert split_names(tmp_path) == ("train", "restval", "val", "test")
    assert len(load_dataset(tmp_path)) == 4
    images[0]["split"] = "val"
    write_karpathy(tmp_path, images)
    assert [r.image_id for r in load_dataset(tmp_path, "val").records] == [NAMES[0]]
    with pytest.raises(DataError, match="no split 'train'"):
        load_dataset(tmp_path, "train")


def test_odd_text_in_a_description(tmp_path):
    """Half a surrogate pair is one faulty caption; an integer of 5,000 digits is no crash."""
    images = json.dumps(
        [
            {"filename": NAMES[0], "split": "train", "sentences": [{"raw": "a \ud83d plane"}]},
            {"filename": NAMES[1], "split": "train", "imgid": 1, "sentences": [{"raw": "a road"}]},
            {"filename": "\udc80.png", "split": "train", "sentences": [{"raw": "a road"}]},
        ]
    ).replace('"imgid": 1', f'"imgid": {"9" * 5000}')
    draw_images(tmp_path / "images")
    (tmp_path / "dataset_x.json").write_text(f'{{"dataset": "\\ud83d", "images": {images}}}')
    with pytest.raises(DataError, match="caption 1 holds half of a surrogate pair"):
        load_dataset(tmp_path)
    dataset = load_dataset(tmp_path, on_error="skip")
    assert as_rows(dataset) == [(NAMES[1], ("a road",), "airport")]
    told = [dataset.name, *(text for s in dataset.skipped for text in (s.name, s.reason))]
    assert [text.encode() for text in told]


@pytest.mark.parametrize("bad", [b"{", b"[" * 100_000, b'{"file_name": 3}', b"\xff"])
def test_one_faulty_part_of_a_description_is_skipped(tmp_path, bad):
    """A line of metadata.jsonl, a text beside a picture: the others are used, it is named."""
    lines = b'{"file_name": "a.png", "text": "a road"}\n'
    for folder, name, content in (
        ("lines", "metadata.jsonl", lines + (bad if bad != b"\xff" else b"3") + b"\n"),
        ("beside", "b.txt", b"\xff\xfe\0"),
    ):
        draw_images(tmp_path / folder, ("a.png", "b.png"))
        (tmp_path / folder / "a.txt").write_text("a road")
        (tmp_path / folder / name).write_bytes(content)
        with pytest.raises(DataError, match="on-error skip"):
            load_dataset(tmp_path / folder)
        dataset = load_dataset(tmp_path / folder, on_error="skip")
        assert as_rows(dataset) == [("a.png", ("a road",), None)]
        assert any(part in dataset.skipped[0].reason for part in ("line 2 of", "(b.txt)"))


def test_every_layout_declares_itself():
    """Their orders differ, and each says how it looks."""
    layouts = known_layouts()
    assert len({layout.order for layout in layouts}) == len({layout.name for layout in layouts}) > 6
    assert all(layout.looks for layout in layouts)


def test_a_layout_is_one_module(tmp_path, monkeypatch):
    """A module beside the others is found, asked in its turn and named; nothing else changes."""
    source = """
from cmpagl.data.description import Entry, Layout

def _read(place):
    files = place.candidates(".album")
    if not files:
        return None
    found = place.start(files[0].name)
    found.read.add(files[0].name)
    for line in files[0].read_text().splitlines():
        name, caption = line.split(" = ")
        found.entries.append(Entry(line, name, [caption]))
    return found

LAYOUT = Layout("an album", "NAME.album", 5, _read, suffixes=(".album",))
"""
    import cmpagl.data.layouts as package

    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "album.py").write_text(source)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / "more")])
    known_layouts.cache_clear()
    try:
        draw_images(tmp_path / "set")
        (tmp_path / "set" / "my.album").write_text(f"{NAMES[0]} = a plane")
        for place in (tmp_path / "set", tmp_path / "set" / "my.album"):
            dataset = load_dataset(place)
            assert as_rows(dataset) == [(NAMES[0], ("a plane",), None)]
            assert dataset.accounts[0][1].lines()[0] == "read as an album (my.album)"
    finally:
        known_layouts.cache_clear()


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the checkout")
@pytest.mark.parametrize(
    ("name", "images", "captions", "train", "val"),
    [
        ("csv_captions_list", 6, 30, None, None),
        ("galr_verify", 12, 60, 6, 3),
        ("hf_metadata_jsonl", 6, 6, None, None),
        ("nas_share", 4, 0, None, None),
        ("openclip_title", 6, 6, 6, None),
        ("restval", 12, 60, 9, None),
        ("sidecar_txt", 6, 6, None, None),
        ("ucm_dataset_json", 12, 60, 6, 3),
    ],
)
def test_the_cases_from_the_field(name, images, captions, train, val):
    """Each is read in full, and nothing of it is skipped."""
    dataset = load_dataset(CASES / name)
    assert (len(dataset), len(dataset.captions), dataset.skipped) == (images, captions, ())
    for split, count in (("train", train), ("val", val)):
        if count is not None:
            assert len(load_dataset(CASES / name, split)) == count
