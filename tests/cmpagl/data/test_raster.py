"""Sensors' rasters: bands, nodata, masks and many bits are read as what they are, or refused so."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from PIL import Image
from rasterio.enums import ColorInterp

from cmpagl.data.decode import decode
from cmpagl.data.picture import FilePicture, open_picture, read_image
from cmpagl.data.raster import OPTIONS, opened
from cmpagl.data.raster_bands import choose_bands, raster_limits, valid_places
from cmpagl.data.stretch import Reading, parse_bands, parse_stretch
from cmpagl.errors import DataError, UsageError

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "tiff"
SIDE = 64
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
RNG = np.random.default_rng(5)
# A scene of smooth shapes, (3, SIDE, SIDE), as 8-bit truth.
WAVES = np.stack(
    [
        np.add.outer(np.sin(np.arange(SIDE) / a), np.cos(np.arange(SIDE) / b))
        for a, b in ((9, 14), (7, 11), (12, 6))
    ]
)
TRUTH = np.rint(128 + 45 * WAVES).astype(np.uint8)
NIR = RNG.integers(0, 256, (1, SIDE, SIDE), dtype=np.uint8)


def write(path, bands, *, nodata=None, meanings=None, names=None, mask=None, **options):
    bands = np.asarray(bands)
    profile = {"driver": "GTiff", "count": len(bands), "dtype": bands.dtype, "nodata": nodata}
    profile |= {"height": bands.shape[1], "width": bands.shape[2], **options}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as out:
        out.write(bands)
        if meanings:
            out.colorinterp = meanings
        if names:
            out.descriptions = names
        if mask is not None:
            out.write_mask(mask)
    return path


def read(path, **choice):
    return np.moveaxis(np.array(FilePicture(path, Reading(**choice)).read()), 2, 0)


def likeness(pixels, truth=TRUTH):
    """Correlation with the 8-bit truth: a stretch is linear but for what it cuts off."""
    return np.corrcoef(pixels.ravel(), np.asarray(truth, float).ravel())[0, 1]


RGBA = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]


def test_near_infrared_marked_as_alpha_is_no_transparency(tmp_path):
    """GDAL marks any fourth band so: only where it is a mask it is one."""
    path = write(tmp_path / "a.tif", np.concatenate([TRUTH, NIR]), meanings=RGBA)
    np.testing.assert_array_equal(read(path), TRUTH)


def test_a_mask_is_a_mask(tmp_path):
    """Alpha of 0 and 255, and a mask beside the bands: what they leave out is white."""
    mask = np.full((SIDE, SIDE), 255, np.uint8)
    mask[:10] = 0
    path = write(tmp_path / "a.tif", np.concatenate([TRUTH, mask[None]]), meanings=RGBA)
    inside = write(tmp_path / "b.tif", TRUTH, mask=mask, photometric="RGB")
    for pixels in (read(path), read(inside)):
        assert (pixels[:, :10] == 255).all()
        np.testing.assert_array_equal(pixels[:, 10:], TRUTH[:, 10:])
    empty = np.concatenate([TRUTH, np.zeros_like(NIR)])
    np.testing.assert_array_equal(read(write(tmp_path / "c.tif", empty, meanings=RGBA)), TRUTH)


@pytest.mark.parametrize("interleave", ["pixel", "band"])
@pytest.mark.parametrize("extra", [0, 1])
def test_reflectance_in_16_bits(tmp_path, extra, interleave):
    """Times 10,000, with one bright roof, with and without infra-red: near its 8-bit twin."""
    bands = np.concatenate([TRUTH, *[NIR] * extra]).astype(np.uint16) * 12 + 200
    bands[:, 30:32, 30:32] = 11_800
    path = write(tmp_path / "a.tif", bands, photometric="RGB", interleave=interleave)
    pixels = read(path)
    assert likeness(pixels) > 0.97
    assert 90 < pixels.mean() < 165


@pytest.mark.parametrize("stretch", ["joint", "band"])
def test_stretch_is_joint_or_by_band(tmp_path, stretch):
    """Joint keeps the hues; by band, each band fills the range."""
    bands = (TRUTH * np.array([1, 4, 16])[:, None, None]).astype(np.uint16)
    path = write(tmp_path / "a.tif", bands, photometric="RGB")
    pixels = read(path, stretch=stretch)
    values = [bands] * 3 if stretch == "joint" else bands
    for band, (pixel, v) in enumerate(zip(pixels, values, strict=True)):
        low, high = np.percentile(v, (2, 98))
        expected = np.clip((bands[band] - low) / (high - low), 0, 1) * 255
        np.testing.assert_allclose(pixel, expected, atol=1)


@pytest.mark.parametrize(
    ("dtype", "nodata"),
    [
        *[("int16", -9999), ("float32", -9999.0), ("uint16", 0), ("float32", float("nan"))],
        *[("float32", -3.4028234663852886e38), ("uint16", 65535), ("uint8", 0)],
    ],
)
def test_nodata_is_left_out(tmp_path, dtype, nodata):
    """It is white, and the rest looks as if it were not there, whatever value stands for it."""
    grey = TRUTH[:1].astype(dtype) if dtype == "uint8" else (TRUTH[:1] * 8.0 + 100).astype(dtype)
    holed = grey.copy()
    holed[:, :12] = nodata
    pixels = read(write(tmp_path / "a.tif", holed, nodata=nodata))
    assert (pixels[:, :12] == 255).all()
    whole = read(write(tmp_path / "b.tif", grey[:, 12:]))
    np.testing.assert_allclose(pixels[:, 12:], whole, atol=1)


def test_one_band_of_nodata_does_not_hide_the_others(tmp_path):
    """A value that is nodata in one band and none in another is seen."""
    bands = TRUTH.copy()
    bands[0, :5] = 0
    pixels = read(write(tmp_path / "a.tif", bands, nodata=0, photometric="RGB"))
    np.testing.assert_array_equal(pixels, bands)


def test_which_bands_are_read(tmp_path):
    """Those asked for, else those that are called so, else the first three."""
    five = np.concatenate([TRUTH, NIR, NIR[:, ::-1]])
    np.testing.assert_array_equal(read(write(tmp_path / "a.tif", five)), TRUTH)
    np.testing.assert_array_equal(read(tmp_path / "a.tif", bands=(3, 2, 1)), TRUTH[::-1])
    assert (read(tmp_path / "a.tif", bands=(4,)) == NIR).all()
    names = ("B02", "B03", "B04", "B08", "B11")
    path = write(tmp_path / "b.tif", np.concatenate([TRUTH[::-1], NIR, NIR]), names=names)
    np.testing.assert_array_equal(read(path), TRUTH)
    two = write(tmp_path / "c.tif", TRUTH[:2])
    assert (read(two) == TRUTH[0]).all()
    with pytest.raises(DataError, match=r"it holds 2 bands of uint8, so there is no band 3"):
        read(two, bands=(1, 2, 3))


def test_complex_values_are_refused_as_what_they_are(tmp_path):
    """Radar's single look complex is no picture, and the sentence says what would be one."""
    path = write(tmp_path / "slc.tif", TRUTH[:2].astype(np.complex64))
    with pytest.raises(DataError, match=r"slc\.tif cannot be read: it holds 2 bands of complex64"):
        read(path)


