"""How people really keep pictures and captions: other names, places, spellings; each kind is read.

The same two pictures with the same captions, written in many ways.
"""

from __future__ import annotations

import json
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fake_sets import draw_images
from held_sets import png, write_tar

from cmpagl.cli.account import split_lines
from cmpagl.data.dataset import count_splits, iter_pixels, load_dataset, split_names
from cmpagl.errors import DataError

A, B = "a plane by a hall", "two ships, one red"
PAIRS = (("a1.png", A), ("b2.png", B))


def files(root, content, pictures=("a1.png", "b2.png")):
    """Write texts or bytes by name; draw the pictures."""
    draw_images(root, pictures)
    for name, said in content.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(said if isinstance(said, bytes) else said.encode())
    return root


def read(root, split=None):
    return {r.image_id: r.captions for r in load_dataset(root, split).records}


BOTH = {"a1.png": (A,), "b2.png": (B,)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        # other names of columns, by what stands in them
        ("list.csv", f'Image Name,Caption Text\na1.png,{A}\nb2.png,"{B}"\n'),
        ("list.csv", f'image-id;caption_en\na1.png;{A}\nb2.png;"{B}"\n'),
        ("list.csv", f'tile,year,description\na1.png,2019,{A}\nb2.png,2020,"{B}"\n'),
        ("list.csv", f'id,caption\na1,{A}\nb2,"{B}"\n'),
        ("list.csv", f'image,file,caption\n0,a1.png,{A}\n1,b2.png,"{B}"\n'),
        ("list.csv", f',filename,title,caption_id\n0,a1.png,{A},7\n1,b2.png,"{B}",8\n'),
        ("list.csv", f'IMG_PATH\tSentence 1\tSentence 2\na1.png\t{A}\t\nb2.png\t"{B}"\t\n'),
        # no header
        ("list.csv", f'a1.png,{A}\nb2.png,"{B}"\n'),
        ("captions.tsv", f"a1.png#0\t{A}\nb2.png#0\t{B}\n"),
        ("captions.txt", f"a1.png {A}\n\nb2.png {B}\n"),
        ("captions.txt", f"a1.png#0\t{A}\r\nb2.png#0\t{B}\r\n"),
        ("Caps.TXT", f"a1.png|{A}\nb2.png|{B}\n"),
        ("captions.txt", f"image,caption\na1.png,{A}\nb2.png,{B}\n"),
        ("list.csv", f"image,caption\na1.png,{A}\nb2.png,{B}\n"),
        ("list.csv", f'\n# made in 2024\nimage,caption\na1.png,{A}\nb2.png,"{B}"\n'),
        # lists in cells
        ("list.csv", f'image,captions\na1.png,"(\'{A}\',)"\nb2.png,"{{\'{B}\'}}"\n'),
        ("list.csv", f'image,captions\na1.png,"[[""{A}""]]"\nb2.png,"[{{""raw"": ""{B}""}}]"\n'),
        (
            "list.csv",
            f"image,captions\na1.png,\"array(['{A}'], dtype=object)\"\nb2.png,\"['{B}']\"\n",
        ),
        # JSON of any name and shape
        ("captions.json", json.dumps([{"image": n, "caption": c} for n, c in PAIRS])),
        ("all.json", json.dumps({"data": [{"file_name": n, "text": [c]} for n, c in PAIRS]})),
        ("x.json", json.dumps({n: c for n, c in PAIRS})),
        ("x.json", json.dumps({n: {"captions": [c], "w": 3} for n, c in PAIRS})),
        ("x.json", json.dumps({"images": [{"filename": n, "sentences": [c]} for n, c in PAIRS]})),
        ("x.json", json.dumps([{"id": n[:2], "raw": c, "raw_1": None} for n, c in PAIRS])),
        ("x.json", "\n".join(json.dumps({"image": n, "caption": c}) for n, c in PAIRS)),
        ("train.jsonl", "\n".join(json.dumps({"image": n, "caption": c}) for n, c in PAIRS)),
        ("x.ndjson", "\n".join(json.dumps({"id": n, "caption": c}) for n, c in PAIRS)),
        ("x.json", json.dumps({"a1": A, "b2": [B]})),
        ("x.json", json.dumps({"val": {"a1.png": [A]}, "test": {"b2.png": [B]}})),
        ("x.json", json.dumps({"image": [n for n, _ in PAIRS], "caption": [c for _, c in PAIRS]})),
        ("x.json", json.dumps({"file": {"0": "a1.png", "1": "b2.png"}, "text": {"0": A, "1": B}})),
        # the form of AMFMN under other names
        ("captions.txt+filenames.txt", f"{A}\n{B}\n+a1.png\nb2.png\n"),
        ("test_caption.txt+test_names.txt", f"{A}\n{B}\n+a1.png\nb2.png\n"),
        # in a folder below
        ("annotations/captions.csv", f'image,caption\na1.png,{A}\nb2.png,"{B}"\n'),
        ("meta/dataset.json", json.dumps(
            {"images": [{"filename": n, "split": "x", "sentences": [{"raw": c}]} for n, c in PAIRS]}
        )),
        ("meta/text/test_caps.txt+meta/text/test_filename.txt", f"{A}\n{B}\n+a1.png\nb2.png\n"),
        # names as another machine writes them
        ("list.csv", f'image,caption\nC:\\data\\set\\a1.png,{A}\nC:\\data\\set\\b2.png,"{B}"\n'),
        ("list.csv", f'image,caption\n/home/x/set/a1.png,{A}\n/home/x/set/b2.png,"{B}"\n'),
        ("list.csv", f'image,caption\nA1.PNG,{A}\n.\\B2.png,"{B}"\n'),
        ("list.csv", f'image,caption\na1.jpg,{A}\nb2.jpg,"{B}"\n'),
        ("list.csv", f'image,caption\nfile://a1.png,{A}\n b2.png,"{B}"\n'),
        # texts beside
        ("dataset.json", json.dumps([{"image": n, "caption": c} for n, c in PAIRS])),
        ("a1.png.txt+b2.png.txt", f"{A}+{B}"),
        ("captions/a1.txt+captions/b2.txt", f"{A}+{B}"),
        ("a1.json+b2.json", json.dumps({"caption": A}) + "+" + json.dumps({"caption": B})),
    ],
)  # fmt: skip
def test_captions_of_two_pictures(tmp_path, name, text):
    parts = zip(name.split("+"), text.split("+") if "+" in name else [text], strict=True)
    files(tmp_path, dict(parts))
    assert read(tmp_path) == BOTH


