"""What a program of ours does not warn of."""

import subprocess
import sys

import numpy as np
from PIL import Image

PROGRAM = """
import sys, warnings
from pathlib import Path
from cmpagl.cli.warned import expect_photographs
from cmpagl.data.raster import opened
if sys.argv[2] == "expected":
    expect_photographs()
with opened(Path(sys.argv[1])) as data:
    print(data.shape)
"""


def _said(picture, expected):
    program = [sys.executable, "-c", PROGRAM, picture, expected]
    ran = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert ran.stdout == "(8, 8)\n"
    return ran.stderr


def test_a_program_of_ours_takes_a_photograph_as_it_is_and_a_library_leaves_the_filters(tmp_path):
    """rasterio warns of a picture without a place; only a program decides not to hear it."""
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "a.tif")
    assert "NotGeoreferencedWarning" in _said(tmp_path / "a.tif", "not")
    assert _said(tmp_path / "a.tif", "expected") == ""
