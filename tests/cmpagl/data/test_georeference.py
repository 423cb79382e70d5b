"""Metres of ground below a footprint, and its middle: anywhere on Earth, by geodesics."""

import numpy as np
import pytest
from pyproj import Geod

from cmpagl.data.georeference import ground_size, middles, on_the_ground

WIDE, HIGH = 900.0, 400.0


def footprint(longitude, latitude, turned=0.0):
    """A rectangle of that many metres around a place, its corners laid out by geodesics."""
    corners = []
    for x, y in ((-WIDE, HIGH), (WIDE, HIGH), (WIDE, -HIGH), (-WIDE, -HIGH)):
        azimuth = np.degrees(np.arctan2(x, y)) + turned
        east, north, _ = Geod(ellps="WGS84").fwd(longitude, latitude, azimuth, np.hypot(x, y) / 2)
        corners.append((east, north))
    return np.array(corners)


@pytest.mark.parametrize("latitude", [0.0, -33.0, 64.0, 82.0])
@pytest.mark.parametrize("longitude", [12.0, 180.0, -179.999])
@pytest.mark.parametrize("turned", [0.0, 40.0])
def test_a_footprint_is_as_wide_as_its_geodesics(longitude, latitude, turned):
    """Also over the date line, where its longitudes jump, and turned."""
    corners = footprint(longitude, latitude, turned)
    assert (np.ptp(corners[:, 0]) > 180) == (longitude != 12)
    assert ground_size(corners) == pytest.approx((WIDE, HIGH), rel=2e-3)
    middle = middles(corners)
    assert (middle[0] - longitude + 180) % 360 == pytest.approx(180, abs=1e-4)
    assert middle[1] == pytest.approx(latitude, abs=1e-3)
    assert -180 <= middle[0] < 180
    upper = on_the_ground(corners)[1]
    assert np.degrees(np.arctan2(-upper[1], upper[0])) == pytest.approx(turned, abs=0.3)


def test_many_at_once_are_each_by_itself_and_unknown_ones_stay_so():
    """Rows of an array do not see each other; away from the date line a middle is the mean."""
    many = np.array([footprint(179.9999, 5), footprint(12, 64), np.full((4, 2), np.nan)])
    for found, alone in ((ground_size(many), ground_size), (middles(many).T, middles)):
        for row in range(2):
            np.testing.assert_array_equal([part[row] for part in found], alone(many[row]))
        assert np.isnan([part[2] for part in found]).all()
    np.testing.assert_array_equal(middles(many[1]), many[1].mean(axis=0))
