"""Two models over an index that is searched by candidates: the best by each are ranked."""

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset, tiny_model_config
from tiny_index import TUNED, build_index, with_smr

from app.explorer.explorer import Explorer, Opened, Source
from app.explorer.opened import over_index
from app.explorer.second import open_second
from app.query import rank
from app.search.service import answer
from cmpagl.config.ranking import SMRConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR
from cmpagl.search.retriever import Retriever
from cmpagl.store import engine
from cmpagl.store.adding import add_model
from cmpagl.store.gallery import open_gallery

QUERY = "a white plane on the grass"
N, FEW = 40, 6


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An index of two models, one of the first alone, both models, and the folder."""
    folder = tmp_path_factory.mktemp("far")
    soft = with_smr(TUNED, "t2i", SMRConfig("soft", t=8, alpha=1.5))
    config = tiny_model_config(ranking=with_smr(soft, "i2t", SMRConfig("soft", t=6, alpha=1.5)))
    first = tiny_checkpoint(folder / "first", config=config)
    second = tiny_checkpoint(folder / "second", seed=1, config=config)
    dataset = load_dataset(tiny_dataset(folder / "data", N))
    for name in ("index", "alone"):
        build_index(dataset, first, folder / name, with_map=False)
    add_model(folder / "index", second, with_map=False)
    return folder, first, second


def opened_as(made, mode):
    folder, first, second = made
    gallery = open_gallery(folder / "index", first, mode=mode)
    seen = open_second(
        gallery, second.folder, prepare=False, tell=lambda *_: None, stopping=lambda: False
    )
    return Opened(gallery, Retriever(gallery, first), second=seen)


@pytest.fixture
def explorer(made, monkeypatch):
    """Searched by candidates, of which a search finds a few."""
    for module in (engine, rank):
        monkeypatch.setattr(module, "FOUND", FEW)
    explorer = Explorer(Source(made[1].folder, made[0] / "index", second=made[2].folder))
    explorer._opened = opened_as(made, "candidates")
    assert explorer.opened().gallery.engine is not None
    return explorer


@pytest.fixture(scope="module")
def exact(made):
    """The same, every scene compared."""
    return opened_as(made, "exact")


def order(found, side):
    return [card.item for card in found.columns[side].cards]


@pytest.mark.parametrize("stage", [ALIGNED, ALIGNED_SMR], ids=lambda stage: stage.name)
@pytest.mark.parametrize("asked", [{"q": QUERY}, {"like": "scene_0002.png"}], ids=["text", "scene"])
def test_each_side_begins_as_its_model_alone_ranks(explorer, exact, stage, asked):
    """Its best are there whatever the other model found, and not all scenes are ranked."""
    sides = {"before": stage.name, "after": f"{stage.name}@2", "k": "60"}
    found = answer(explorer, {**asked, **sides})
    assert not found.notes
    assert len(order(found, "after")) <= 4 * FEW < N - 1
    for side, seen in (("before", exact), ("after", exact.second)):
        retriever = seen.retriever
        query = retriever.query_text(QUERY) if "q" in asked else retriever.query_scene(2)
        alone = retriever.ranking(query, stage)
        assert order(found, side)[:FEW] == alone.items[:FEW].tolist()


def test_filters_hold_for_the_best_of_both(explorer, exact):
    """A least score is the first model's, also of scenes that the second found."""
    least = float(np.sort(exact.retriever.query_text(QUERY).scores)[-12])
    asked = {"q": QUERY, "after": "aligned@2", "min": f"{least:.4f}", "k": "60"}
    found = order(answer(explorer, asked), "after")
    scores = exact.retriever.query_text(QUERY).scores
    assert found
    assert (scores[found] >= least - 1e-4).all()
    both = answer(explorer, {"q": QUERY, "after": "aligned@both", "marks": ""})
    assert len(order(both, "after")) >= FEW


def test_captions_are_found_by_both(explorer, exact):
    found = answer(
        explorer, {"like": "scene_0002.png", "find": "captions", "after": "aligned@2", "k": "60"}
    )
    for side, seen in (("before", exact), ("after", exact.second)):
        retriever = seen.retriever
        alone = retriever.captions_for_image(retriever.query_scene(2), ALIGNED)
        texts = [retriever.gallery.distinct_captions[i] for i in alone.items[:FEW]]
        assert [card.caption for card in found.columns[side].cards[:FEW]] == texts


def test_a_gallery_beside_opens_with_both_where_its_index_has_both(made, exact):
    """`--index A --index B`: both models where B holds both, the first alone elsewhere."""
    folder = made[0]
    there = over_index(exact, folder / "index")
    assert there.names == ("first", "second")
    assert over_index(exact, folder / "alone").second is None
