"""What becomes of values: deep ones stretched, no data, palettes, transparency, CMYK."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import rasterio
from decoded import COLOUR, GREY, grey, read, rgb_16_bit_png, save
from PIL import Image

from cmpagl.data.picture import FilePicture, read_image
from cmpagl.data.stretch import Reading
from cmpagl.errors import DataError


def ramp(values):
    """What a stretch between the 2nd and the 98th percentile should make of one band."""
    low, high = np.percentile(values, (2, 98))
    return np.rint(np.clip((np.float64(values) - low) / (high - low), 0, 1) * 255)


DEEP = np.random.default_rng(3).normal(1500, 300, (40, 60)).clip(1).astype(np.uint16)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bit_grey_is_stretched(tmp_path, name):
    """Between percentiles, so that neither the type's range nor a hot pixel decides."""
    hot = DEEP.copy()
    hot[7, 7] = 65535
    for values in (DEEP, hot):
        pixels = read(save(tmp_path, name, Image.fromarray(values)))
        expected = grey(ramp(DEEP))
        expected[values == 65535] = 255
        np.testing.assert_allclose(pixels, expected, atol=2)


def test_16_bit_big_endian_grey(tmp_path):
    """Big-endian TIFF (`I;16B`) reads like little-endian."""
    image = Image.frombytes("I;16B", (60, 40), DEEP.astype(">u2").tobytes())
    path = save(tmp_path, "a.tif", image)
    with Image.open(path) as stored:
        assert stored.mode == "I;16B"
    np.testing.assert_array_equal(read(path), grey(ramp(DEEP)))


def test_16_bit_tiff_where_white_is_zero(tmp_path):
    """Inverted 16-bit greys are turned round."""
    path = tmp_path / "a.tif"
    Image.fromarray(DEEP).save(path, tiffinfo={262: 0})
    np.testing.assert_array_equal(read(path), 255 - grey(ramp(DEEP)))


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_32_bits_are_stretched(tmp_path, dtype):
    """Integers and floats alike, below zero too."""
    values = (DEEP.astype(np.int32) - 1500).astype(dtype)
    path = save(tmp_path, "a.tif", Image.fromarray(values))
    np.testing.assert_allclose(read(path), grey(ramp(values)), atol=1)


def test_one_value_is_black_and_two_are_black_and_white(tmp_path):
    """Where percentiles coincide, least and greatest count; where these do, nothing is divided."""
    flat = np.full((9, 9), 7000, np.uint16)
    assert read(save(tmp_path, "a.png", Image.fromarray(flat))).max() == 0
    flat[4, 4] = 9000
    assert np.unique(read(save(tmp_path, "b.png", Image.fromarray(flat)))).tolist() == [0, 255]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_are_no_data(tmp_path, bad):
    """They are white, and nothing else is read by them; a picture of them alone is refused."""
    values = DEEP.astype(np.float32)
    values[3, 5] = bad
    pixels = read(save(tmp_path, "a.tif", Image.fromarray(values)))
    assert pixels[3, 5].tolist() == [255, 255, 255]
    np.testing.assert_allclose(pixels[10:], grey(ramp(DEEP))[10:], atol=1)
    path = save(tmp_path, "hole.tif", Image.fromarray(np.full((4, 4), bad, np.float32)))
    with pytest.raises(DataError, match=r"hole\.tif cannot be read: it holds nothing but nodata"):
        read_image(path)


def test_floats_that_only_pillow_reads(tmp_path):
    """A PFM is stretched by the same rule as a TIFF."""
    values = DEEP.astype(np.float32)
    path = save(tmp_path, "a.pfm", Image.fromarray(values))
    np.testing.assert_allclose(read(path), grey(ramp(DEEP)), atol=1)


