"""Where photographs say they were taken."""

import pytest
from PIL import Image

from cmpagl.data.chips import place_of
from cmpagl.data.gps import gps_of
from cmpagl.data.picture import FilePicture

GPS = 0x8825


def photograph(path, gps):
    image = Image.new("RGB", (40, 30), (90, 120, 60))
    exif = Image.Exif()
    exif.get_ifd(GPS).update(gps)
    image.save(path, exif=exif)
    return path


@pytest.mark.parametrize(
    ("sides", "signs"), [("NE", (1, 1)), ("SW", (-1, -1)), ("NW", (-1, 1)), ("SE", (1, -1))]
)
@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_degrees_minutes_seconds_and_sides(tmp_path, sides, signs, suffix):
    north, east = sides
    gps = {1: north, 2: (40.0, 10.0, 12.0), 3: east, 4: (105.0, 6.0, 36.0)}
    longitude, latitude = gps_of(photograph(tmp_path / f"a{suffix}", gps))
    assert longitude == pytest.approx(signs[0] * 105.11)
    assert latitude == pytest.approx(signs[1] * 40.17)


@pytest.mark.parametrize(
    "gps",
    [
        {},
        {1: "N", 2: (40.0, 10.0, 12.0)},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (95.0, 0.0, 0.0), 3: "E", 4: (5.0, 0.0, 0.0)},
    ],
)
def test_what_is_no_place_is_none(tmp_path, gps):
    assert gps_of(photograph(tmp_path / "a.jpg", gps)) is None


def test_what_is_no_picture_is_none(tmp_path):
    (tmp_path / "a.jpg").write_text("no picture")
    assert gps_of(tmp_path / "a.jpg") is None
    assert gps_of(tmp_path / "none.jpg") is None


def test_a_photograph_is_a_point_of_its_gallery(tmp_path):
    """All four corners are where it was taken."""
    gps = {1: "N", 2: (40.0, 30.0, 0.0), 3: "W", 4: (105.0, 15.0, 0.0)}
    place = place_of(FilePicture(photograph(tmp_path / "a.jpg", gps)))
    assert set(place.footprint) == {(-105.25, 40.5)}
    assert place_of(FilePicture(photograph(tmp_path / "b.jpg", {}))) is None
