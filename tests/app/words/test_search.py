"""Search's sentences that depend on a number."""

from __future__ import annotations

import pytest

from app.words.search import fit_said


@pytest.mark.parametrize(
    ("name", "share", "said"),
    [
        ("good", 0.02, "A good match: better than the best match of 98 %"),
        ("good", 0.51, "A usual match: better than the best match of 49 %"),
        ("so-so", 0.71, "A fair match: 71 %"),
        ("unfamiliar", 0.004, "on anything like this (under 1 % of"),
    ],
)
def test_how_well_the_best_fits(name, share, said):
    """What most other queries outdo is not called good."""
    assert said in fit_said(name, share)
