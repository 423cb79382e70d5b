"""Two models on the page: each side by either or by both, on Search and on Errors."""

import numpy as np
import pytest
from given import picture_bytes
from published_models import published_model
from tiny import tiny_checkpoint, tiny_dataset, tiny_model_config
from tiny_index import TUNED, build_index

from app.adding.desk import Desk
from app.adding.limits import Limits
from app.errors.request import ErrorsRequest
from app.errors.service import errors_answer, find_pair
from app.errors.view import errors_view
from app.explorer.explorer import Explorer, Opened, Source
from app.search.form import form
from app.search.service import answer
from app.search.view import ranking as ranking_view
from app.serving.which import about
from cmpagl.data.dataset import load_dataset
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.rank.both import both_scores
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, BOTH, FINAL, SECOND, by_model, stage_named
from cmpagl.search.retriever import Retriever
from cmpagl.store.adding import add_model

QUERY = "a white plane on the grass"


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    config = tiny_model_config(ranking=TUNED)
    first = tiny_checkpoint(folder / "first", config=config)
    second = tiny_checkpoint(folder / "second", seed=1, config=config)
    dataset = load_dataset(tiny_dataset(folder / "data", 12))
    gallery = build_index(dataset, first, folder / "index", with_map=False)
    beside = add_model(folder / "index", second).gallery
    explorer = Explorer(Source(first.folder, folder / "index", second=second.folder))
    seen = Opened(beside, Retriever(beside, second))
    explorer._opened = Opened(gallery, Retriever(gallery, first), second=seen)
    return explorer


def order(found, side):
    return [card.item for card in found.columns[side].cards]


@pytest.mark.parametrize("stage", [ALIGNED, ALIGNED_SMR, FINAL], ids=lambda stage: stage.name)
def test_each_column_is_by_its_own_model(explorer, stage):
    """As the model alone ranks; the terms of the right column are its model's, and add up."""
    opened = explorer.opened()
    asked = {"q": QUERY, "before": stage.name, "after": f"{stage.name}@2", "k": "12"}
    found = answer(explorer, {**asked, "scene": "scene_0003.png"})
    assert not found.notes
    for side, retriever in (("before", opened.retriever), ("after", opened.second.retriever)):
        alone = retriever.ranking(retriever.query_text(QUERY), stage)
        assert order(found, side) == alone.items.tolist()
        scores = [card.score for card in found.columns[side].cards]
        assert scores == pytest.approx(alone.scores.tolist(), abs=1e-6)
    terms = found.chosen.terms
    assert terms.final == pytest.approx(alone.score_by_item[3], abs=1e-6)
    assert sum(terms.steps.values()) == pytest.approx(terms.final, abs=1e-5)
    struck = answer(explorer, {**asked, "drop": "1"})
    query = opened.second.retriever.query_text("a plane on the grass")
    assert order(struck, "after") == opened.second.retriever.ranking(query, stage).items.tolist()


def test_both_at_once_adds_z_scores(explorer):
    """The sum by hand, and each model's share of a score."""
    opened = explorer.opened()
    found = answer(
        explorer, {"q": QUERY, "after": "aligned@both", "k": "12", "scene": "scene_0005.png"}
    )
    rows = [r.query_text(QUERY).scores[None] for r in (opened.retriever, opened.second.retriever)]
    by_hand = both_scores(*rows)[0]
    assert order(found, "after") == np.argsort(-by_hand, kind="stable").tolist()
    terms = found.chosen.terms
    assert list(terms.steps) == ["first_model", "second_model"]
    assert sum(terms.steps.values()) == pytest.approx(by_hand[5], abs=1e-5)
    titles = {stage["name"]: stage["title"] for stage in ranking_view(found)["stages"]}
    assert titles["smr@both"] == "Both models: Final"
    assert titles["csls@2"] == "Second model: CSLS"
    assert "first and second" in ranking_view(found)["foot"]


def test_pictures_and_captions_by_the_second(explorer):
    retriever = explorer.opened().second.retriever
    found = answer(explorer, {"like": "scene_0002.png", "find": "captions", "after": "smr@2"})
    alone = retriever.captions_for_image(retriever.query_scene(2), FINAL)
    assert order(found, "after") == alone.items[:12].tolist()
    mixed = answer(explorer, {"like": "scene_0002.png", "q": QUERY, "after": "smr@both"})
    assert len(order(mixed, "after")) == 11


@pytest.mark.parametrize("model", [SECOND, BOTH])
def test_errors_count_what_search_shows(explorer, model):
    """Caption by caption; the ledger's cells are what one side finds alone."""
    after = by_model(ALIGNED, model)
    pair = find_pair(explorer.opened(), ErrorsRequest(before=ALIGNED, after=after), 60.0)
    gallery = explorer.opened().gallery
    before_ranks, after_ranks = pair.ranks("t2i")
    for number, caption in enumerate(gallery.captions):
        found = answer(explorer, {"q": caption, "after": after.name, "k": "12"})
        own = int(gallery.caption_to_image[number])
        assert order(found, "after").index(own) + 1 == after_ranks[number]
        assert order(found, "before").index(own) + 1 == before_ranks[number]
    alone = (before_ranks > 1) & (after_ranks <= 1)
    shown = errors_answer(explorer, {"after": after.name, "before": "aligned"}, wait=60.0)
    assert shown.flow["fixed"] == int(alone.sum())
    cells = {cell["name"]: cell["label"] for cell in errors_view(shown)["flow"]["cells"]}
    assert cells["broken"] == "Found only by first"
    assert (
        cells["fixed"] == f"Found only by {'second' if model == SECOND else 'both models at once'}"
    )


