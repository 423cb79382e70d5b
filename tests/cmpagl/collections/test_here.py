"""What a person judged says what reranking is worth, where captions are too few to tell."""

import numpy as np
import pytest
from tiny_index import tiny_retriever

import cmpagl.collections.here as collections_here
import cmpagl.judge.here as judge_here
from cmpagl.collections.collections import Collections
from cmpagl.collections.here import find_here, judged_queries, judgments_tell, tune
from cmpagl.errors import DataError
from cmpagl.measure import settings_search
from cmpagl.measure.here import FEWEST_JUDGED, measure_here, read_here, write_here
from cmpagl.rank.smr import SMR
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR

N = 10


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    """Of a gallery with captions for ten scenes, and as many judged queries as are needed."""
    found = tiny_retriever(tmp_path_factory.mktemp("judged"), N)
    kept = Collections(found.gallery.kept)
    for number in range(FEWEST_JUDGED):
        record = found.gallery.records[number % N]
        grades = {record.image_id: 1, found.gallery.records[(number + 3) % N].image_id: number % 3}
        kept.judge(f"{record.captions[0]} {number}", {**grades, "gone.png": 1}, [], [])
    return found


def early(retriever, stage):
    """How often a right scene is among the first 1, 5 and 10, their mean, in percent."""
    found = []
    for query in judged_queries(retriever.gallery):
        items = retriever.ranking(retriever.query_text(query.text), stage).items
        names = [retriever.gallery.records[item].image_id for item in items]
        first = min(names.index(name) for name, g in query.grades.items() if g and name in names)
        found.append(np.mean([first < k for k in (1, 5, 10)]))
    return 100 * np.mean(found)


def test_judgments_tell_where_captions_do_not(retriever):
    """The gain is that of the first right scene's place; at or below 0, SMR is off for words."""
    assert measure_here(retriever) is None
    found = find_here(retriever)
    expected = early(retriever, ALIGNED_SMR) - early(retriever, ALIGNED)
    assert found.gains["t2i"].value == pytest.approx(expected)
    assert found.judged == FEWEST_JUDGED
    assert found.off("t2i") == (expected <= 0)
    ranking = retriever.checkpoint.config.ranking
    assert found.ranking.bank_only.i2t == ranking.bank_only.i2t  # of which nothing was judged


def test_settings_are_searched_on_judgments_and_outlast_later_ones(retriever, monkeypatch):
    """What was tuned stays; what was only measured is measured again when more is judged."""
    monkeypatch.setattr(settings_search, "WEIGHTS", settings_search.WEIGHTS[:2])
    for name, values in SMR.tried.items():
        monkeypatch.setitem(SMR.tried, name, values[:2])
    kept = Collections(retriever.gallery.kept)
    told = []
    measured = find_here(retriever)
    tuned = tune(retriever, lambda what, n, most: told.append((n, most)))
    assert tuned.tuned
    assert tuned.judged == FEWEST_JUDGED
    assert all(0 < n <= most for n, most in told)
    for here in (tuned, measured):
        write_here(retriever, here)
        assert find_here(retriever) == read_here(retriever) == here
        kept.judge("one more", {retriever.gallery.records[0].image_id: 1}, [], [])
        assert (find_here(retriever) == here) == here.tuned
        kept.drop_judged("one more")
    (retriever.gallery.notes / "ranking-here.json").unlink()


def test_too_few_judgments_are_none(retriever, monkeypatch):
    """As are those of scenes that are not here."""
    for module in (judge_here, collections_here):
        monkeypatch.setattr(module, "FEWEST_JUDGED", FEWEST_JUDGED + 1)
    kept = Collections(retriever.gallery.kept)
    kept.judge("of another gallery", {"nowhere.png": 1}, [], [])
    assert find_here(retriever) is None
    assert not judgments_tell(retriever)
    with pytest.raises(DataError, match="20 judged queries"):
        tune(retriever)
    kept.drop_judged("of another gallery")
