"""Coastlines of the installed package: they lie where shores are, and nowhere else."""

import numpy as np
import pytest

from cmpagl.data import coast
from cmpagl.data.coast import coast_is_there, shores

WORLD = (-180.0, -90.0, 180.0, 90.0)


@pytest.mark.parametrize("place", [(-9.50, 38.78), (174.79, -41.29), (-4.48, 54.15)])
def test_shores_are_where_they_are(place):
    """Cabo da Roca, Wellington, the Isle of Man: a shore within five kilometres."""
    x, y = place
    points = np.concatenate(shores("i", (x - 1, y - 1, x + 1, y + 1)))
    assert np.abs(points - place).max() <= 1
    apart = np.hypot((points[:, 0] - x) * np.cos(np.radians(y)), points[:, 1] - y)
    assert apart.min() * 111 < 5


def test_a_desert_has_none_and_no_line_crosses_the_earth():
    assert shores("i", (8.0, 22.0, 9.0, 23.0)) == []
    lines = shores("c", WORLD)
    assert sum(map(len, lines)) > 5000
    for line in lines:
        assert np.abs(np.diff(line[:, 0])).max() <= 180
        assert np.abs(line[:, 0]).max() <= 180


def test_outside_a_box_are_the_others():
    """Together they hold every point but those that stand alone at an edge."""
    box = (-10.0, 35.0, 5.0, 45.0)
    inside, outside = shores("c", box), shores("c", box, inside=False)
    points = np.concatenate(outside)
    held = (points >= box[:2]) & (points <= box[2:])
    assert not held.all(axis=1).any()
    every = sum(map(len, shores("c", WORLD)))
    assert 0 <= every - sum(map(len, inside)) - len(points) < 20


def test_without_the_package_there_are_none(monkeypatch):
    monkeypatch.setattr(coast, "find_spec", lambda name: None)
    coast._read.cache_clear()
    assert not coast_is_there()
    assert shores("c", WORLD) == []
    coast._read.cache_clear()