def test_a_description_beside_the_folder_of_pictures(tmp_path):
    """Given by its path: what it names lies where its folder does."""
    said = json.dumps([{"image": name, "caption": text} for name, text in PAIRS])
    files(tmp_path, {"annotations/captions.json": said}, ("images/a1.png", "images/b2.png"))
    assert read(tmp_path / "annotations" / "captions.json") == BOTH


def test_objects_beside_pictures_do_not_hide_texts(tmp_path):
    """img2dataset and labelling programs write both."""
    boxes = json.dumps({"shapes": [], "imagePath": "a1.png"})
    files(tmp_path, {"a1.json": boxes, "a1.txt": A, "b2.json": boxes, "b2.txt": B})
    assert read(tmp_path) == BOTH


def test_a_folder_for_each_picture(tmp_path):
    draw_images(tmp_path, ("1/image.png", "2/image.png", "3/x.png", "3/y.png"))
    files(tmp_path, {"1/caption.txt": A, "2/captions.txt": f"{B}\n{A}", "3/text.txt": A}, ())
    found = load_dataset(tmp_path, on_error="skip")
    assert [r.captions for r in found.records] == [(A,), (B, A)]
    assert [one.name for one in found.skipped] == ["3/x.png", "3/y.png"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8-sig", "utf-16"])
def test_encodings_with_and_without_a_mark(tmp_path, encoding):
    text = f'image,caption\na1.png,{A}\nb2.png,"{B}"\n'
    files(tmp_path, {"list.csv": text.encode(encoding)})
    assert read(tmp_path) == BOTH


def test_a_table_of_names_and_captions(tmp_path):
    """Parquet without pictures, whatever it is called; bytes that are no picture do not count."""
    table = pa.table({"path": [n for n, _ in PAIRS], "captions": [[c] for _, c in PAIRS]})
    for name in ("metadata.parquet", "captions.parquet"):
        files(tmp_path / name[:4], {})
        pq.write_table(table, tmp_path / name[:4] / name)
        assert read(tmp_path / name[:4]) == BOTH
    held = {"geometry": [b"x", b"y"], "png": [png(1), png(2)], "text": [f'["{A}"]', B]}
    (tmp_path / "held").mkdir()
    pq.write_table(pa.table(held), tmp_path / "held" / "all.parquet")
    dataset = load_dataset(tmp_path / "held")
    assert dataset.captions == [A, B]
    assert dataset.records[1].picture.read().getpixel((0, 0))[0] == 2


def karpathy(names, splits):
    images = [
        {"filename": n, "split": s, "sentences": [{"raw": A}]}
        for n, s in zip(names, splits, strict=True)
    ]
    return json.dumps({"images": images})


@pytest.mark.parametrize(
    ("splits", "called"),
    [
        ("Train Val Test", "train val test"),
        ("training validation testing", "train val test"),
        ("TRAIN dev test1k", "train val test"),
        ("train restval val", "train restval val"),
        ("train2017 RESTVAL val2017", "train restval val"),
        ("trn valid eval", "train val eval"),
        ("train test1k test5k", "train test1k test5k"),
    ],
)
def test_splits_by_other_names(tmp_path, splits, called):
    """Each is found by what it is usually called, and what restval holds trains."""
    names = ("a.png", "b.png", "c.png")
    files(tmp_path, {"dataset.json": karpathy(names, splits.split())}, names)
    assert split_names(tmp_path) == tuple(called.split())
    assert count_splits(tmp_path)[1] == dict.fromkeys(called.split(), 1)
    for name, split in zip(names, called.split(), strict=True):
        found = {"train", "restval"} & {split}
        expected = {"a.png", "b.png"} if found and "restval" in called else {name}
        assert set(read(tmp_path, "train" if found else split)) == expected
    assert "trains on 2 of 3" in split_lines(tmp_path)[0] or "restval" not in called


@pytest.mark.parametrize(
    "layout",
    [
        {"{}/captions.csv": "image,caption\n{}.png,{}\n", "{}/{}.png": ""},
        {"{}/metadata.csv": "file_name,text\n{}.png,{}\n", "{}/{}.png": ""},
        {"captions_{}.csv": "image,caption\n{}.png,{}\n", "pics/{}.png": ""},
        {"set_{}.json": '[{{"image": "{}.png", "caption": "{}"}}]', "pics/{}.png": ""},
        {"{}.jsonl": '{{"image": "{}.png", "caption": "{}"}}', "pics/{}.png": ""},
        {"{}.psv": "image|caption\n{}.png|{}\n", "pics/{}.png": ""},
        {"ann/{}.json": '{{"{}.png": ["{}"]}}', "pics/{}.png": ""},
        {"{}_list.txt": "{}.png {}", "pics/{}.png": ""},
        {"{}/1.txt": "{2}", "{}/1.png": ""},
    ],
)
def test_a_file_for_each_split(tmp_path, layout):
    """The split is a word of the file's name, or its folder's."""
    for split, caption in (("train", "a road"), ("validation", "a pond")):
        for name, text in layout.items():
            name = (
                name.format(split)
                if name.count("{}") == 1 and not name.startswith("pics")
                else (name.format(split, split) if name.count("{}") == 2 else name.format(split))
            )
            if name.endswith(".png"):
                draw_images(tmp_path, (name,))
            else:
                files(tmp_path, {name: text.format(split, caption, caption)}, ())
    assert load_dataset(tmp_path, "train").captions == ["a road"]
    assert load_dataset(tmp_path, "val").captions == ["a pond"]
    assert len(load_dataset(tmp_path)) == 2


def test_names_that_only_differ_for_a_computer(tmp_path):
    """Umlauts in two characters, escapes, blanks, an emoji, a number sign, a backslash, a break."""
    said = [
        "Münster 1.png",
        "a b.png",
        "\N{AIRPLANE}.png",
        "x#1.png",
        "50%.png",
        "c\\d.png",
        "e\nf.png",
    ]
    there = [unicodedata.normalize("NFD", said[0]), *said[1:]]
    draw_images(tmp_path, there)
    assert sorted(read(tmp_path)) == sorted(there)
    items = [
        {"file_name": n, "text": A} for n in ["a%20b.png" if n == "a b.png" else n for n in said]
    ]
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, items)))
    assert sorted(read(tmp_path)) == sorted(there)


