"""Large pictures: reduced while they are decoded, in bounded memory; squares and thumbnails."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from decoded import COLOUR, grey, save
from PIL import Image

from cmpagl.data.picture import load_pixels, read_image
from cmpagl.data.resize import THUMBNAIL_BYTES, square_pixels, thumbnail_bytes

BIG = 3000


SCENE = np.add.outer(np.arange(BIG) // 12, np.arange(BIG) // 40).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *[("a.jpg", "RGB"), ("a.jpg", "L"), ("a.png", "RGB"), ("a.png", "P"), ("a.png", "LA")],
        *[("a.tif", "RGB"), ("a.webp", "RGB"), ("a.gif", "P"), ("a.jp2", "RGB"), ("a.tif", "I;16")],
    ],
)
def test_a_large_picture_is_reduced_while_it_is_decoded(tmp_path, name, mode):
    """No side falls below what is asked for, and the picture is what reducing it later gives."""
    image = Image.fromarray(SCENE)
    if mode == "I;16":
        image = Image.fromarray(SCENE.astype(np.uint16) * 30)
    elif mode != "L":
        image = image.convert(mode)
    path = save(tmp_path, name, image, **({"lossless": True} if "webp" in name else {}))
    whole, reduced = read_image(path), read_image(path, side=500)
    assert whole.size == (BIG, BIG)
    assert 500 <= min(reduced.size) <= 1000
    expected = np.array(whole.resize(reduced.size, Image.Resampling.BOX), int)
    assert np.abs(np.array(reduced, int) - expected).mean() < 1.5


def test_an_ordinary_picture_is_never_reduced(tmp_path):
    """Up to 4 million pixels every pixel is the file's own, whatever is needed of it."""
    path = save(tmp_path, "a.png", Image.fromarray(SCENE[:2048, :2048]))
    np.testing.assert_array_equal(np.array(read_image(path, side=64))[:, :, 0], SCENE[:2048, :2048])


MEMORY = """
import sys
from pathlib import Path
from cmpagl.data.picture import FilePicture
FilePicture(Path(sys.argv[1])).read()

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024

Path("/proc/self/clear_refs").write_text("5")
before = peak()
FilePicture(Path(sys.argv[2])).read(side=1024)
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux' /proc")
@pytest.mark.parametrize(("name", "per_pixel"), [("a.png", 5), ("a.jpg", 2), ("a.tif", 4)])
def test_memory_of_a_small_file_that_is_a_large_picture(tmp_path, name, per_pixel):
    """At most about 4 bytes for each of its pixels, far less where the format allows."""
    save(tmp_path, "small.png", Image.fromarray(COLOUR))
    large = save(tmp_path, name, Image.new("RGB", (5000, 5000), (9, 99, 199)), quality=50)
    ran = subprocess.run(
        [sys.executable, "-c", MEMORY, tmp_path / "small.png", large],
        **{"capture_output": True, "text": True, "check": True},
    )
    assert int(ran.stdout) < per_pixel * 25e6


def test_load_pixels_squashes_the_whole_picture(tmp_path):
    """The result is square, holds all four corners, and is the picture itself at its own size."""
    blocks = np.kron(COLOUR[:2, :2], np.ones((20, 40, 1), np.uint8))  # 80 wide, 40 high
    path = save(tmp_path, "a.png", Image.fromarray(blocks))
    pixels = load_pixels(path, 16)
    assert pixels.shape == (16, 16, 3)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(
        pixels[[0, 0, -1, -1], [0, -1, 0, -1]], COLOUR[:2, :2].reshape(4, 3)
    )
    square = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    np.testing.assert_array_equal(
        load_pixels(save(tmp_path, "b.png", Image.fromarray(square)), 16), square
    )


def test_squashing_is_antialiased():
    """A checkerboard reduced eightfold is grey, not one of its two colours."""
    board = Image.fromarray(grey(np.indices((64, 64)).sum(0) % 2 * 255))
    assert np.abs(square_pixels(board, 8).astype(int) - 127).max() <= 2


def test_thumbnails_stay_below_their_limit():
    """Even noise fits in 15 KB; a picture keeps its shape and is not enlarged."""
    noise = np.random.default_rng(0).integers(0, 256, (600, 900, 3), dtype=np.uint8)
    content = thumbnail_bytes(Image.fromarray(noise))
    assert len(content) <= THUMBNAIL_BYTES
    with Image.open(io.BytesIO(content)) as thumbnail:
        assert thumbnail.format == "WEBP"
        assert thumbnail.width / thumbnail.height == pytest.approx(1.5, abs=0.02)
    small = Image.fromarray(COLOUR)
    with Image.open(io.BytesIO(thumbnail_bytes(small))) as thumbnail:
        assert thumbnail.size == (6, 4)
    assert small.size == (6, 4)
