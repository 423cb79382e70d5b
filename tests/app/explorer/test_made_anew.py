"""The index is made anew, or its pictures change, while the page is open: no link shows another
picture than it did, and the page says what is the matter."""

import shutil
import urllib.error
import urllib.request
from dataclasses import replace

import pytest
from PIL import Image
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from app.explorer.explorer import Explorer, Source
from app.explorer.scenes import check_unchanged, scene, scene_now, scene_of_link, thumbnail_webp
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import CmpaglError, GalleryError, QueryError

N = 6


@pytest.fixture
def made(tmp_path):
    """A data set, a model, where the index lies, and the page's explorer that has it open."""
    checkpoint = tiny_checkpoint(tmp_path / "tiny")
    dataset, out = load_dataset(tiny_dataset(tmp_path / "data", N)), tmp_path / "index"
    build_index(dataset, checkpoint, out, with_map=False)
    explorer = Explorer(Source(checkpoint=checkpoint.folder, index=out))
    explorer.start()
    assert explorer.wait(300).phase == "ready", explorer.status.sentence
    return dataset, checkpoint, out, explorer


def links(explorer):
    """Each scene's number and version, as a page has them in its links, and its thumbnail."""
    gallery = explorer.opened().gallery
    return {(n, scene(gallery, n).version): gallery.thumbnail(n) for n in range(N)}


def test_an_index_that_was_made_anew_is_gone_over_to(made):
    """Under the same name, with the same number of its version: by itself where nothing of the old
    one is left. Every link shows what it did."""
    dataset, checkpoint, out, explorer = made
    before = links(explorer)
    shutil.rmtree(out)
    backwards = replace(dataset, records=dataset.records[::-1])
    build_index(backwards, checkpoint, out, with_map=False)
    assert explorer.newer
    with pytest.raises(GalleryError, match="made anew since it was opened"):
        explorer.opened().retriever.query_text("a red ship")
    explorer.renew_if_lost()
    assert explorer.wait(300).phase == "ready"
    assert not explorer.newer
    gallery = explorer.opened().gallery
    for (number, version), thumbnail in before.items():
        found = scene_of_link(gallery, number, version)
        assert found == N - 1 - number
        assert thumbnail_webp(gallery, found) == thumbnail


def test_an_index_that_is_gone_or_of_another_model_is_told(made, tmp_path):
    """Nothing of another gallery is shown meanwhile."""
    dataset, _, out, explorer = made
    opened = explorer.opened()
    shutil.rmtree(out)
    assert not explorer.newer
    with pytest.raises(GalleryError, match="deleted or made anew since it was opened"):
        thumbnail_webp(opened.gallery, 0)
    build_index(dataset, tiny_checkpoint(tmp_path / "other", seed=3), out, with_map=False)
    assert explorer.newer
    explorer.renew_if_lost()
    assert "was made with the checkpoint 'other'" in explorer.wait(300).sentence
    assert explorer.opened() is opened


def test_the_same_version_that_is_told_again_is_not_newer(made):
    dataset, checkpoint, out, explorer = made
    gallery = explorer.opened().gallery
    build_index(dataset, checkpoint, out, with_map=False)
    said = out / "scenes.lance" / "_refs" / "tags" / "whole.json"
    said.write_text(said.read_text("utf-8") + "\n", "utf-8")
    assert not gallery.newer
    assert not gallery.lost


def test_a_link_to_a_picture_never_shows_the_file_that_took_its_place(made):
    """The old link is refused, the new one shows the new file."""
    dataset, _, _, explorer = made
    gallery = explorer.opened().gallery
    version = scene(gallery, 2).version
    check_unchanged(gallery, 2, version)
    Image.new("RGB", (80, 80), (1, 2, 3)).save(dataset.records[2].path)
    with pytest.raises(QueryError, match="has changed since"):
        check_unchanged(gallery, 2, version)
    now, state, digest = scene_now(gallery, 2)
    assert state == "changed"
    assert now.picture.endswith(digest[:8])
    check_unchanged(gallery, scene_of_link(gallery, 2, digest[:8]), digest[:8])
    dataset.records[2].path.unlink()
    with pytest.raises(CmpaglError) as caught:
        check_unchanged(gallery, 2, version)
    assert str(dataset.root) not in str(caught.value)


@pytest.mark.ui
def test_what_a_browser_may_keep_names_its_version(served):
    """A link without one is asked again each time; one of an earlier version is refused."""

    def asked(path):
        try:
            with urllib.request.urlopen(served + path, timeout=60) as answer:
                return answer.status, answer.headers["Cache-Control"]
        except urllib.error.HTTPError as error:
            return error.code, "earlier version" in error.read().decode()

    for path in ("scenes/0/thumbnail", "scenes/0/picture", "map/places", "columns", "map/names"):
        assert asked(path) == (200, "no-store")
    for path in ("map/places?v=1", "map/names?v=1", "columns?v=1", "earth/places?v=1"):
        assert asked(path) == (404, True)
