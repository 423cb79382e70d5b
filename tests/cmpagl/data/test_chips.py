"""Large rasters as chips: they cover it, match their neighbours, and know where they lie."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.warp
from PIL import Image
from pyproj import Geod
from rasterio.transform import from_origin

from cmpagl.cli.account import account_lines
from cmpagl.data.chips import Chips, chosen_chips, cut
from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import open_picture, read_image
from cmpagl.data.stretch import Reading
from cmpagl.errors import DataError, UsageError

pytestmark = [
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]
SAMPLES = find_spec("dgsamples")


def write(path, values, **options):
    bands, height, width = values.shape
    profile = {"count": bands, "height": height, "width": width, "dtype": values.dtype}
    with rasterio.open(path, "w", driver="GTiff", **profile, **options) as out:
        out.write(values)
    return path


def scene(height=150, width=230):
    """Values of which no two places are alike: (3, height, width) of 16 bits."""
    values = np.add.outer(np.arange(height) * 7, np.arange(width) * 3) + 200
    return np.stack([values, values * 2, values * 3]).astype(np.uint16)


UTM = {"crs": "EPSG:32613", "transform": from_origin(500_000, 4_400_000, 2.0, 2.0)}


def test_chips_cover_the_raster_and_match_their_neighbours(tmp_path):
    """Every pixel is in one; where two overlap they are the same; all are of one size."""
    path = write(tmp_path / "a.tif", scene(), photometric="RGB")
    pictures, void = cut(path, Chips(64, overlap=0.25), Reading())
    assert void == 0
    whole = np.array(read_image(path))
    covered = np.zeros(whole.shape[:2], bool)
    for picture in pictures:
        column, row, width, height = picture.window
        assert (width, height) == (64, 64)
        part = np.s_[row : row + height, column : column + width]
        np.testing.assert_array_equal(np.array(picture.read()), whole[part])
        covered[part] = True
    assert covered.all()
    starts = sorted({picture.window[0] for picture in pictures})
    assert starts == [0, 48, 96, 144, 166]
    assert [p.name for p in tmp_path.iterdir()] == ["a.tif"]


def test_a_raster_smaller_than_a_chip_is_one(tmp_path):
    """It keeps its size."""
    (picture,) = cut(write(tmp_path / "a.tif", scene(30, 40)), Chips(64), Reading())[0]
    assert picture.window == (0, 0, 40, 30)


def test_chips_mostly_without_data_are_left_out_and_counted(tmp_path):
    """And what is left is stretched by what there is."""
    values = scene(128, 256)
    values[:, :, 128:] = 0
    path = write(tmp_path / "a.tif", values, photometric="RGB", nodata=0)
    pictures, void = cut(path, Chips(64, overlap=0), Reading())
    assert (len(pictures), void) == (4, 4)
    dataset = load_dataset(path, chips=Chips(64, overlap=0))
    assert [r.image_id for r in dataset.records] == [
        f"a.tif/{column}_{row}" for row in (0, 64) for column in (0, 64)
    ]
    assert account_lines(dataset)[-1] == (
        "a: 1 raster cut into 4 chips; 4 more are mostly without data and left out"
    )


def test_of_chips_nothing_is_said_where_none_was_cut(tmp_path):
    Image.new("RGB", (30, 40)).save(tmp_path / "a.png")
    assert "into chips" not in " ".join(account_lines(load_dataset(tmp_path, chips=Chips(64))))


def test_chips_in_metres_know_their_place(tmp_path):
    """A side of 100 m at 2 m a pixel is 50 pixels; corners lie where rasterio says they do."""
    path = write(tmp_path / "a.tif", scene(), **UTM)
    pictures, _ = cut(path, Chips(100, metres=True, overlap=0), Reading())
    picture = pictures[1]
    assert picture.window == (50, 0, 50, 50)
    assert picture.place.resolution == pytest.approx(2.0, rel=1e-3)  # the map's scale is 0.9996
    with rasterio.open(path) as data:
        for (longitude, latitude), (x, y) in zip(
            picture.place.footprint, ((50, 0), (100, 0), (100, 50), (50, 50)), strict=True
        ):
            xs, ys = rasterio.warp.transform("EPSG:4326", data.crs, [longitude], [latitude])
            column, row = ~data.transform * (xs[0], ys[0])
            assert (column, row) == (pytest.approx(x, abs=0.01), pytest.approx(y, abs=0.01))
    plain = write(tmp_path / "b.tif", scene())
    assert cut(plain, Chips(64), Reading())[0][0].place is None
    with pytest.raises(DataError, match=r"b\.tif cannot be cut.*does not say how many metres"):
        cut(plain, Chips(100, metres=True), Reading())


def test_degrees_are_metres_too(tmp_path):
    """A raster in longitude and latitude, at 60 degrees north: a degree east is half as long."""
    transform = from_origin(10, 60.0005, 2e-5, 1e-5)
    path = write(tmp_path / "a.tif", scene(100, 100), crs="EPSG:4326", transform=transform)
    place = cut(path, Chips(64), Reading())[0][0].place
    assert place.resolution == pytest.approx(1.116, rel=0.003)


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:3857", from_origin(1_113_194.9, 8_399_737.9, 1.0, 1.0)),  # 0.5 m of ground
        ("EPSG:4326", from_origin(10, 60, 1e-5, 0.5e-5)),
        ("EPSG:2225", from_origin(6_000_000, 2_000_000, 2.0, 2.0)),  # California, in feet
        ("EPSG:32632", from_origin(555_776.3, 6_651_832.7, 0.5, 0.5)),
    ],
)
def test_metres_are_those_on_the_ground(tmp_path, crs, transform):
    """A chip of 50 m measures 50 m by 50 m by PROJ's own ellipsoid, whatever the map stretches."""
    path = write(tmp_path / "a.tif", scene(400, 400), crs=crs, transform=transform)
    pictures, _ = cut(path, Chips(50, metres=True, overlap=0), Reading())
    ellipsoid = Geod(ellps="WGS84")
    for picture in (pictures[0], pictures[-1]):
        a, b, c, _ = picture.place.footprint
        wide, high = ellipsoid.inv(*a, *b)[2], ellipsoid.inv(*b, *c)[2]
        assert wide == pytest.approx(50, abs=1.0)  # a pixel is up to 0.6 m
        assert high == pytest.approx(50, abs=1.0)
        pixels = (wide / picture.window[2] + high / picture.window[3]) / 2
        assert picture.place.resolution == pytest.approx(pixels, rel=1e-4)


