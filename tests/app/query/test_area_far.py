"""An area on Earth where an index is searched by candidates: it narrows before, not after."""

import numpy as np
import pytest
from geo import write_terrain
from tiny import tiny_checkpoint, tiny_model_config
from tiny_index import TUNED, build_index

from app.explorer.explorer import Explorer, Source
from app.query import rank
from app.search.service import answer
from cmpagl.data.chips import Chips
from cmpagl.data.dataset import load_dataset
from cmpagl.rank.stage import ALIGNED
from cmpagl.store import engine

QUERY, FEW = "a blue pond", 3


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    """35 pieces of a raster, of which a search finds three."""
    place = tmp_path_factory.mktemp("far")
    checkpoint = tiny_checkpoint(place / "tiny", config=tiny_model_config(ranking=TUNED))
    dataset = load_dataset(write_terrain(place / "terrain.tif"), chips=Chips(64, overlap=0))
    build_index(dataset, checkpoint, place / "index", with_map=False)
    with pytest.MonkeyPatch.context() as patch:
        for module in (engine, rank):
            patch.setattr(module, "FOUND", FEW)
        made = Explorer(Source(checkpoint.folder, place / "index", mode="candidates"))
        made.start()
        assert made.wait(120).phase == "ready"
        yield made


@pytest.fixture(scope="module")
def worst(explorer):
    """The scenes by the aligned score, the worst first; as all would be compared."""
    retriever = explorer.opened().retriever
    embeds = retriever.query_text(QUERY).text_embeds
    scores = explorer.opened().gallery.image_vectors[:, : len(embeds)] @ embeds
    return np.argsort(scores)


def found(explorer, area):
    told = answer(explorer, {"q": QUERY, "area": area, "after": ALIGNED.name})
    assert "after" in told.columns, told.notes
    return [card.item for card in told.columns["after"].cards]


def test_a_box_finds_what_a_search_of_all_would_not(explorer, worst):
    """The worst of all scenes is the answer where it alone lies; in a larger box its best few."""
    footprints = explorer.opened().gallery.footprints()
    x, y = footprints[worst[0]].mean(axis=0)
    d = 1e-4
    assert found(explorer, f"{x - d:.6f},{y - d:.6f},{x + d:.6f},{y + d:.6f}") == [worst[0]]

    middles = footprints.mean(axis=1)
    west, north = np.median(middles, axis=0)
    box = (-180.0, -90.0, float(round(west, 6)), float(round(north, 6)))
    inside = np.all((middles >= box[:2]) & (middles <= box[2:]), axis=1)
    assert inside.sum() > 2 * FEW
    expected = [n for n in worst[::-1] if inside[n]][:FEW]
    assert found(explorer, ",".join(map(str, box)))[:FEW] == expected


def test_an_outline_is_kept_to(explorer, worst):
    """Of its box the best are looked at, and those outside it are no answers."""
    x, y = explorer.opened().gallery.footprints()[worst[0]].mean(axis=0)
    d = 1e-4
    outline = f"{x - d:.6f},{y - d:.6f},{x + d:.6f},{y - d:.6f},{x:.6f},{y + d:.6f}"
    assert found(explorer, outline) == [worst[0]]