@pytest.mark.parametrize("bits", [16, 12, 11])
def test_16_bit_colour_png_keeps_its_bits(tmp_path, bits):
    """Pillow would keep the high byte: 12 bits in 16 would be black."""
    values = (np.stack([DEEP, DEEP // 2, DEEP // 3], axis=2) * 2 ** (bits - 12)).astype(np.uint16)
    path = tmp_path / "a.png"
    path.write_bytes(rgb_16_bit_png(values))
    expected = ramp(values)
    np.testing.assert_allclose(read(path), expected, atol=1)
    assert expected.std() > 60


def test_palette_with_and_without_transparency(tmp_path):
    """Palette indices become their colours; a transparent entry becomes white."""
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8))
    image.putpalette([10, 20, 30, 200, 100, 0, 5, 5, 5])
    path = save(tmp_path, "a.png", image)
    np.testing.assert_array_equal(read(path), [[[10, 20, 30], [200, 100, 0], [5, 5, 5]]])
    path = save(tmp_path, "b.png", image, transparency=bytes([255, 255, 0]))
    np.testing.assert_array_equal(read(path), [[[10, 20, 30], [200, 100, 0], [255, 255, 255]]])
    path = save(tmp_path, "c.gif", image, transparency=1)
    np.testing.assert_array_equal(read(path)[0, 1], [255, 255, 255])


@pytest.mark.parametrize("kind", ["png", "bmp", "jpg", "webp", "tif"])
def test_bands_are_chosen_of_8_bits_too(tmp_path, kind):
    """Of whatever form, in the order asked for, or one as grey; what is not there is told."""
    image = Image.new("RGB", (16, 16), (10, 90, 200))
    options = {"lossless": True} if kind == "webp" else {}
    picture = FilePicture(save(tmp_path, f"a.{kind}", image, **options))
    near = pytest.approx([200, 90, 10], abs=2 * (kind == "jpg"))
    assert np.array(picture.read_as(Reading((3, 2, 1))).read())[0, 0].tolist() == near
    assert len(set(np.array(picture.read_as(Reading((2,))).read())[0, 0])) == 1
    with pytest.raises(DataError, match=r"it holds 3 bands.*, so there is no band 4 to read"):
        picture.read_as(Reading((4, 3, 2))).read()


def test_bands_of_palettes_greys_and_what_is_transparent(tmp_path):
    """A palette's are its colours; transparent places stay white."""
    rgba = np.array([[[200, 9, 0, 255], [200, 0, 0, 0]]], np.uint8)
    clear = FilePicture(save(tmp_path, "a.png", Image.fromarray(rgba)))
    found = np.array(clear.read_as(Reading((2, 1, 1))).read())
    assert found.tolist() == [[[9, 200, 200], [255, 255, 255]]]
    palette = Image.fromarray(COLOUR).quantize(24)
    numbered = FilePicture(save(tmp_path, "p.png", palette)).read_as(Reading((3, 2, 1)))
    np.testing.assert_array_equal(
        np.array(numbered.read()), np.array(palette.convert("RGB"))[:, :, ::-1]
    )
    for mode in ("L", "1"):
        one = FilePicture(save(tmp_path, f"{mode}.png", Image.new(mode, (4, 4), 1)))
        np.testing.assert_array_equal(np.array(one.read_as(Reading((1,))).read()), read(one.path))


@pytest.mark.parametrize("form", ["ppm", "sgi"])
def test_12_bits_in_16_are_not_read_as_black(tmp_path, form):
    """Pillow would keep the high byte of what no other library here reads."""
    path = tmp_path / f"a.{form}"
    if form == "ppm":
        path.write_bytes(b"P6 20 20 65535\n" + b"\x0f\xff" * 1200)
    else:
        head = struct.pack(">HBBHHHH500x", 474, 0, 2, 2, 20, 20, 1)
        path.write_bytes(head + b"\x0f\xff" * 400)
    with pytest.raises(DataError, match=r"12 bits or fewer are used, and would be black"):
        read_image(path)


def test_inks_of_16_bits_are_told(tmp_path):
    """GDAL makes colours of CMYK of 8 bits alone: full cyan would be red."""
    profile = {"driver": "GTiff", "width": 8, "height": 8, "count": 4, "photometric": "CMYK"}
    for dtype in ("uint8", "uint16"):
        with rasterio.open(tmp_path / f"{dtype}.tif", "w", dtype=dtype, **profile) as file:
            file.write(np.full((8, 8), np.iinfo(dtype).max, dtype), 1)
    assert read(tmp_path / "uint8.tif")[0, 0].tolist() == [0, 255, 255]
    with pytest.raises(DataError, match=r"4 bands of uint16 that are inks \(CMYK\)"):
        read_image(tmp_path / "uint16.tif")


def test_a_mask_that_is_all_clear_is_none_where_that_is_usual(tmp_path):
    """In a TGA of 32 bits the fourth byte is often left at 0; a PNG means what it says."""
    clear = Image.new("RGBA", (4, 4), (200, 50, 20, 0))
    assert read(save(tmp_path, "a.tga", clear))[0, 0].tolist() == [200, 50, 20]
    assert read(save(tmp_path, "a.png", clear))[0, 0].tolist() == [255, 255, 255]


def test_alpha_lies_over_white(tmp_path):
    """RGBA and LA: opaque keeps its colour, transparent is white, half is half way."""
    rgba = np.array([[[200, 0, 0, 255], [200, 0, 0, 0], [0, 0, 0, 128]]], np.uint8)
    expected = [[[200, 0, 0], [255, 255, 255], [127, 127, 127]]]
    np.testing.assert_array_equal(read(save(tmp_path, "a.png", Image.fromarray(rgba))), expected)
    la = Image.merge("LA", [Image.fromarray(rgba[:, :, i].copy()) for i in (0, 3)])
    np.testing.assert_array_equal(
        read(save(tmp_path, "b.png", la)), [[[200] * 3, [255] * 3, [127] * 3]]
    )


def test_one_colour_marked_transparent(tmp_path):
    """A tRNS colour in plain RGB and grey counts as transparent too."""
    path = save(tmp_path, "a.png", Image.fromarray(COLOUR), transparency=tuple(COLOUR[0, 0]))
    assert read(path)[0, 0].tolist() == [255, 255, 255]
    assert read(path)[1, 1].tolist() == COLOUR[1, 1].tolist()


def test_cmyk(tmp_path):
    """CMYK turns into RGB with the right sense: no ink is white, full cyan is cyan."""
    cmyk = np.zeros((8, 16, 4), np.uint8)
    cmyk[:, 8:, 0] = 255
    image = Image.fromarray(cmyk, "CMYK")
    pixels = read(save(tmp_path, "a.tif", image))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[0, 15].tolist() == [0, 255, 255]
    np.testing.assert_allclose(read(save(tmp_path, "a.jpg", image, quality=95)), pixels, atol=6)


def test_one_bit_and_grey(tmp_path):
    """1-bit is black and white, 8-bit grey stays."""
    bits = np.array([[0, 255, 255, 0]], np.uint8)
    path = save(tmp_path, "a.png", Image.fromarray(bits).convert("1"))
    np.testing.assert_array_equal(read(path), grey(bits))
    np.testing.assert_array_equal(read(save(tmp_path, "b.png", Image.fromarray(GREY))), grey(GREY))