def test_a_chip_is_found_again_and_told_from_others(tmp_path):
    """By what it wrote; its digest changes with the window, the reading and the raster."""
    path = write(tmp_path / "a.tif", scene(), **UTM)
    one, two, *_ = cut(path, Chips(64), Reading())[0]
    said = json.loads(json.dumps(one.to_json(tmp_path)))
    again = open_picture(said, tmp_path)
    assert again == one
    np.testing.assert_array_equal(again.read(), one.read())
    digests = {one.digest(), two.digest(), one.read_as(Reading(stretch="band")).digest()}
    write(path, scene() + np.uint16(1), **UTM)
    assert len(digests | {one.digest()}) == 4
    with pytest.raises(DataError, match="is no record of a picture"):
        open_picture({**said, "window": [1, 2]}, tmp_path)
    path.write_bytes(b"II*\0 broken")
    with pytest.raises(DataError, match=r"a\.tif at 0,0 .* cannot be read"):
        one.read()
    path.unlink()
    with pytest.raises(DataError, match="does not exist"):
        one.read()


def test_only_rasters_without_captions_are_cut(tmp_path):
    """A photograph beside them stays one picture; a broken raster is raised, or named."""
    write(tmp_path / "a.tif", scene())
    Image.new("RGB", (300, 300)).save(tmp_path / "b.png")
    ids = [r.image_id for r in load_dataset(tmp_path, chips=Chips(128)).records]
    assert ids == [
        *(f"a.tif/{column}_{row}" for row in (0, 22) for column in (0, 96, 102)),
        "b.png",
    ]
    (tmp_path / "c.tif").write_bytes(b"II*\0 nothing")
    with pytest.raises(DataError, match=r"c\.tif cannot be read"):
        load_dataset(tmp_path, chips=Chips(128))
    dataset = load_dataset(tmp_path, chips=Chips(128), on_error="skip")
    assert [s.name for s in dataset.skipped] == ["c.tif"]


def test_what_is_not_cut_is_read_by_the_same_bands(tmp_path):
    """A picture beside the rasters, which once were the only ones that heard of the flag."""
    Image.new("RGB", (9, 9), (10, 90, 200)).save(tmp_path / "a.png")
    write(tmp_path / "b.tif", np.stack([np.full((99, 99), v, np.uint8) for v in (10, 90, 200)]))
    for chips in (None, Chips(64)):
        records = load_dataset(tmp_path, chips=chips, reading=Reading((3, 2, 1))).records
        assert {r.picture.read().getpixel((0, 0)) for r in records} == {(200, 90, 10)}


def test_the_flags():
    """What they take, and a sentence for the rest."""
    assert chosen_chips("256", 0.25) == Chips(256, False, 0.25)
    assert chosen_chips("200m", 0) == Chips(200, True, 0)
    for size in ("15", "0m", "x", "200 m", "-5", ""):
        with pytest.raises(UsageError, match="is not the side of a chip"):
            chosen_chips(size, 0.25)
    for overlap in (-0.1, 0.95, float("nan")):
        with pytest.raises(UsageError, match=r"is not between 0 and 0\.9"):
            chosen_chips("64", overlap)
    with pytest.raises(UsageError, match="give their side too"):
        chosen_chips(None, 0.25)


@pytest.mark.skipif(SAMPLES is None, reason="the package dgsamples is not installed")
def test_real_worldview_scenes():
    """Sixteen bits, eight bands: a chip looks as an independent stretch says, and lies there."""
    folder = Path(SAMPLES.origin).parent
    path = next(folder.rglob("14JUN20181517-M2AS-*.TIF"))
    pictures, void = cut(path, Chips(256, overlap=0.25), Reading())
    assert (len(pictures), void) == (9, 0)
    with rasterio.open(path) as data:
        values = data.read([1, 2, 3]).astype(float)
        low, high = np.percentile(values, (2, 98))
        for picture in (pictures[0], pictures[-1]):
            column, row, width, height = picture.window
            part = values[:, row : row + height, column : column + width]
            expected = np.clip((part - low) / (high - low), 0, 1) * 255
            pixels = np.moveaxis(np.array(picture.read()), 2, 0)
            np.testing.assert_allclose(pixels.mean((1, 2)), expected.mean((1, 2)), atol=2)
            np.testing.assert_allclose(pixels.std((1, 2)), expected.std((1, 2)), atol=2)
            xs, ys = rasterio.warp.transform(
                "EPSG:4326", data.crs, *zip(*picture.place.footprint, strict=True)
            )
            columns, rows = ~data.transform * (np.array(xs), np.array(ys))
            np.testing.assert_allclose([columns.min(), rows.min()], [column, row], atol=0.05)
            np.testing.assert_allclose(
                [columns.max(), rows.max()], [column + width, row + height], atol=0.05
            )
