"""Vectors as people keep them: forms, ids beside them, and which picture each is of."""

from __future__ import annotations

import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from fake_sets import draw_images
from safetensors.torch import save_file

from cmpagl.data.dataset import load_dataset
from cmpagl.data.vector_names import NameIndex
from cmpagl.data.vectors import read_vectors
from cmpagl.errors import DataError
from cmpagl.store.importing import import_vectors

N, E = 4, 6
NAMES = ["b", "a", "d", "c"]
ROWS = np.random.default_rng(0).standard_normal((N, E)).astype(np.float32)
UNIT = ROWS / np.linalg.norm(ROWS, axis=1, keepdims=True)
FIXED = pa.FixedSizeListArray.from_arrays(pa.array(ROWS.ravel()), E)


def table(file, **columns):
    pq.write_table(pa.table(columns), file)
    return file


@pytest.mark.parametrize(
    "columns",
    [
        {"id": NAMES, "embedding": FIXED},
        {"name": NAMES, "vec": pa.array(list(ROWS.astype(np.float16)), pa.list_(pa.float16()))},
        {"filename": pa.array(NAMES).dictionary_encode(), "emb": list(ROWS.astype(np.float64))},
        {"label": [1, 1, 2, 2], "path": NAMES, **{str(n): ROWS[:, n] for n in range(E)}},
        {"key": NAMES, "score": ROWS[:, 0], **{f"dim_{n}": ROWS[:, n] for n in range(E)}},
        {**{f"A{n:02d}": ROWS[:, n] for n in range(E)}, "__index_level_0__": NAMES},
        {"id": NAMES, "embedding": FIXED, "bbox": [[0.0, 0, 1, 1]] * N, "a1": ROWS[:, 0]},
    ],
)
def test_tables(tmp_path, columns):
    """Lists of one size or not, half floats, a column a number; names, categories, an index."""
    found = read_vectors(table(tmp_path / "v.parquet", **columns))
    assert found.names == tuple(NAMES)
    assert np.allclose(found.embeds, UNIT, atol=1e-3)
    assert not found.numbered


def test_rows_without_a_vector_are_left_out(tmp_path):
    """Null, NaN, infinite and zero ones; widths that differ are no vectors of anything."""
    rows = [ROWS[0].tolist(), None, [0.0] * E, [*ROWS[1][:-1].tolist(), float("nan")]]
    for kind in (pa.list_(pa.float32()), pa.list_(pa.float32(), E)):
        path = table(tmp_path / "v.parquet", id=NAMES, embedding=pa.array(rows, kind))
        found = read_vectors(path)
        assert (found.names, found.left_out) == (("b",), 3)
        assert np.allclose(found.embeds, UNIT[:1])
    columns = {f"f{n}": ROWS[:, n].copy() for n in range(E)}
    columns["f0"][0], columns["f1"][1] = np.nan, np.inf
    found = read_vectors(table(tmp_path / "v.parquet", id=NAMES, **columns))
    assert (found.names, found.left_out) == (("d", "c"), 2)
    # Three and five numbers are eight, which is two rows of four.
    path = table(tmp_path / "v.parquet", id=["a", "b"], embedding=[[1.0] * 3, [1.0] * 5])
    with pytest.raises(DataError, match=r"several widths, or none \(3, 5 numbers\)"):
        read_vectors(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("v.txt", "\ufeffb\r\na\r\nd\r\nc\r\n"),
        ("v_ids.txt", "b\na\nd\nc"),
        ("ids.json", json.dumps(NAMES)),
        ("v.json", json.dumps({"ids": NAMES})),
        ("v_names.json", json.dumps({"a": 1, "b": 0, "c": 3, "d": 2})),
        ("v_names.json", json.dumps({"0": "b", "1": "a", "2": "d", "3": "c"})),
        ("v.csv", "split,filename\nx,b\nx,a\nx,d\nx,c\n"),
        ("v_ids.npy", np.array(NAMES)),
    ],
)
def test_arrays_with_names_beside_them(tmp_path, name, content):
    """As text, JSON, a table, an array; also where the array has a batch of one around each row."""
    if isinstance(content, str):
        (tmp_path / name).write_text(content, encoding="utf-8", newline="")
    else:
        np.save(tmp_path / name, content)
    for rows in (ROWS, ROWS.astype(np.float16)[:, None], ROWS[None]):
        np.save(tmp_path / "v.npy", rows)
        found = read_vectors(tmp_path / "v.npy")
        assert found.names == tuple(NAMES)
        assert np.allclose(found.embeds, UNIT, atol=1e-3)
    moved = tmp_path / "other"
    moved.mkdir()
    (tmp_path / name).rename(moved / name)
    assert read_vectors(tmp_path / "v.npy").numbered
    assert read_vectors(tmp_path / "v.npy", names=str(moved / name)).names == tuple(NAMES)


