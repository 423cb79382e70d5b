"""Values of components as JSON text: what a script reads is what Python said."""

import json

import numpy as np
import pytest

from app.kit.json_text import json_text
from app.kit.page import own_html


def test_what_is_read_is_what_was_said():
    """NumPy's numbers are numbers, no number is null, and a name keeps its letters."""
    value = {"name": "<script>é", "n": np.int64(3), "at": np.array([1.5, 2.0]), "none": None}
    assert json.loads(json_text(value)) == {**value, "n": 3, "at": [1.5, 2.0]}
    odd = {"list": [float("nan"), (1.0, float("inf"))], "n": np.float32("nan")}
    assert json.loads(json_text(odd)) == {"list": [None, [1.0, None]], "n": None}
    with pytest.raises(TypeError, match="set"):
        json_text({"n": {1}})


def test_a_component_hands_its_value_over_as_text():
    """Also the one that it begins with; nothing is one without text."""
    made = own_html("address", words={}, value={"ready": True})
    assert made.get_config()["value"] == '{"ready":true}'
    assert made.postprocess({"n": 1}) == '{"n":1}'
    assert made.postprocess(None) is None
