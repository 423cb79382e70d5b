"""`cmpagl.data.layouts`: each on-disk form is recognised and read, and a damaged one is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_sets import (
    CAPTIONS,
    NAMES,
    ROWS,
    SPLITS,
    as_rows,
    draw_images,
    write_caps,
    write_karpathy,
)

from cmpagl.data.dataset import count_splits, load_dataset, split_names
from cmpagl.data.find import known_layouts
from cmpagl.errors import DataError

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"


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
    (tmp_path / "notes.md").write_text("nothing")
    with pytest.raises(
        DataError, match=r"notes\.md is neither a picture nor a description of a data set \(\.csv"
    ):
        load_dataset(tmp_path / "notes.md")


# Forms in which data sets are shared beside these


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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dataset_x.json", '{"images": [{"filename": "a.png", "sentences": []}], "images": []}'),
        ("texts.json", '{"a.png": ["a road by a pond"], "a.png": ["a pond by a road"]}'),
    ],
)
def test_a_key_that_is_said_twice_loses_nothing_without_a_word(tmp_path, name, content):
    """JSON's last one would count alone; where both say the same, nothing is lost."""
    draw_images(tmp_path / "images")
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(DataError, match=r"says '(images|a.png)' twice in one object"):
        load_dataset(file)
    said = '{"filename": "%s", "filename": "%s", "sentences": [{"raw": "a road"}]}'
    file.write_text('{"images": [%s]}' % (said % (NAMES[0], NAMES[0])))
    assert as_rows(load_dataset(file)) == [(NAMES[0], ("a road",), "airport")]


def test_the_name_of_a_set_is_one_short_line(tmp_path):
    """Whatever a file calls it, a terminal and a page can show it."""
    draw_images(tmp_path / "images")
    item = {"filename": NAMES[0], "sentences": [{"raw": "a road"}]}
    for said in ("x\n\x1b[2J" + "y" * 5000, ["x"], "\ud83d"):
        content = {"dataset": said, "images": [item]}
        (tmp_path / "dataset_x.json").write_text(json.dumps(content))
        name = load_dataset(tmp_path).name
        assert name.isprintable()
        assert len(name) <= 100
        assert name == count_splits(tmp_path)[0]


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


@pytest.mark.parametrize("head", ["filename,caption\r", "sep=\0\nfilename,caption\n"])
def test_a_table_with_an_odd_head(tmp_path, head):
    """A line may end with a carriage return alone; a delimiter that is none is no crash."""
    draw_images(tmp_path, ("a.png",))
    (tmp_path / "captions.csv").write_bytes(f"{head}a.png,a road\n".encode())
    dataset = load_dataset(tmp_path, on_error="skip")
    assert as_rows(dataset) == [("a.png", ("a road",) if head.endswith("\r") else (), None)]


def test_every_layout_declares_itself():
    """Each in a turn of its own."""
    layouts = known_layouts()
    assert len({layout.order for layout in layouts}) == len({layout.name for layout in layouts}) > 6


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

LAYOUT = Layout("an album", 5, _read, suffixes=(".album",))
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


def test_two_classes_of_one_picture_are_refused(tmp_path):
    """The last would count; two pictures of one name in two folders have each their own."""
    draw_images(tmp_path, ("a/1.png", "b/1.png"))
    (tmp_path / "list.csv").write_text("image,caption\na/1.png,a road\nb/1.png,a pond\n")
    (tmp_path / "classes.csv").write_text("filename,class\na/1.png,road\nb/1.png,pond\n")
    found = {record.image_id: record.class_name for record in load_dataset(tmp_path).records}
    assert (found["a/1.png"], found["b/1.png"]) == ("road", "pond")
    (tmp_path / "classes.csv").write_text("filename,class\nb/1.png,road\nb/1.png,pond\n")
    with pytest.raises(DataError, match=r"two classes of 'b/1\.png', 'road' and 'pond'"):
        load_dataset(tmp_path)
