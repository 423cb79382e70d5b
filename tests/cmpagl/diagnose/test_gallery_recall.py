"""Recall on a folder of drawn scenes, and of queries that were written by hand for it."""

from __future__ import annotations

import shutil

import pytest
from PIL import Image
from tiny import tiny_checkpoint
from unpainted import unpainted_scenes

from cmpagl.data.dataset import normalise_caption
from cmpagl.diagnose.gallery_recall import QUERIES_FILE, HandQuery, measure_gallery, read_queries
from cmpagl.errors import DataError
from cmpagl.files import write_json
from cmpagl.scenes.dataset import read_truths

COUNT = 8


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A checkpoint and a folder in the layout of drawn scenes, with noise for pictures."""
    folder = tmp_path_factory.mktemp("gallery")
    (folder / "images").mkdir()
    scenes = unpainted_scenes(COUNT, 6)
    images = []
    for scene in scenes:
        name = f"{scene.truth.spec.scene_id}.png"
        Image.fromarray(scene.square).save(folder / "images" / name)
        sentences = [{"raw": caption} for caption in scene.truth.captions]
        images.append({"filename": name, "split": "gallery", "sentences": sentences})
    write_json(folder / "dataset_drawn.json", {"dataset": "drawn", "images": images})
    write_json(folder / "truth.json", [scene.truth.to_json() for scene in scenes])
    return tiny_checkpoint(tmp_path_factory.mktemp("tiny") / "checkpoint"), folder, scenes


def test_queries_that_are_captions_are_found_like_captions(parts):
    """Asked with every caption as if by hand, recall is the text -> image recall."""
    checkpoint, folder, scenes = parts
    queries = [
        HandQuery(caption, f"{scene.truth.spec.scene_id}.png")
        for scene in scenes
        for caption in scene.truth.captions
    ]
    found = measure_gallery(checkpoint, folder, queries=queries)
    assert (found.n_images, found.n_captions, found.n_queries) == (COUNT, 5 * COUNT, 5 * COUNT)
    for name, result in found.recall.items():
        for k in (1, 5, 10):
            said = getattr(result.metrics, f"t2i_r{k}")
            assert found.queries[name][f"r{k}"].value == pytest.approx(said)
    assert found.recall["aligned"].metrics.t2i_r10 == 100.0  # of 8 scenes
    assert found.pairs[-1].n_pairs == 2
    assert found.name == folder.name


def test_queries_are_optional_and_repeat(parts):
    checkpoint, folder, _ = parts
    found = measure_gallery(checkpoint, folder)
    assert found.n_queries == 0
    assert not found.queries
    assert found == measure_gallery(checkpoint, folder)


def test_a_query_for_a_scene_that_is_not_there_is_named(parts):
    checkpoint, folder, _ = parts
    with pytest.raises(DataError, match=r"'nowhere\.png'.*name one such as"):
        measure_gallery(checkpoint, folder, queries=[HandQuery("a plane", "nowhere.png")])


def test_scenes_that_the_truth_does_not_tell_of_are_refused(parts, tmp_path):
    """A picture that was renamed has no truth, so nothing of the folder is measured."""
    checkpoint, folder, scenes = parts
    copy = shutil.copytree(folder, tmp_path / "copy")
    first = scenes[0].truth.spec.scene_id
    (copy / "images" / f"{first}.png").rename(copy / "images" / "other.png")
    description = copy / "dataset_drawn.json"
    description.write_text(description.read_text("utf-8").replace(first, "other"), "utf-8")
    with pytest.raises(DataError, match=r"other scenes than its truth\.json"):
        measure_gallery(checkpoint, copy)


@pytest.mark.parametrize(
    "content", ["nothing", '[{"query": "a plane"}]', '[{"query": " ", "scene": "a.png"}]', "[3]"]
)
def test_a_file_of_another_form_is_refused(tmp_path, content):
    path = tmp_path / "queries.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"queries\.json"):
        read_queries(path)


def test_queries_are_read(tmp_path):
    path = tmp_path / "queries.json"
    path.write_text('[{"query": "a plane by a hangar", "scene": "a.png"}]')
    assert read_queries(path) == [HandQuery("a plane by a hangar", "a.png")]


def test_the_written_queries_fit_the_shipped_gallery(repository):
    """50 different ones over most land uses, each for a scene of its own, none from the grammar."""
    folder = repository / "assets" / "gallery"
    queries = read_queries(folder / QUERIES_FILE)
    truths = {f"{truth.spec.scene_id}.webp": truth for truth in read_truths(folder)}
    scenes = {one.scene for one in queries}
    assert len(queries) >= 50
    assert len(scenes) == len({normalise_caption(one.query) for one in queries}) == len(queries)
    assert scenes <= truths.keys()
    assert len({truths[scene].spec.class_name for scene in scenes}) >= 20
    captions = {normalise_caption(text) for truth in truths.values() for text in truth.captions}
    assert not {normalise_caption(one.query) for one in queries} & captions
