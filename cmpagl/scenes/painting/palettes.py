"""The colours of land, water and growth from the air: dark, middle and light of each choice.

Written as hexadecimal RGB, dark to light; each string is one choice.
"""

from __future__ import annotations

__all__ = ["CROPS", "DESERTS", "LEAVES", "NAMED_LEAVES", "OPEN_SEA", "ROCKS", "TURF", "WATER"]

Rgb = tuple[int, int, int]
Shades = tuple[Rgb, Rgb, Rgb]


def _shades(*choices: str) -> tuple[Shades, ...]:
    result = []
    for choice in choices:
        values = [bytes.fromhex(part) for part in choice.split()]
        dark, middle, light = ((v[0], v[1], v[2]) for v in values)
        result.append((dark, middle, light))
    return tuple(result)


# tree crowns by season
LEAVES: dict[str, tuple[Shades, ...]] = {
    "summer": _shades(
        "142216 2a4226 526c40",
        "10201a 244232 4a7056",
        "1a2616 364a28 607042",
    ),
    "autumn": _shades(
        "2c2618 624c2a a07642",
        "282818 58542c 928044",
        "2e221c 684630 9e6c48",
    ),
    "winter": _shades(
        "322e2a 5c544c 8c8276",
        "2c2c28 545046 807a6c",
    ),
    "dry": _shades(
        "242818 4a4e2e 76744a",
        "282a1e 505238 7a7854",
    ),
}

# grass by season
TURF: dict[str, tuple[Shades, ...]] = {
    "summer": _shades(
        "344a2c 4a643a 687e50",
        "3a5434 547046 708a5c",
        "3e4c32 566442 747c58",
    ),
    "autumn": _shades(
        "585436 746c46 8e825c",
        "4e5432 6a6c42 868256",
    ),
    "winter": _shades(
        "686254 827a6a 9e9686",
        "585848 706e5c 8c8674",
    ),
    "dry": _shades(
        "6c6242 8a7c56 a6966e",
        "605e3e 7c7450 988c66",
    ),
}

# tree crowns whose colour is planned
NAMED_LEAVES: dict[str, tuple[Shades, ...]] = {
    "green": _shades(
        "182a18 34542c 608248",
    ),
    "orange": _shades(
        "5c3416 b6682c e29a54",
    ),
    "brown": _shades(
        "3e2e22 70543e 9c7e64",
    ),
}

# rivers, ponds and seas by planned colour
WATER: dict[str, tuple[Shades, ...]] = {
    "green": _shades(
        "264a3c 38624c 4e7860",
        "2c5446 3e6c56 56846c",
    ),
    "blue": _shades(
        "183a62 285482 4474a0",
        "244a78 366698 5284b2",
    ),
    "brown": _shades(
        "60503a 7a664c 927e62",
        "6a563e 866e52 9c8668",
    ),
    "grey": _shades(
        "566068 76828a 9aa4aa",
        "606a6e 808a8e a2aaae",
    ),
    "black": _shades(
        "14181c 202528 32373a",
        "1a1e1e 282c2c 3a3e3c",
    ),
}

# fields by planned colour
CROPS: dict[str, tuple[Shades, ...]] = {
    "green": _shades(
        "2e542a 48723a 668e50",
        "3a623a 56824e 769c68",
        "344e28 4e6a36 6e864e",
    ),
    "yellow": _shades(
        "b09446 ceb460 e4d084",
        "baa054 d6be6c e8d692",
    ),
    "brown": _shades(
        "604834 7c6046 967a5e",
        "6c523e 886a52 a0846a",
    ),
}

# dune sand
DESERTS = _shades(
    "b0885c d0aa78 eacc9e",
    "bc9e74 d6bc92 ecd8b4",
    "b6784c d49864 ecba8a",
)
# harbour water
OPEN_SEA = _shades(
    "0e2634 183a48 2e5660",
    "103a3e 1e5656 3a7670",
    "162840 263e5c 425c78",
)
# bare rock
ROCKS = _shades(
    "60564c 867a6c aa9e8e",
    "6e543e 967658 bc9e7c",
    "545452 767672 9c9c96",
)