@pytest.mark.parametrize(
    "options",
    [
        *[{"tiled": True, "blockxsize": 16, "blockysize": 16}, {"compress": "deflate"}],
        *[{"BIGTIFF": "YES"}, {"interleave": "band"}, {"blockysize": SIDE, "compress": "lzw"}],
    ],
)
def test_ways_to_store_the_same(tmp_path, options):
    """Tiles, strips, planes, BigTIFF, packed or not: the same picture, as a file and as bytes."""
    path = write(tmp_path / "a.tif", TRUTH, photometric="RGB", **options)
    np.testing.assert_array_equal(read(path), TRUTH)


def test_jpeg_2000_of_16_bits(tmp_path):
    """Sentinel-2's own format is stretched like a TIFF."""
    path = tmp_path / "a.jp2"
    write(path, TRUTH.astype(np.uint16) * 12, driver="JP2OpenJPEG", QUALITY="100", REVERSIBLE="YES")
    assert likeness(read(path)) > 0.98


def test_names_that_gdal_would_take_for_more(tmp_path):
    """A file is opened as a file, whatever its name looks like to GDAL."""
    source = write(tmp_path / "plain.tif", TRUTH, photometric="RGB").read_bytes()
    for name in ("a?b.tif", "zip!x.tif", "GTIFF_DIR:1:x.tif", "a#b.tif", "%2e.tif"):
        (tmp_path / name).write_bytes(source)
        np.testing.assert_array_equal(read(tmp_path / name), TRUTH)
    link = '<VRTDataset rasterXSize="9" rasterYSize="9"/>'
    (tmp_path / "vrt.tif").write_text(link)
    with pytest.raises(DataError, match="broken or no picture"):
        read(tmp_path / "vrt.tif")


