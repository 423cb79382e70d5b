"""A part of the Earth in a link, and which scenes lie in it."""

import numpy as np
import pytest

from app.query.area import Area, area_text, read_area


def squares(*middles):
    """Footprints (n, 4, 2) of a tenth of a degree around places."""
    offsets = np.array([[-1, 1], [1, 1], [1, -1], [-1, -1]]) * 0.05
    return np.array(middles, float)[:, None] + offsets


def test_a_box_and_an_outline_hold_what_lies_in_them():
    """An outline with a bay: what lies in the bay is outside. An unknown place is nowhere."""
    places = squares((1, 1), (3, 1), (2, 2.5), (9, 9), (np.nan, np.nan))
    assert read_area("0,0,4,3").holds(places).tolist() == [True, True, True, False, False]
    bay = Area(((0, 0), (4, 0), (4, 3), (3, 3), (2, 1.5), (1, 3), (0, 3)))
    assert bay.holds(places).tolist() == [True, True, False, False, False]
    turned = Area(bay.corners[::-1])
    assert turned.holds(places).tolist() == bay.holds(places).tolist()


@pytest.mark.parametrize("text", ["0,0,4,3", "-105.5,40.25,-105,40.75", "0,0,4,0,2,3"])
def test_a_link_says_it_and_says_it_again(text):
    assert area_text(read_area(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "1,2", "1,2,3", "a,b,c,d", "nan,0,1,1", "inf,0,1,1", "0,0,0,1", "1,0,0,1"),
        *("0,0,1,91", "0,-91,1,1", "400,0,401,1", ",".join(["1,2"] * 201), "1,2,3,4,5"),
    ],
)
def test_what_is_no_area_is_none(text):
    assert read_area(text) is None
