"""The sheet of drawn scenes in the README: every class once, and small enough for a page."""

from __future__ import annotations

import numpy as np
from PIL import Image

from benchmarks.contact_sheet import PICKED, contact_sheet
from cmpagl.scenes.dataset import read_truths
from cmpagl.scenes.planning.classes import CLASSES


def test_every_class_is_on_the_sheet_once(repository):
    truths = read_truths(repository / "assets" / "gallery")
    assert sorted(truths[place].spec.class_name for place in PICKED) == sorted(CLASSES)


def test_the_sheet_in_the_documents_is_of_the_shipped_gallery(repository):
    """Below 400 kB, and drawn anew it looks the same."""
    path = repository / "docs" / "contact-sheet.webp"
    assert path.stat().st_size < 400_000
    with Image.open(path) as image:
        there = np.asarray(image.convert("RGB"), np.int16)
    again = np.asarray(contact_sheet(repository / "assets" / "gallery"), np.int16)
    assert there.shape == again.shape
    assert np.abs(there - again).mean() < 6.0