def test_nothing_is_written_beside_a_raster(tmp_path):
    """No .aux.xml of statistics, as GDAL likes to leave."""
    read(write(tmp_path / "a.tif", TRUTH.astype(np.uint16) * 7))
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_what_was_chosen_is_kept_and_tells_pictures_apart(tmp_path):
    """An index finds the bands and the stretch again, and their digest is another."""
    path = write(tmp_path / "a.tif", np.concatenate([TRUTH, NIR]))
    chosen = FilePicture(path, Reading((4, 3, 2), "band", 1.0, 99.0))
    assert open_picture(chosen.to_json(tmp_path), tmp_path) == chosen
    assert chosen.digest() != FilePicture(path).digest()
    for reading in ({"bands": "no"}, {"stretch": "wide"}, {"low": 3, "high": 2}, {"x": 1}, 5):
        with pytest.raises(DataError, match="does not say how a picture is read"):
            open_picture({"path": "a.tif", "reading": reading}, tmp_path)


def test_flags_of_bands_and_stretch():
    """What the flags take, and a sentence for the rest."""
    assert parse_bands("4,3,2") == (4, 3, 2)
    assert parse_bands("8") == (8,)
    assert parse_stretch("band") == ("band", 2.0, 98.0)
    assert parse_stretch("joint:0.5,99.5") == ("joint", 0.5, 99.5)
    for text in ("0", "1,2", "a", "1,2,3,4", ""):
        with pytest.raises(UsageError, match="one band or three"):
            parse_bands(text)
    for text in ("none", "band:3", "band:9,2", "joint:0,101", "joint:.,.", ""):
        with pytest.raises(UsageError, match="neither joint nor band"):
            parse_stretch(text)


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the checkout")
def test_the_cases_from_the_field():
    """Each is near the 8-bit twin of its scene."""
    truth = np.moveaxis(np.array(Image.open(CASES / "plain.png").convert("RGB")), 2, 0)
    for path in sorted(CASES.glob("*.tif")):
        pixels = np.moveaxis(np.array(read_image(path)), 2, 0).astype(float)
        there = (pixels != 255).any(axis=0) if "nodata" in path.name else np.ones((224, 224), bool)
        assert there.mean() > 0.85
        grey = "pan" in path.name
        twin = np.broadcast_to(truth.mean(axis=0), truth.shape) if grey else truth
        assert likeness(pixels[:, there], twin[:, there]) > 0.98, path.name


@pytest.mark.parametrize("options", [{}, {"tiled": True, "blockxsize": 64, "blockysize": 48}])
def test_a_large_raster_is_sampled_once_over_all_of_it(tmp_path, options):
    """Percentiles of a part of the values, every k-th each way, are near those of all."""
    rng = np.random.default_rng(1)
    values = (rng.normal(2000, 300, (1, 1700, 1900)) + np.arange(1900)).astype(np.uint16)
    path = write(tmp_path / "a.tif", values, **options)
    with opened(path) as data:
        bands = choose_bands(data, Reading())
        ((low, high),) = raster_limits(data, bands, Reading())
        assert valid_places(data, bands).shape == (850, 950)
    np.testing.assert_allclose((low, high), np.percentile(values, (2, 98)), rtol=0.005)