def test_a_picture_that_could_be_two_is_none(tmp_path):
    """By its own name alone, in two folders: the split's if it has one, else it is missing."""
    names = ("train/1.png", "val/1.png", "val/2.png")
    files(tmp_path, {"captions.csv": f"image,caption,split\n1.png,{A},val\n2.png,{A},val\n"}, names)
    assert set(read(tmp_path)) == {"val/1.png", "val/2.png"}
    (tmp_path / "captions.csv").write_text(f"image,caption\n1.png,{A}\n2.png,{A}\n")
    with pytest.raises(DataError, match=r"1\.png' has captions but no image"):
        load_dataset(tmp_path)
    (tmp_path / "captions.csv").unlink()
    files(tmp_path, {"captions/1.txt": A, "captions/2.txt": A}, ())
    with pytest.raises(DataError, match=r"train/1\.png' has no caption"):
        load_dataset(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.json", json.dumps([{"image": "a1.png", "legend": A}]), r"\(image, legend\) holds the"),
        (
            "x.json",
            json.dumps([{"image": "a1.png", "conversations": [{"from": "gpt", "value": A}]}]),
            r"which of its keys \(image, conversations\) holds the captions",
        ),
        ("x.csv", f"tile,words\na1.png,{A}\n", r"which of its columns \(tile, words\)"),
        ("x.json", json.dumps([{"image": "zz.png", "caption": A}]), "of which none .*zz.png"),
        ("x.csv", f"file,label\na1.png,{A}\nb2.png,{B}\n", r"which of its columns \(file, label\)"),
        ("x.csv", f"image,caption\na1.png,{A},x\nb2.png,a road,y\n", "3 values for 2 columns"),
        ("x.csv", "image,caption\na1.png,飞机场飞机\n".encode("gbk"), "is not UTF-8"),
        ("x.csv", "image,captions\na1.png,\"['it's a plane']\"\n", "instead of text"),
    ],
)
def test_captions_that_cannot_be_taken_are_not_passed_over(tmp_path, name, text, says):
    """A sentence before anything is embedded."""
    files(tmp_path, {name: text})
    with pytest.raises(DataError, match=says):
        load_dataset(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a1.txt", "0 0.5 0.5 0.1 0.2\n3 0.1 0.2 0.3 0.4\n"),
        ("a1.txt", "imagesource:x\n10 20 30 20 30 40 10 40 plane 0\n10 2 3 2 3 4 1 4 ship 1\n"),
        ("a1.json", json.dumps({"shapes": [{"label": "plane", "points": [[1, 2]]}]})),
        ("settings.json", "{ // not JSON\n}"),
        ("instances.json", json.dumps({"images": [{"id": 1, "file_name": "a1.png"}]})),
        ("train.txt", "a1.png\nb2.png\n"),
        ("prices.csv", "what,price\nbread,2\n"),
        ("labels.txt", "a1.png 0\nb2.png 3\n"),
        ("labels.txt", "a1.png plane\nb2.png ship\n"),
        ("labels.json", json.dumps({"a1.png": "plane", "b2.png": 3})),
    ],
)
def test_what_is_no_caption_is_not_taken_for_one(tmp_path, name, text):
    """Boxes, labels, settings, lists of names: a plain folder of pictures, and the file is told."""
    files(tmp_path, {name: text})
    assert read(tmp_path) == dict.fromkeys(("a1.png", "b2.png"), ())
    told = (load_dataset(tmp_path).accounts[0][1].not_read, load_dataset(tmp_path).skipped)
    assert name in str(told)