def test_hubs_are_each_model_s_own(explorer):
    """How often each model alone finds a scene among its first five; which is which, in words."""
    asked = {"before": "aligned", "after": "aligned@2", "part": "hubs", "within": "5"}
    shown = errors_answer(explorer, asked, wait=60.0)
    opened = explorer.opened()
    for side, one in (("before", opened), ("after", opened.second)):
        queries = map(one.retriever.query_text, opened.gallery.captions)
        found = [one.retriever.ranking(query, ALIGNED).items[:5] for query in queries]
        times = np.bincount(np.concatenate(found), minlength=len(opened.gallery))
        assert [getattr(hub, side) for hub in shown.hubs.items] == [
            times[hub.item] for hub in shown.hubs.items
        ]
        assert max(times) in [getattr(hub, side) for hub in shown.hubs.items]
    said = errors_view(shown)["hubs"]
    assert said["columns"] == ["", "Hub", "first", "second", "Change"]
    assert " by first, " in said["skewness"]
    assert " by second." in said["never"]


def test_a_link_to_a_model_that_is_not_open(explorer):
    """Told in one sentence; a model that nobody knows is told as a wrong setting."""
    opened = explorer.opened()
    alone = Explorer(explorer.source)
    alone._opened = Opened(opened.gallery, opened.retriever)
    found = answer(alone, {"q": QUERY, "after": "smr@2"})
    assert "only one is open here" in found.notes[0].text
    assert "only one is open" in errors_answer(alone, {"after": "smr@both"}).problem
    assert stage_named("smr@3", of_two=True) is None
    assert stage_named("smr@2") is None  # where nobody has two models
    wrong = answer(explorer, {"q": QUERY, "after": "smr@3"})
    assert "after=smr@3 is not allowed" in wrong.notes[0].text


def test_a_side_without_words_can_be_changed(explorer, tmp_path):
    """A first model that reads none: told, greyed out, and the second still answers."""
    published_model("dinov2", tmp_path / "dino")
    dino = open_checkpoint(tmp_path / "dino")
    first = explorer.opened().second.retriever.checkpoint
    dataset = load_dataset(explorer.opened().gallery.root)
    gallery = build_index(dataset, dino, tmp_path / "index", with_map=False)
    beside = add_model(tmp_path / "index", first, with_map=False).gallery
    mixed = Explorer(Source(dino.folder, tmp_path / "index", second=first.folder))
    seen = Opened(beside, Retriever(beside, first))
    mixed._opened = Opened(gallery, Retriever(gallery, dino), second=seen)
    assert "has no text tower" in answer(mixed, {"q": QUERY, "after": "aligned@2"}).notes[0].text
    second = {"before": "aligned@2", "after": "aligned@2"}
    assert order(answer(mixed, {"q": QUERY, **second}), "after")
    lacks = [form(answer(mixed, asked))["lacks"]["words"] for asked in ({}, second)]
    assert lacks == ["This model does not read words; choose a scene to search with", None]
    refused = errors_answer(mixed, {})
    assert "reads no text" in refused.problem
    assert by_model(ALIGNED, SECOND) in refused.stages
    assert errors_answer(mixed, second, wait=60.0).table


def test_a_visitor_s_own_pictures_by_both(explorer, tmp_path):
    """Searched with the first while the second embeds; what is added later has both as well."""
    desk, told = Desk(explorer, tmp_path / "own", Limits(10, 3_000_000, 1_000_000)), []
    own = desk.begin("anna", "10.0.0.1", 10_000)
    own.tell = lambda *said, **more: told.append((own.searchable, said[0], more, said[1:]))
    opened = explorer.opened()
    for n in (1, 2):
        for name in ("a.png", "b.png")[:n]:
            desk.take(own, f"{n}{name}", 0, picture_bytes((40 * n, 90 * len(name), 200)))
        desk.prepare(own)
        own.thread.join(60)
        assert told[-1][1].endswith("ready."), told
        with about(own.key):
            mine = explorer.opened()
            assert mine.names == ("first", "second")
            found = answer(explorer, {"q": QUERY, "before": "aligned@2", "after": "aligned@both"})
            for side, one in (("before", mine.second), ("after", mine)):
                assert len(one.gallery) == len(order(found, side)) == 2 * n - 1
            alone = Retriever(mine.second.gallery, opened.second.retriever.checkpoint)
            theirs = alone.ranking(alone.query_text(QUERY), ALIGNED).scores
            scores = [card.score for card in found.columns["before"].cards]
            assert scores == pytest.approx(theirs.tolist(), abs=1e-6)
    second = [so for so in told if so[1].startswith("The first model is ready to search with; sec")]
    assert second
    assert all(searchable for searchable, *_ in second)
    assert [so[3] for so in second if "pictures, 0" in so[1]]
    desk.forget("anna")
