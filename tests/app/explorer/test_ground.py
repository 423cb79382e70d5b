"""Where a scene lies, how wide it is, where north is; and a word where that is unusual."""

import numpy as np
import pytest
import rasterio
from geo import CRS, METRES, ORIGIN, write_terrain
from rasterio.transform import Affine
from tiny import tiny_checkpoint
from tiny_index import build_index

from app.explorer.ground import ground_of, unusual_ground
from app.explorer.scenes import scene
from cmpagl.data.chips import Chips
from cmpagl.data.dataset import load_dataset


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """Pieces of a raster, 128 m wide, and a whole one that is turned by 30 degrees."""
    folder = tmp_path_factory.mktemp("ground")
    (folder / "data").mkdir()
    write_terrain(folder / "data" / "terrain.tif", 120, 100)
    turned = Affine.translation(*ORIGIN) @ Affine.rotation(30) @ Affine.scale(METRES, -METRES)
    shape = {"count": 3, "width": 50, "height": 40, "dtype": "uint8"}
    with rasterio.open(
        folder / "data" / "turned.tif", "w", driver="GTiff", crs=CRS, transform=turned, **shape
    ) as out:
        out.write(np.random.default_rng(1).integers(0, 255, (3, 40, 50), np.uint8))
    dataset = load_dataset(folder / "data", chips=Chips(64, above=60))
    return build_index(dataset, tiny_checkpoint(folder / "model"), folder / "index", with_map=False)


def numbered(gallery):
    return {record.image_id: number for number, record in enumerate(gallery.records)}


def test_a_footprint_says_width_and_north(gallery):
    """From left to right in metres, within the distortion of the projection."""
    numbers = numbered(gallery)
    piece = ground_of(gallery, numbers["terrain.tif/0_0"])
    assert piece.cut
    assert piece.across == pytest.approx(128, rel=0.01)
    assert piece.north == pytest.approx(0, abs=0.5)
    assert piece.place.startswith("39.74")
    whole = ground_of(gallery, numbers["turned.tif"])
    assert not whole.cut
    assert whole.across == pytest.approx(100, rel=0.01)
    assert whole.north == pytest.approx(30, abs=0.5)


def test_a_piece_is_called_by_its_raster_and_place(gallery):
    numbers = numbered(gallery)
    assert scene(gallery, numbers["terrain.tif/56_36"]).title == "terrain: column 56, row 36"
    assert scene(gallery, numbers["turned.tif"]).title == "turned"


def test_unusual_ground_is_said(gallery):
    """For models whose data sets are known, and far outside alone."""
    assert unusual_ground(gallery, ["ucm train"]) == ""
    assert unusual_ground(gallery, ["drawn train"]) == ""
    assert unusual_ground(gallery, None) == ""
    middles = gallery.footprints().mean(axis=1, keepdims=True)
    gallery.__dict__["_footprints"] = middles + 80 * (gallery.footprints() - middles)
    try:
        said = unusual_ground(gallery, ["ucm train", "rsicd train"])
        assert "across" in said
        assert "75 m to 1.8 km" in said
    finally:
        del gallery._footprints