def test_two_data_sets_below_one_folder_need_a_choice(tmp_path):
    for name in ("rsicd", "ucm"):
        files(tmp_path / name, {"dataset.json": karpathy(["a.png"], ["train"])}, ["images/a.png"])
    with pytest.raises(DataError, match=r"several descriptions \(rsicd/dataset.json, ucm/"):
        load_dataset(tmp_path)
    assert list(read(tmp_path / "ucm")) == ["a.png"]


def test_a_data_set_within_a_folder_of_pictures_does_not_stand_for_all_of_it(tmp_path):
    names = ("a1.png", "b2.png", "demo/c.png")
    files(tmp_path, {"demo/captions.csv": "image,caption\nc.png,a road\n"}, names)
    assert read(tmp_path) == dict.fromkeys(names, ())
    assert load_dataset(tmp_path).accounts[0][1].not_read == ["demo/captions.csv"]
    assert read(tmp_path / "demo") == {"c.png": ("a road",)}


def test_folders_of_file_servers(tmp_path):
    """Thumbnails, deleted files and snapshots of Synology, QNAP, NetApp, Windows, Mac."""
    folders = (
        "@eaDir",
        "#recycle",
        "@Recycle",
        "~snapshot",
        "$RECYCLE.BIN",
        "#snapshot",
        "@__thumb",
    )
    names = [
        f"{n}/a.png" for n in (*folders, ".Trash-1000", "__MACOSX", "lost+found", "@Recently-S")
    ]
    draw_images(tmp_path, [*names, "#1/a.png", "scene/@eaDir/x.png", "._a.png", "~a.png"])
    for name in ("Thumbs.db", ".DS_Store", "desktop.ini", "a.png.aux.xml"):
        (tmp_path / name).write_bytes(b"")
    assert sorted(read(tmp_path)) == ["#1/a.png", "~a.png"]
    account = load_dataset(tmp_path).accounts[0][1]
    assert (len(account.left_out), account.not_read) == (len(names) + 1, [])


def test_splits_and_captions_in_a_tar(tmp_path):
    """The split is a word of the shard's name; captions as texts, lists, or boxes that are none."""
    members = {"1.png": png(1), "1.caption": A.encode(), "2.JPG": png(2)}
    members |= {"2.json": json.dumps([A, B]).encode(), "3.png": png(3), "3.txt": b"0 .5 .5 .1 .1"}
    write_tar(tmp_path / "rs5m-train-0000.tar", members)
    dataset = load_dataset(tmp_path, "train", on_error="skip")
    assert [r.captions for r in dataset.records] == [(A,), (A, B)]
    assert "has no caption" in dataset.skipped[0].reason


def test_pictures_in_one_folder_around_their_splits(tmp_path):
    draw_images(tmp_path, ("AID/Train/port/1.png", "AID/Test/pond/1.png"))
    assert split_names(tmp_path) == ("test", "train")
    assert [r.class_name for r in load_dataset(tmp_path, "train").records] == ["port"]


def test_what_git_lfs_has_not_fetched_is_said(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(DataError, match=r"git lfs pull.*\(--on-error skip\)"):
        next(iter_pixels(load_dataset(tmp_path).records, 8))