def test_safetensors_of_brain_floats_with_ids(tmp_path):
    tensors = {"embeds": torch.tensor(ROWS).bfloat16(), "ids": torch.tensor([5, 3, 9, 7])}
    save_file(tensors, tmp_path / "v.safetensors")
    found = read_vectors(tmp_path / "v.safetensors")
    assert found.names == ("5", "3", "9", "7")
    assert np.allclose(found.embeds, UNIT, atol=1e-2)


def test_several_arrays_in_a_file(tmp_path):
    """Vectors and ids of npz; names as Python objects are never read."""
    np.savez(tmp_path / "v.npz", labels=np.arange(N), features=ROWS, filenames=np.array(NAMES))
    found = read_vectors(tmp_path / "v.npz")
    assert found.names == tuple(NAMES)
    assert np.allclose(found.embeds, UNIT)
    np.savez(tmp_path / "v.npz", features=ROWS, ids=np.array(NAMES, object))
    with pytest.raises(DataError, match="damaged or no file of vectors"):
        read_vectors(tmp_path / "v.npz")
    (tmp_path / "v.npz").write_bytes((tmp_path / "v.npz").read_bytes()[:99])
    with pytest.raises(DataError, match="damaged or no file of vectors"):
        read_vectors(tmp_path / "v.npz")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (["a", "b", None, "c"], "1 rows without a name in the column 'id'"),
        (["a", "b", "a", "c"], "more than one vector of 'a'"),
    ],
)
def test_ids_that_name_nothing_are_refused(tmp_path, content, says):
    with pytest.raises(DataError, match=says):
        read_vectors(table(tmp_path / "v.parquet", id=content, embedding=FIXED))


@pytest.mark.parametrize("wrong", [None, True, 1.5, float("nan"), {"a": 1}, ""])
def test_a_list_of_names_with_one_that_is_none(tmp_path, wrong):
    """It is not called 'None'; numbers, as programs keep them, name pictures."""
    np.save(tmp_path / "v.npy", ROWS)
    (tmp_path / "v.json").write_text(json.dumps(["b", wrong, "d", "c"]))
    with pytest.raises(DataError, match=r"v\.json: name 2 is .* which is none"):
        read_vectors(tmp_path / "v.npy")
    (tmp_path / "v.json").write_text("[4, 3.0, 2, 1]")
    assert read_vectors(tmp_path / "v.npy").names == ("4", "3", "2", "1")
    tensors, notes = {"embeds": torch.tensor(ROWS)}, {"ids": json.dumps([wrong, "a", "b", "c"])}
    save_file(tensors, tmp_path / "v.safetensors", notes)
    with pytest.raises(DataError, match="Its note 'ids': name 1 is"):
        read_vectors(tmp_path / "v.safetensors")


