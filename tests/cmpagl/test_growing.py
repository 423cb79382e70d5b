"""A file that grows is a whole .npy after each flush, and is cut back to what was counted."""

import numpy as np
import pytest

from cmpagl import growing
from cmpagl.growing import GrowingArray, Rows, grow, stored_rows


def load(path):
    return np.load(path, allow_pickle=False)


@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.float16])
def test_each_flush_leaves_a_whole_file(tmp_path, dtype):
    path = tmp_path / "a.npy"
    rows = np.random.default_rng(0).integers(-9, 9, (1200, 2, 3)).astype(dtype)
    array = GrowingArray(path, (2, 3), dtype)
    array.flush()
    assert load(path).shape == (0, 2, 3)
    for start, end in ((0, 5), (5, 5), (5, 1200)):
        array.append(rows[start:end])
        array.flush()
        assert np.array_equal(load(path), rows[:end])
        assert load(path).dtype == dtype
    assert array.rows == 1200
    array.close()


def test_going_on_drops_what_was_not_counted(tmp_path):
    """Rows, and half rows, behind those that count are cut off; the bytes are those of one run."""
    path, straight = tmp_path / "a.npy", tmp_path / "b.npy"
    rows = np.arange(40, dtype=np.float32).reshape(10, 4)
    first = GrowingArray(path, (4,), np.float32)
    first.append(rows[:7])
    first.flush()
    first.close()
    with open(path, "ab") as file:
        file.write(b"half a row")
    again = GrowingArray(path, (4,), np.float32, rows=5)
    again.append(rows[5:])
    again.flush()
    whole = GrowingArray(straight, (4,), np.float32)
    whole.append(rows)
    whole.flush()
    assert path.read_bytes() == straight.read_bytes()


def test_too_short_a_file_is_refused(tmp_path):
    path = tmp_path / "a.npy"
    with pytest.raises(ValueError, match="fewer than 2 rows"):
        GrowingArray(path, (4,), np.float32, rows=2)
    GrowingArray(path, (4,), np.float32).close()
    with pytest.raises(ValueError, match="fewer than 2 rows"):
        GrowingArray(path, (4,), np.float32, rows=2)


def test_rows_of_another_shape_are_refused(tmp_path):
    array = GrowingArray(tmp_path / "a.npy", (4,), np.float32)
    with pytest.raises(ValueError, match="do not fit"):
        array.append(np.zeros((2, 3), np.float32))


class Stopped(Exception):
    """The caller's way to stop."""


@pytest.mark.parametrize("flush_seconds", [0.0, 1e9])
def test_what_is_grown_is_computed_once_whatever_stops_it(tmp_path, monkeypatch, flush_seconds):
    """Two arrays, one with several rows an item; stopped after each chunk, or by what computes."""
    monkeypatch.setattr(growing, "FLUSH_SECONDS", flush_seconds)
    starts = np.cumsum([0, 2, 0, 3, 1, 1, 4, 2])
    arrays = {"one": Rows((2,), np.float32), "some": Rows((), np.int32, starts)}
    computed = []

    def compute(start, end):
        computed.append((start, end))
        if len(computed) == 2:
            raise Stopped
        ones = np.arange(start, end)[:, None] * [1.0, 10.0]
        return [ones, np.arange(starts[start], starts[end])]

    def stop(done, total):
        assert total == 7
        raise Stopped

    folder = tmp_path / "grown"
    for _ in range(4):
        with pytest.raises(Stopped):
            grow(folder, arrays, 7, compute, at_once=3, progress=stop)
    assert computed == [(0, 3), (3, 6), (3, 6), (6, 7)]
    found = grow(folder, arrays, 7, compute, at_once=3, progress=stop)
    assert len(computed) == 4
    np.testing.assert_array_equal(found["one"], np.arange(7)[:, None] * [1, 10])
    np.testing.assert_array_equal(found["some"], np.arange(13))
    assert sorted(path.name for path in folder.iterdir()) == ["done.json", "one.npy", "some.npy"]


@pytest.mark.parametrize("items", [4, 5])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one.npy", b""),
        ("one.npy", b"\x93NUMPY"),
        ("one.npy", None),
        ("done.json", b""),
        ("done.json", b"[" * 100_000),
        ("done.json", b'{"items": 6}'),
        ("done.json", b'{"items": -1}'),
        ("done.json", b'{"items": "5"}'),
    ],
)
def test_damaged_work_is_grown_anew(tmp_path, items, name, content):
    """Files with fewer rows than are counted, or of another form, and counts that are none.

    What else lies there, such as what the work is of, stays.
    """
    arrays = {"one": Rows((), np.int32)}

    def compute(start, end):
        return [np.arange(start, end)]

    folder = tmp_path / "a"
    grow(folder, arrays, 5, compute, at_once=2)
    (folder / "done.json").write_text(f'{{"items": {items}}}')
    (folder / "of.json").write_text("{}")
    if content is None:
        np.save(folder / name, np.full((5, 2), 7, np.int8))
    else:
        (folder / name).write_bytes(content)
    np.testing.assert_array_equal(grow(folder, arrays, 5, compute, at_once=2)["one"], np.arange(5))
    assert (folder / "of.json").exists()


def test_a_flipped_bit_in_what_is_whole_is_computed_again(tmp_path):
    """Though it stays a number; what an earlier version has kept without digests is taken."""
    arrays, computed = {"one": Rows((), np.float32)}, []

    def compute(start, end):
        computed.append(start)
        return [np.arange(start, end)]

    grow(tmp_path, arrays, 5, compute, at_once=2)
    whole = (tmp_path / "one.npy").read_bytes()
    flipped = whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:]
    (tmp_path / "one.npy").write_bytes(flipped)
    np.testing.assert_array_equal(grow(tmp_path, arrays, 5, compute, at_once=2)["one"], range(5))
    assert computed == [0, 2, 4, 0, 2, 4]
    assert (tmp_path / "one.npy").read_bytes() == whole
    (tmp_path / "done.json").write_text('{"items": 5}')
    grow(tmp_path, arrays, 5, compute, at_once=2)
    assert len(computed) == 6


def test_rows_are_counted_by_the_file_itself(tmp_path):
    assert stored_rows(tmp_path / "a.npy") == 0
    array = GrowingArray(tmp_path / "a.npy", (2,), np.int8)
    array.append(np.zeros((3, 2)))
    array.flush()
    assert stored_rows(tmp_path / "a.npy") == 3
    array.close()
