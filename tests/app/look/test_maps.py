"""Look's maps: what a place looked at, and where a score came from, as the model has them."""

import numpy as np
import pytest
import torch
from looked import ask, scene_id

from cmpagl.data.picture import load_pixels
from cmpagl.model.gswin import GswinTransformer
from cmpagl.model.pixels import to_pixel_values

GRID = 8  # of the tiny model, with windows of 4 x 4 places and 2 x 2 cells


def test_a_place_looks_at_its_window_and_at_cells(explorer):
    """Row 2, column 7 of the first block: the window at the top right, three cells beyond it."""
    found = ask(explorer, scene=scene_id(explorer, 0), at="2,7", block="1")
    (panel,) = found.panels
    drawn = panel.map
    assert panel.at == (1, 6)
    assert drawn.window == (0, 4, 4, 4)
    values = np.array([np.nan if v is None else v for v in drawn.values]).reshape(GRID, GRID)
    inside = np.zeros((GRID, GRID), bool)
    inside[:4, 4:] = True
    assert (np.isfinite(values) == inside).all()
    assert [cell is None for cell in drawn.cells] == [False, True, False, False]
    assert sum(drawn.parts.values()) == pytest.approx(1, abs=1e-4)
    weights = [v for v in (*drawn.values, *drawn.cell_weights) if v is not None]
    assert sum(weights) + drawn.parts["class"] == pytest.approx(1, abs=1e-4)
    for whole, each in zip(drawn.cell_weights, drawn.cells, strict=True):
        assert whole is each is None or each == pytest.approx(whole / 16, abs=1e-5)


def test_weights_are_those_of_the_model(explorer):
    """The map's values come out of the tower's own forward pass, head by head."""
    gallery = explorer.opened().gallery
    found = ask(explorer, scene=scene_id(explorer, 3), at="1,1", block="1", head="2")
    from cmpagl.model.checkpoint import open_checkpoint

    vision: GswinTransformer = open_checkpoint(explorer.source.checkpoint).image_tower().vision
    pixels = to_pixel_values(load_pixels(gallery.records[3].path, 64)[None])
    with torch.inference_mode():
        block = vision(pixels, need_weights=True).attention[0]
    # Token 0 stands first in the first window; its places are rows of four.
    wanted = block.local[0, 1, 0].reshape(4, 4).numpy()
    got = np.array(found.panels[0].map.values, dtype=object).reshape(GRID, GRID)[:4, :4]
    np.testing.assert_allclose(got.astype(float), wanted, atol=1e-5)


def test_a_shifted_window_ends_at_the_edge(explorer):
    """The second block is shifted by two places: the first corner is a window of its own."""
    drawn = ask(explorer, scene=scene_id(explorer, 0), at="1,1", block="2").panels[0].map
    assert drawn.window == (0, 0, 2, 2)
    assert None not in drawn.cells  # the corner's cell reaches beyond it,
    assert drawn.cells[0] == pytest.approx(drawn.cell_weights[0] / 12, abs=1e-5)  # by 12 patches


def test_modes_without_a_place(explorer):
    scene = scene_id(explorer, 1)
    share = ask(explorer, scene=scene, look="share")
    assert all(0 <= value <= 1 for value in share.panels[0].map.values)
    assert share.low == min(share.panels[0].map.values)
    mean = np.mean(share.panels[0].map.values)
    assert share.shares[-1] == pytest.approx(mean, abs=1e-4)
    summed = ask(explorer, scene=scene, look="class").panels[0].map
    assert 0 < sum(summed.values) < 1  # the rest is at the class token itself


def test_where_the_score_of_a_query_came_from(explorer):
    """Of the query and each of its words: the cosine of Search, and what raises it adds up to 1."""
    scene = scene_id(explorer, 1)
    found = ask(explorer, scene=scene, q="A red plane on the grass.")
    assert found.words == ("a", "red", "plane", "on", "the", "grass")
    retriever = explorer.opened().retriever
    expected = retriever.query_text("A red plane on the grass.").scores[1]
    assert found.panels[0].map.score == pytest.approx(expected, abs=2e-3)  # of the file, not index
    one = ask(explorer, scene=scene, q="a red plane", word="2").panels[0].map
    alone = ask(explorer, scene=scene, q="red").panels[0].map
    assert one.score == pytest.approx(alone.score, abs=1e-5)
    assert one.strongest[0].box == alone.strongest[0].box
    for shown in (one, found.panels[0].map):
        assert sum(v for v in shown.values if v is not None) == pytest.approx(1, abs=1e-3)
        assert sum(shown.parts.values()) == pytest.approx(1, abs=1e-6)
    assert not ask(explorer, scene=scene, look="score").words
