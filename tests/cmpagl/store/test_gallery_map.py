"""Where a class is named on a map."""

import numpy as np

from cmpagl.store.gallery_map import class_middles


def test_a_class_is_named_among_its_own():
    """At the item nearest to the median, which one far away does not move; none for one alone."""
    places = np.array([[0, 0], [1, 0], [2, 0], [90, 90], [50, 50], [1, 1]], np.float32)
    classes = np.array([0, 0, 0, 0, 1, -1])
    assert class_middles(places, classes, 3).tolist() == [1, -1, -1]


def test_it_is_the_nearest_of_all():
    """Against a loop."""
    rng = np.random.default_rng(0)
    places = rng.normal(size=(60, 2)).astype(np.float32)
    classes = rng.integers(0, 4, 60)
    for number, item in enumerate(class_middles(places, classes, 4).tolist()):
        own = places[classes == number]
        middle = np.median(own, axis=0)
        nearest = min(np.hypot(*(one - middle)) for one in own)
        assert classes[item] == number
        assert np.hypot(*(places[item] - middle)) == nearest
