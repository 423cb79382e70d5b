"""Which classes are taken for which, as a figure."""

import pytest

from app.errors.figure import confusion

NAMES = ["pond", "<b>pier</b>"]
COUNTS = [[3, 1], [0, 4]]


def test_ink_is_the_root_of_a_share_of_the_row_and_empty_cells_have_none():
    """The diagonal in one colour, the rest in another; nothing is drawn twice."""
    right, wrong = confusion(NAMES, COUNTS)["data"]
    inks = [0.12 + 0.88 * share**0.5 for share in (0.75, 0.25)]
    assert right["z"] == [[pytest.approx(inks[0]), None], [None, pytest.approx(1.0)]]
    assert wrong["z"] == [[None, pytest.approx(inks[1])], [None, None]]
    assert right["colorscale"][1][1] != wrong["colorscale"][1][1]


def test_a_class_s_name_is_shown_letter_by_letter():
    """plotly.js would read markup in labels and beside the pointer."""
    shown = confusion(NAMES, COUNTS)
    assert shown["layout"]["xaxis"]["ticktext"] == ["pond", "&lt;b&gt;pier&lt;/b&gt;"]
    assert shown["data"][0]["text"][0][1] == "pond, first result &lt;b&gt;pier&lt;/b&gt;: 1 of 4"


def test_few_classes_have_large_cells_and_many_small_ones():
    few, many = (
        confusion([str(i) for i in range(n)], [[1] * n] * n)["layout"]["height"] for n in (5, 40)
    )
    assert few == 140 + 5 * 40
    assert many == 140 + 40 * 18
