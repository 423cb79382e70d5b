"""Tables of images and captions, as programs and spreadsheets write them; faulty rows are named."""

from __future__ import annotations

import pytest
from fake_sets import NAMES, ROWS, SPLITS, as_rows, draw_images, write_csv

from cmpagl.data.dataset import load_dataset
from cmpagl.errors import DataError


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


def test_metadata_csv(tmp_path):
    """The same as a table; a metadata.csv that names no pictures tells of something else."""
    draw_images(tmp_path)
    (tmp_path / "metadata.csv").write_text("file_name,text\n" + f"{NAMES[0]},a plane\n")
    assert as_rows(load_dataset(tmp_path)) == [(NAMES[0], ("a plane",), None)]
    (tmp_path / "metadata.csv").write_text("sensor,year\nwv2,2011\n")
    assert len(load_dataset(tmp_path)) == 4


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


def test_two_columns_of_one_name_and_errors_of_a_spreadsheet(tmp_path):
    """Both hold captions; what a formula could not compute is none."""
    draw_images(tmp_path)
    rows = [f"{NAMES[0]},a plane,a hall", f"{NAMES[1]},#NAME?,a road"]
    write_csv(tmp_path, "image,caption,caption", rows)
    with pytest.raises(DataError, match="caption 1 is '#NAME\\?', which stands for a missing"):
        load_dataset(tmp_path)
    assert as_rows(load_dataset(tmp_path, on_error="skip"))[0][1] == ("a plane", "a hall")


def test_a_name_without_ending_that_could_be_two_pictures(tmp_path):
    """Neither is taken: which one comes first is chance."""
    draw_images(tmp_path, ("a.png", "a.jpg", "b.png"))
    (tmp_path / "texts.json").write_text('{"a": "a plane here", "b": "a road there"}')
    with pytest.raises(DataError, match="'a' has captions but no image"):
        load_dataset(tmp_path)


def test_a_list_that_does_not_end_is_no_caption(tmp_path):
    """As where a table was cut; brackets in a sentence are none."""
    draw_images(tmp_path)
    rows = [f"{NAMES[0]},[two] planes", f"{NAMES[1]},\"['a road', 'a po\""]
    write_csv(tmp_path, "image,captions", rows)
    with pytest.raises(DataError, match=f"'{NAMES[1]}' has no caption"):
        load_dataset(tmp_path)
    (first,) = load_dataset(tmp_path, on_error="skip").records
    assert first.captions == ("[two] planes",)
