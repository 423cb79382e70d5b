"""What a program of ours does not warn of; a library leaves that to the program that it is in."""

from __future__ import annotations

import warnings

__all__ = ["expect_photographs"]


def expect_photographs() -> None:
    """Say nothing of a picture without a place on Earth: it is no news here, but is to rasterio."""
    warnings.filterwarnings("ignore", message="Dataset has no geotransform")
