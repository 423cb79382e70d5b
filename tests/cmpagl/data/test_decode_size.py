"""Large pictures: reduced while they are decoded, in bounded memory; squares and thumbnails."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pillow_heif
import pytest
import rasterio
from decoded import COLOUR, grey, save
from PIL import Image

from cmpagl.data.picture import FilePicture, load_pixels, read_image
from cmpagl.data.raster import parts
from cmpagl.data.resize import THUMBNAIL_BYTES, square_pixels, thumbnail_bytes
from cmpagl.errors import DataError

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
small, *large = map(Path, sys.argv[1:])
for path in (small / path.name for path in large):
    FilePicture(path).read()

def peak(name):
    status = Path("/proc/self/status").read_text()
    return int(status.split(name)[1].split()[0]) * 1024

for path in large:
    Path("/proc/self/clear_refs").write_text("5")
    before = peak("VmRSS:")
    FilePicture(path).read(side=1024)
    print(path.name, peak("VmHWM:") - before)
"""

# Bytes a pixel: about 4, far less where the format allows; AVIF's decoder takes more.
LARGE = {"a.png": 5, "p.png": 3, "a.jpg": 2, "cmyk.jpg": 3, "a.tif": 5, "a.gif": 3, "a.avif": 11}
SIDE = 3000


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux' /proc")
def test_memory_of_a_small_file_that_is_a_large_picture(tmp_path):
    """In one process, one after the other: none takes more a pixel than it may."""
    for folder, side in ((tmp_path, SIDE), (tmp_path / "small", 40)):
        folder.mkdir(exist_ok=True)
        plain = Image.new("RGB", (side, side), (9, 99, 199))
        made = {"cmyk.jpg": plain.convert("CMYK"), "p.png": plain.convert("P")}
        for name in LARGE:
            fast = {"speed": 10} if "avif" in name else {}
            made.get(name, plain).save(folder / name, **fast)
    line = [sys.executable, "-W", "ignore", "-c", MEMORY, tmp_path / "small"]
    line += [tmp_path / name for name in LARGE]
    # Large blocks of memory go back to the system at once.
    settings = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}
    ran = subprocess.run(line, capture_output=True, text=True, check=False, env=settings)
    taken = {name: int(size) for name, size in map(str.split, ran.stdout.splitlines())}
    assert taken.keys() == LARGE.keys(), ran.stderr
    around = 500_000  # bytes, whatever the picture's size
    assert [name for name in LARGE if taken[name] > LARGE[name] * SIDE**2 + around] == [], taken


@pytest.mark.parametrize(("form", "most"), [("AVIF", "14,545"), ("HEIF", "20,000"), ("WEBP", "")])
def test_what_is_decoded_whole_may_have_fewer_pixels(tmp_path, form, most):
    """As many as take the same memory, which is said with the form and the ways out."""
    pillow_heif.register_heif_opener()
    path = tmp_path / f"a.{form.lower().replace('heif', 'heic')}"
    Image.new("RGB", (160, 150)).save(path)
    if not most:
        assert FilePicture(path).read(max_pixels=40_000).size == (160, 150)
        return
    with pytest.raises(DataError, match=f"more than {most} pixels, the limit of {form}.*save it"):
        FilePicture(path).read(max_pixels=40_000)


def test_a_strip_or_tile_that_is_too_large_is_refused_before_it_is_unpacked(tmp_path):
    """A raster that is one strip of deep values; the same in many strips is read."""
    profile = {"driver": "GTiff", "width": 600, "height": 500, "count": 3, "dtype": "float32"}
    profile |= {"compress": "deflate", "interleave": "pixel"}
    for name, rows in (("one.tif", 500), ("many.tif", 16)):
        with rasterio.open(tmp_path / name, "w", blockysize=rows, **profile) as file:
            file.write(np.random.default_rng(0).random((3, 500, 600), np.float32))
    assert FilePicture(tmp_path / "many.tif").read(max_pixels=300_000).size == (600, 500)
    with pytest.raises(DataError, match=r"have to be unpacked together, 4 MB: save"):
        FilePicture(tmp_path / "one.tif").read(max_pixels=300_000)


def test_a_large_tile_is_unpacked_once():
    """Block by block, whatever lies beside: a JPEG 2000 of one tile once took minutes."""
    data = SimpleNamespace(block_shapes=[(5000, 1024)], width=5000, height=5000)
    blocks = [left // 1024 for left, *_ in parts(data, 5000, 5000, 1)]
    assert blocks == sorted(blocks)
    for shrink in (1, 3, 7):
        seen = np.zeros((5000 // shrink, 5000 // shrink), np.uint8)
        for left, top, width, height in parts(data, *seen.shape, shrink):
            assert width * height * shrink**2 <= 1.2 * 2**20
            seen[top : top + height, left : left + width] += 1
        assert (seen == 1).all()


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