def test_what_a_file_says_of_itself_and_is_not_so(tmp_path):
    """More names than vectors, more bytes than numbers, rows of two models, a width in letters."""
    np.savez(tmp_path / "v.npz", features=ROWS, ids=np.array(NAMES[:3]))
    np.save(tmp_path / "v.npy", ROWS)
    with open(tmp_path / "v.npy", "ab") as file:
        file.write(bytes(16))
    wide = {"id": NAMES, "embedding": FIXED}
    table(tmp_path / "models.parquet", **wide, **{"emb:model": ["a", "a", "b", "a"]})
    table(tmp_path / "widths.parquet", **wide, **{"emb:dimensions": ["4", "4", "4", "1e3"]})
    table(tmp_path / "width.parquet", **wide, **{"emb:dimensions": ["1e3"] * N})
    for name, said in (
        ("v.npz", "has 3 names and vectors of the shape"),
        ("v.npy", "has 16 bytes more than its header says"),
        ("models.parquet", r"2 kinds in 'emb:model' \(a, b\)"),
        ("widths.parquet", r"2 kinds in 'emb:dimensions' \(4, 1e3\)"),
        ("width.parquet", "says that its vectors have 1e3 numbers"),
    ):
        with pytest.raises(DataError, match=said):
            read_vectors(tmp_path / name)


@pytest.mark.parametrize(
    ("ids", "pictures"),
    [
        (["a.png", "b.tif"], ["a.png", "b.jpg"]),
        (["a", "b"], ["x/a.png", "x/b.jpg"]),
        (["C:\\x\\A.PNG", "C:\\x\\b.png"], ["a.png", "b.png"]),
        (["/data/x/1.png", "/data/y/1.png"], ["x/1.jpg", "y/1.jpg"]),
        (["1", "12"], ["0001.png", "0012.png"]),
        (["S2.tile.1", "S2.tile.2"], ["S2.tile.1.png", "S2.tile.2.png"]),
    ],
)
def test_which_picture_a_vector_is_of(ids, pictures):
    index = NameIndex(ids)
    assert [index.row(name) for name in pictures] == [0, 1]
    assert index.row("nothing.png") is None


def test_a_vector_that_could_be_of_two_pictures_is_of_none(tmp_path):
    """Names that are the same without folders; rows that have no name at all."""
    assert NameIndex(["x/1.png", "y/1.png"]).row("1.png") is None
    draw_images(tmp_path / "data", ("0.png", "1.png", "x/2.png", "y/2.png", "3.png"))
    dataset = load_dataset(tmp_path / "data")
    path = table(tmp_path / "v.parquet", id=["0", "1", "2", "3"], embedding=FIXED)
    made = import_vectors(
        read_vectors(path), path, tmp_path / "index", dataset=dataset, with_map=False
    )
    assert [r.image_id for r in made.gallery.records] == ["0.png", "1.png", "3.png"]
    np.save(tmp_path / "v.npy", ROWS)
    with pytest.raises(DataError, match="does not say what its vectors are of"):
        import_vectors(read_vectors(tmp_path / "v.npy"), path, tmp_path / "index", dataset=dataset)


def test_a_file_that_bursts_or_is_none_is_refused_before_it_is_read(tmp_path, monkeypatch):
    """An npz of zeros, vectors wider than any model's, names out of a named pipe."""
    monkeypatch.setattr("cmpagl.data.vectors.BURST", 1 << 20)
    np.savez_compressed(tmp_path / "a.npz", embeddings=np.zeros((1000, 1000), np.float32))
    with pytest.raises(DataError, match="would unpack to"):
        read_vectors(tmp_path / "a.npz")
    np.save(tmp_path / "b.npy", np.ones((2, 20_000), np.float32))
    with pytest.raises(DataError, match="of 20,000 numbers; 16,384 is the most"):
        read_vectors(tmp_path / "b.npy")
    np.save(tmp_path / "c.npy", ROWS)
    for name in ("names", "names.npy", "names.json", "names.csv"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(DataError, match="is no regular file"):
            read_vectors(tmp_path / "c.npy", names=str(tmp_path / name))