@pytest.mark.parametrize("driver", ["GTiff", "JP2OpenJPEG"])
def test_a_file_that_names_another_one_is_refused(tmp_path, driver):
    """GDAL would show the named file's pixels, or ask the address, in the place of its own."""
    other, path = tmp_path / "other.tif", tmp_path / "named.tif"
    profile = {"width": 600, "height": 600, "count": 3, "dtype": "uint8", "driver": "GTiff"}
    for file, value in ((other, 240), (path, 10)):
        with rasterio.open(file, "w", **profile) as data:
            data.write(np.full((3, 600, 600), value, np.uint8))
            if file is path:
                data.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=str(other))
    if driver != "GTiff":
        rasterio.shutil.copy(path, tmp_path / "named.jp2", driver=driver, WRITE_METADATA="YES")
        path = tmp_path / "named.jp2"
    for source in (path, path.read_bytes()):
        with pytest.raises(DataError, match="names another file"):
            decode(source, path.name, side=50)


def test_no_address_is_asked():
    """Whatever a file says: GDAL itself refuses to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = f"/vsicurl/http://127.0.0.1:{server.getsockname()[1]}/x.tif"
        with rasterio.Env(**OPTIONS), pytest.raises(rasterio.errors.RasterioIOError):
            rasterio.open(address)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_small_file_of_many_bands_is_refused(tmp_path):
    """To read three bands that lie among 200 others, all would be unpacked: 80 kB took seconds."""
    profile = {"width": 1000, "height": 1000, "count": 200, "dtype": "uint8", "driver": "GTiff"}
    with rasterio.open(
        tmp_path / "many.tif", "w", **profile, interleave="pixel", compress="deflate", tiled=True
    ) as data:
        data.write(np.zeros((1000, 1000), np.uint8), 1)
    with pytest.raises(DataError, match="200 bands of 1,000 x 1,000 pixels have to be unpacked"):
        decode(tmp_path / "many.tif", "many.tif", max_pixels=2_000_000)
    assert decode(tmp_path / "many.tif", "many.tif").size == (1000, 1000)


@pytest.mark.parametrize(
    ("names", "order"),
    [
        ("blue (490nm)|green (560nm)|red (665nm)|red edge|nir", (3, 2, 1)),
        ("B1, coastal|B2, blue|B3, green|B4, red|B5, red edge", (4, 3, 2)),
        ("SR_B2|SR_B3|SR_B4|SR_B5|SR_B6", (3, 2, 1)),
        ("SR_B1|SR_B2|SR_B3|SR_B4|SR_B5", (1, 2, 3)),  # Landsat 7's red is its third
        ("B8|B04|B03|B02|B11", (2, 3, 4)),
    ],
)
def test_bands_by_what_exporters_call_them(tmp_path, names, order):
    """By colour or by number, with more around it; what says nothing are the first three."""
    bands = np.zeros((5, 4, 4), np.uint16)
    meanings = [ColorInterp.gray, *[ColorInterp.undefined] * 4]
    path = write(tmp_path / "a.tif", bands, meanings=meanings, names=names.split("|"))
    with opened(path) as data:
        assert choose_bands(data, Reading()).numbers == order


@pytest.mark.parametrize(
    ("kind", "fill"), [("float32", -9999), ("uint16", 65535), ("int16", 32767)]
)
def test_a_fill_that_nothing_declares_does_not_set_the_stretch(tmp_path, kind, fill):
    """A corner of a value far from all others: what is beside it is seen as without it."""
    bands = (TRUTH / 255 if kind == "float32" else TRUTH * 12.0).astype(kind)
    bands[:, :16, :16] = fill
    found = read(write(tmp_path / "a.tif", bands))
    seen = np.ones(TRUTH.shape, bool)
    seen[:, :16, :16] = False
    assert likeness(found[seen], TRUTH[seen]) > 0.98


def test_sixteen_bits_of_numbers_of_colours(tmp_path):
    numbers = (np.arange(SIDE * SIDE) % 300).reshape(1, SIDE, SIDE).astype(np.uint16)
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", count=1, dtype="uint16", height=SIDE, width=SIDE
    ) as out:
        out.write(numbers)
        out.write_colormap(1, {n: (n % 256, n // 2, 7, 255) for n in range(300)})
    assert read(path)[:, 4, 40].tolist() == [(4 * SIDE + 40) % 256, (4 * SIDE + 40) // 2, 7]
