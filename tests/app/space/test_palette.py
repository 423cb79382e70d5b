"""The map's colours: seen on the panel, told apart, and enough signs for the classes."""

import math
from itertools import combinations, product

import pytest
from contrast import contrast, linear

from app.kit.theme import DARK, LIGHT
from app.space.palette import PALETTE

THEMES = {"light": LIGHT, "dark": DARK}


def oklab(colour):
    """A colour where equal distances look alike (Ottosson 2020)."""
    r, g, b = linear(colour)
    cones = (
        0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
        0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
        0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
    )
    x, y, z = (c ** (1 / 3) for c in cones)
    return (
        0.2104542553 * x + 0.7936177850 * y - 0.0040720468 * z,
        1.9779984951 * x - 2.4285922050 * y + 0.4505937099 * z,
        0.0259040371 * x + 0.7827717662 * y - 0.8086757660 * z,
    )


KINDS = ("class", "modality", "hit", "rank")


@pytest.mark.parametrize(("kind", "theme"), list(product(KINDS, THEMES)))
def test_every_colour_is_seen_on_the_panel(kind, theme):
    """At least 3:1; what is missing is grey on purpose."""
    for colour in filter(None, PALETTE[kind][theme]):
        assert contrast(colour, THEMES[theme]["panel"]) >= 3, colour


@pytest.mark.parametrize("theme", THEMES)
def test_hubs_stand_out_from_what_is_never_found(theme):
    """The scale's contrast with the panel rises from 3:1 with every step."""
    steps = [contrast(colour, THEMES[theme]["panel"]) for colour in PALETTE["hubness"][theme]]
    assert steps[0] >= 3
    assert steps == sorted(steps)


@pytest.mark.parametrize("theme", THEMES)
def test_classes_are_told_apart(theme):
    """No two class colours are near each other, and 36 classes have a sign of their own."""
    colours = PALETTE["class"][theme]
    for one, other in combinations(colours, 2):
        assert math.dist(oklab(one), oklab(other)) > 0.09, (one, other)
    assert len(colours) * len(set(PALETTE["class"]["shapes"])) >= 36
