"""Which results stand behind which."""

import numpy as np
from tiny_split import unit

from cmpagl.search.alike import stacks


def test_nearly_the_same_stand_behind_the_best_of_them():
    """Whatever the gallery's order; a chain of neighbours does not make one stack of all."""
    angles = np.deg2rad([0, 40, 5, 10, 41, 90])
    embeds = unit(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    items = np.array([4, 0, 2, 3, 1, 5])
    assert stacks(embeds, items, least=np.cos(np.deg2rad(6))) == {2: 0, 1: 4}
    assert stacks(embeds, items, least=1.1) == {}
