"""Maps: repeatable, few points handled, the rest placed near their like, the gap by hand."""

from pathlib import Path

import numpy as np
import pytest

from cmpagl.store.projection import (
    _umap,
    centre_by_modality,
    place_by_neighbours,
    umap_project,
)


def three_bundles(n, seed=0):
    """Vectors around three far directions, and which each belongs to."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) % 3
    return (np.eye(3, 12)[group] + 0.05 * rng.standard_normal((n, 12))).astype(np.float32), group


@pytest.mark.parametrize("n", [0, 1, 2, 3, 15])
@pytest.mark.parametrize("width", [1, 2, 12])
def test_few_points_have_a_map(n, width):
    """Fewer than 16 points need no UMAP, and no number of them breaks."""
    embeds = np.random.default_rng(1).standard_normal((n, width)).astype(np.float32)
    xy = umap_project(embeds)
    assert xy.shape == (n, 2)
    assert xy.dtype == np.float32
    assert np.isfinite(xy).all()


def test_few_points_lie_along_their_widest_axis():
    """Two opposite directions are the first axis's ends; a zero row and equal rows do not hurt."""
    right = np.tile([1.0, 0.0], (4, 1))
    embeds = np.concatenate([right, -right, np.zeros((1, 2))]).astype(np.float32)
    xy = umap_project(embeds)
    assert np.ptp(xy[:, 0]) == pytest.approx(2.0)
    assert np.ptp(xy[:, 1]) == pytest.approx(0.0, abs=1e-6)


def test_umap_keeps_bundles_repeats_to_the_byte_and_can_be_stopped():
    """One test for all that needs UMAP, whose compilation takes most of its time."""
    embeds, group = three_bundles(90)
    before = embeds.copy()
    heard = []
    xy = umap_project(embeds, progress=lambda done, total: heard.append((done, total)))
    assert np.array_equal(embeds, before)
    assert heard[0] == (0, 500)
    assert heard[-1] == (500, 500)
    assert heard == sorted(heard)
    distance = np.linalg.norm(xy[:, None] - xy[None], axis=-1) + 1e9 * np.eye(90)
    assert (group[distance.argmin(axis=1)] == group).all()

    class Enough(Exception):
        pass

    def stop(done, total):
        if done:
            raise Enough

    with pytest.raises(Enough):
        umap_project(embeds, progress=stop)
    assert umap_project(embeds).tobytes() == xy.tobytes()

    # Only 60 are seen by UMAP; the others lie among their own kind.
    some = umap_project(embeds, fit_limit=60)
    assert np.isfinite(some).all()
    centre = np.stack([np.median(some[group == g], axis=0) for g in range(3)])
    nearest = np.linalg.norm(some[:, None] - centre[None], axis=-1).argmin(axis=1)
    assert (nearest == group).all()
    assert some.tobytes() == umap_project(embeds, fit_limit=60).tobytes()


def test_a_copy_lands_on_its_twin_whatever_its_length():
    embeds, _ = three_bundles(30)
    xy = np.random.default_rng(2).standard_normal((30, 2)).astype(np.float32)
    assert place_by_neighbours(7 * embeds, embeds, xy, k=5) == pytest.approx(xy, abs=1e-3)


def test_a_place_is_the_weighted_mean_of_its_neighbours():
    """By hand: cosines 0.8 and 0.6 give weights 1 / 0.2 and 1 / 0.4; the third is not asked."""
    embeds = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], np.float32)
    xy = np.array([[0.0, 0.0], [3.0, 6.0], [100.0, 100.0]], np.float32)
    place = place_by_neighbours(np.array([[0.8, 0.6]], np.float32), embeds, xy, k=2)
    assert place[0] == pytest.approx([1.0, 2.0], abs=1e-4)


def test_fewer_points_than_neighbours():
    embeds = np.array([[1.0, 0.0]], np.float32)
    xy = np.array([[2.0, 3.0]], np.float32)
    assert np.array_equal(place_by_neighbours(-embeds, embeds, xy, k=15), xy)


def test_places_do_not_depend_on_the_block(monkeypatch):
    """Many queries are placed block by block, each like the query alone."""
    embeds, _ = three_bundles(40)
    xy = np.random.default_rng(3).standard_normal((40, 2)).astype(np.float32)
    queries = three_bundles(25, seed=4)[0]
    whole = place_by_neighbours(queries, embeds, xy)
    monkeypatch.setattr("cmpagl.store.projection._BLOCK_VALUES", 3 * 40)
    assert place_by_neighbours(queries, embeds, xy) == pytest.approx(whole, abs=1e-5)


def test_centring_by_hand():
    """The means of the two are (0.5, 0.5) and (-1, 0), and nothing afterwards."""
    images = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    captions = np.array([[-1.0, 0.0]], np.float32)
    centred = centre_by_modality(images, captions)
    assert np.array_equal(centred[0], [[0.5, -0.5], [-0.5, 0.5]])
    assert np.array_equal(centred[1], [[0.0, 0.0]])


def test_what_is_compiled_is_there_for_the_next_process():
    """What a map takes is found on disk, so that only the first one of a machine waits for it."""
    umap_project(three_bundles(30)[0])
    graph, utils = _umap().umap_, _umap().utils
    used = (graph.smooth_knn_dist, graph.compute_membership_strengths, utils.fast_knn_indices)
    assert all(map(_kept, used))


def _kept(function):
    """Files of a compiled function."""
    assert function.signatures
    return list(Path(function.stats.cache_path).glob(f"*.{function.__name__}-*.nbc"))
