"""A file that grows is a whole .npy after each flush, and is cut back to what was counted."""

import numpy as np
import pytest

from cmpagl.growing import GrowingArray


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
