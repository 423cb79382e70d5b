"""The endpoint of Look's maps, for programs."""

import json

import numpy as np
import pytest
from looked import ask, looking_explorer, scene_id

from app.api.attention import attention
from cmpagl.errors import QueryError
from cmpagl.model import score_shares

GRID = 8  # of the tiny model, with windows of 4 x 4 places and 2 x 2 cells


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    return looking_explorer(tmp_path_factory.mktemp("look"))


def test_numbers_for_programs(explorer):
    """With a scene alone; with everything; and one sentence where there is no such scene."""
    scene = scene_id(explorer, 0)
    plain = attention(explorer, scene)
    assert (plain["block"], plain["head"], plain["row"], plain["column"]) == (2, 0, 5, 5)
    assert not plain["words"]
    rows = [*plain["place"]["values"], *plain["place"]["cells"]]
    total = sum(w for row in rows for w in row if w is not None) + plain["place"]["parts"]["class"]
    assert total == pytest.approx(1, abs=1e-4)
    full = attention(explorer, scene, row=1, column=8, block=1, head=2, query="a red plane")
    assert list(full["words"]) == ["1 a", "2 red", "3 plane"]
    assert np.array(full["score"]["values"]).shape == (GRID, GRID)
    assert plain["score"] is None
    assert np.array(full["share"]["values"]).shape == (GRID, GRID)
    assert "not a cause" in full["notes"][-1]
    assert json.dumps(full)
    with pytest.raises(QueryError, match="nowhere"):
        attention(explorer, "nowhere.png")
    assert "no block 9" in " ".join(attention(explorer, scene, block=9)["notes"])


def test_a_query_and_its_words_take_one_run_of_the_tower(explorer, monkeypatch):
    """The maps are those of Look, word by word; a query that cannot be read has none."""
    scene, query = scene_id(explorer, 1), "a red plane"
    runs = []
    whole = score_shares.place_shares
    monkeypatch.setattr(
        score_shares, "place_shares", lambda *given: runs.append(len(given[2])) or whole(*given)
    )
    found = attention(explorer, scene, query=query)
    assert runs == [4]
    maps = [found["score"], *found["words"].values()]
    for word, shown in enumerate(maps):
        drawn = ask(explorer, scene=scene, q=query, look="score", word=str(word)).panels[0].map
        values = np.array(drawn.values, float).reshape(GRID, GRID)
        np.testing.assert_allclose(np.array(shown["values"], float), values, atol=1e-4)
    nothing = attention(explorer, scene, query="\0")
    assert (nothing["score"], nothing["words"]) == (None, {})
    assert "empty" in " ".join(nothing["notes"])
