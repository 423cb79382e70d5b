"""A picture opens itself, says what it is called, and is found again from what it wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import FilePicture, open_picture, read_image
from cmpagl.errors import DataError


def test_a_file_is_a_picture(tmp_path):
    """A path and its picture read alike, and the picture is found again below another root."""
    Image.new("RGB", (6, 4), (10, 20, 30)).save(tmp_path / "a.png")
    picture = load_dataset(tmp_path).records[0].picture
    assert picture == FilePicture(tmp_path / "a.png")
    assert picture.name == str(tmp_path / "a.png")
    np.testing.assert_array_equal(picture.read(), read_image(tmp_path / "a.png"))
    assert open_picture(picture.to_json(tmp_path), Path("moved")).path == Path("moved/a.png")
    with pytest.raises(DataError, match="has more than 23 pixels"):
        picture.read(max_pixels=23)


def test_a_stamp_tells_that_a_file_may_have_changed(tmp_path):
    """Its bytes and time; nothing where no file is."""
    path = tmp_path / "a.png"
    assert FilePicture(path).stamp() is None
    path.write_bytes(b"12345")
    assert FilePicture(path).stamp() == (5, path.stat().st_mtime_ns)
    assert FilePicture(tmp_path).stamp() is None


@pytest.mark.parametrize("path", ["/etc/passwd", "../a.png", "a/../../b.png", None, 5])
def test_what_leaves_the_folder_is_refused(tmp_path, path):
    """An index that was changed by hand opens no file elsewhere."""
    with pytest.raises(DataError, match="leaves the data folder"):
        open_picture({"path": path}, tmp_path)
    with pytest.raises(DataError, match="of the kind 'tape' is not known"):
        open_picture({"path": "a.png", "kind": "tape"}, tmp_path)
