"""The explorer behind the page, its scenes and its uploads: no browser, no Gradio."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from browser import HOSTILE_NAME, N_SCENES
from PIL import Image
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from app.explorer.explorer import Explorer, Source
from app.explorer.scenes import (
    file_state,
    find_scene,
    picture_jpeg,
    scene,
    scene_of_link,
    thumbnail_webp,
)
from app.explorer.uploads import KEPT, Uploads
from app.search.form import form
from app.search.service import answer
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import DataError, QueryError
from cmpagl.rank.stage import ALIGNED, FINAL

QUERY = "a white plane on the grass"


def test_nothing_to_open_is_said(tmp_path):
    explorer = Explorer(Source(checkpoint=tmp_path))
    explorer.start()
    status = explorer.wait(60)
    assert status.phase == "empty"
    assert "--data" in status.sentence
    with pytest.raises(QueryError, match="not ready"):
        explorer.opened()


def test_too_little_memory_is_a_sentence_and_no_traceback(tmp_path, monkeypatch, caplog):
    def load():
        raise ImportError("libtorch_cpu.so: failed to map segment from shared object")

    explorer = Explorer(Source(checkpoint=tmp_path))
    monkeypatch.setattr(explorer, "_open", load)
    explorer.start()
    explorer.wait(30)
    assert "not enough memory" in explorer.status.sentence
    assert caplog.text == ""


def test_a_panic_leaves_no_page_that_opens_for_ever(tmp_path, monkeypatch):
    """What a library in Rust ends in is no Exception."""

    def load():
        raise GeneratorExit

    explorer = Explorer(Source(checkpoint=tmp_path))
    monkeypatch.setattr(explorer, "_open", load)
    explorer.start()
    assert explorer.wait(30).phase == "failed"
    assert "GeneratorExit" in explorer.status.sentence


def test_a_missing_checkpoint_is_one_sentence(tmp_path, gallery_folders):
    explorer = Explorer(Source(checkpoint=tmp_path / "none", index=gallery_folders[0]))
    explorer.start()
    status = explorer.wait(60)
    assert status.phase == "failed"
    assert "not a checkpoint" in status.sentence


def test_importing_the_page_loads_no_model():
    """The page listens before PyTorch is imported: nothing on its way imports it."""
    line = "import sys, app.server; sys.exit('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", line], cwd=Path(__file__).parents[3], timeout=300)
    assert ran.returncode == 0


def test_scenes_are_found_by_name_and_served(explorer):
    gallery = explorer.opened().gallery
    number = find_scene(gallery, HOSTILE_NAME)
    assert number == 3
    assert scene(gallery, number).title == HOSTILE_NAME.removesuffix(".png")
    assert find_scene(gallery, "no_such.png") is None
    assert picture_jpeg(explorer.opened().gallery, number).startswith(b"\xff\xd8")
    assert thumbnail_webp(explorer.opened().gallery, number).startswith(b"RIFF")
    assert file_state(explorer.opened().gallery, number) == "unchanged"
    for wrong in (-1, N_SCENES):
        for read in (thumbnail_webp, file_state):
            with pytest.raises(QueryError, match="does not exist"):
                read(gallery, wrong)


def test_a_link_means_its_picture_whatever_its_number(explorer):
    """By the digest in it: another number finds the picture, another digest finds none."""
    gallery = explorer.opened().gallery
    version = gallery.content_hashes[4][:8]
    for number, said in ((4, version), (1, version), (10**6, version), (4, "")):
        assert scene_of_link(gallery, number, said) == 4
    for number, wrong in ((4, "0" * 8), (4, "zz"), (10**6, ""), (-1, "")):
        with pytest.raises(QueryError):
            scene_of_link(gallery, number, wrong)


def test_a_newer_version_is_noticed_and_opened_when_asked(tmp_path):
    """Until then the open one answers, with the thumbnails that it had."""
    checkpoint = tiny_checkpoint(tmp_path / "tiny")
    data, out = tiny_dataset(tmp_path / "data", 6), tmp_path / "index"
    dataset = load_dataset(data)
    some = replace(dataset, records=dataset.records[:4])
    build_index(some, checkpoint, out, with_map=False)
    explorer = Explorer(Source(checkpoint=checkpoint.folder, index=out))
    explorer.start()
    assert explorer.wait(300).phase == "ready", explorer.status.sentence
    assert not explorer.newer
    before = explorer.opened().gallery
    link = before.content_hashes[3][:8]
    build_index(dataset, checkpoint, out, with_map=False)
    assert explorer.newer
    assert explorer.opened().gallery is before
    assert thumbnail_webp(explorer.opened().gallery, 3).startswith(b"RIFF")
    explorer.renew()
    assert explorer.wait(300).phase == "ready"
    assert not explorer.newer
    assert len(explorer.opened().gallery) == 6
    assert "6 scenes" in explorer.status.sentence
    assert scene_of_link(explorer.opened().gallery, 3, link) == 3
    query = explorer.opened().retriever.query_text("a red ship")
    assert len(query.scores) == 6


def test_an_upload_is_found_by_its_token_alone(tmp_path):
    Image.new("RGB", (40, 30), (10, 120, 200)).save(tmp_path / "own.png")
    uploads = Uploads()
    token = uploads.keep(str(tmp_path / "own.png"), str(tmp_path))
    found = uploads.find(token)
    assert found is not None
    assert found.preview.startswith("data:image/webp;base64,")
    assert uploads.find("guess") is None
    found.path.unlink()
    assert uploads.find(token) is None


def test_nothing_outside_the_upload_folder_is_opened(tmp_path):
    inside = tmp_path / "uploads"
    inside.mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    for path in (tmp_path / "secret.png", inside / ".." / "secret.png", inside / "link.png"):
        with pytest.raises(QueryError):
            Uploads().keep(str(path), str(inside))
    (inside / "broken.png").write_bytes(b"no picture")
    with pytest.raises(DataError):
        Uploads().keep(str(inside / "broken.png"), str(inside))


def test_old_uploads_are_forgotten(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "own.png")
    uploads = Uploads()
    tokens = [uploads.keep(str(tmp_path / "own.png"), str(tmp_path)) for _ in range(KEPT + 1)]
    assert uploads.find(tokens[0]) is None
    assert uploads.find(tokens[1]) is not None


def test_columns_are_the_retrievers_rankings(explorer):
    """Both columns hold the library's ranks, scores and moves, in its order."""
    found = answer(explorer, {"q": QUERY, "k": "9"})
    retriever = explorer.opened().retriever
    query = retriever.query_text(QUERY)
    for side, stage in (("before", ALIGNED), ("after", FINAL)):
        ranking = retriever.ranking(query, stage)
        cards = found.columns[side].cards
        assert [card.item for card in cards] == ranking.items[:9].tolist()
        assert [card.rank for card in cards] == ranking.ranks[:9].tolist()
        scores = pytest.approx(ranking.scores[:9].tolist(), abs=1e-6)  # float32
        assert [card.score for card in cards] == scores
    shown = {card.item for card in found.columns["before"].cards}
    for card in found.columns["after"].cards:
        assert (card.move.kind == "new") == (card.item not in shown)


def test_equal_links_have_equal_answers_whoever_asked_between(explorer):
    first = answer(explorer, {"q": QUERY})
    answer(explorer, {"q": "a red ship", "alpha": "3"})
    assert answer(explorer, {"q": QUERY}).columns == first.columns


def test_terms_add_up_to_the_score(explorer):
    found = answer(explorer, {"q": QUERY, "scene": "scene_0001.png"}).chosen
    assert sum(found.terms.steps.values()) == pytest.approx(found.terms.final, abs=1e-5)
    if found.rival is not None:  # they passed each other, one way or the other
        assert (found.rival.before - found.before) * (found.rival.after - found.after) < 0


def test_known_caption_knows_its_scenes(explorer):
    caption = explorer.opened().gallery.records[5].captions[0]
    found = answer(explorer, {"q": caption, "k": "60"})
    truths = {card.item for card in found.columns["after"].cards if card.truth}
    assert 5 in truths


def test_struck_words_are_left_out_of_the_right_column_only(explorer):
    found = answer(explorer, {"q": QUERY, "drop": "1", "k": "60"})
    without = answer(explorer, {"q": "a plane on the grass", "k": "60"})
    whole = answer(explorer, {"q": QUERY, "k": "60"})

    def order(columns, side):
        return [card.item for card in columns[side].cards]

    assert order(found.columns, "after") == order(without.columns, "after")
    assert order(found.columns, "before") == order(whole.columns, "after")


@pytest.mark.parametrize(
    "params",
    [
        {"like": "no_such.png"},
        {"upload": "guess"},
        {"q": QUERY, "class": "volcano"},
        {"q": "   ", "like": "../../etc/passwd"},
    ],
)
def test_what_cannot_be_answered_is_one_sentence(explorer, params):
    found = answer(explorer, params)
    (note,) = [note for note in found.notes if note.kind == "error"]
    assert note.text.endswith(".")
    assert not found.columns


def test_words_that_the_model_does_not_know_are_named(explorer):
    found = answer(explorer, {"q": "a ☃ plane"})
    assert any("☃" in note.text for note in found.notes)


def test_a_folder_is_prepared_once_and_again_when_it_changes(tmp_path, gallery_folders):
    """--data: the first start makes the index, the second opens it, a new picture makes it anew."""
    from app.explorer.pace import Stopped
    from app.explorer.preparing import prepare
    from cmpagl.model.checkpoint import open_checkpoint

    checkpoint = open_checkpoint(gallery_folders[1])
    for shade in range(4):
        Image.new("RGB", (32, 32), (60 * shade, 90, 120)).save(tmp_path / f"{shade}.png")
    told = []

    def open_it(stopping=lambda: False):
        told.clear()
        return prepare(
            [tmp_path],
            tmp_path.parent / f"{tmp_path.name}-index",
            checkpoint,
            lambda sentence, done, total: told.append(sentence),
            stopping,
        )

    with pytest.raises(Stopped):
        open_it(lambda: True)
    assert len(open_it()) == 4
    assert any("pictures" in sentence for sentence in told)
    assert len(open_it()) == 4
    assert len(told) == 1
    Image.new("RGB", (32, 32), (9, 9, 9)).save(tmp_path / "new.png")
    assert len(open_it()) == 5


def test_tuning_is_told_stopped_and_says_what_it_gained(gallery_folders, tmp_path, monkeypatch):
    """A stop leaves the ranking as it was; else Search says what was gained where it was not tuned.

    Pages show their view anew after the second alone. On a copy: what is found is kept beside the
    index.
    """
    monkeypatch.setattr("cmpagl.measure.here.FEWEST", 5)
    shutil.copytree(gallery_folders[0], tmp_path / "index")
    explorer = Explorer(Source(checkpoint=gallery_folders[1], index=tmp_path / "index"))
    explorer.start()
    assert explorer.wait(120).phase == "ready"
    heard, say = [], explorer._say

    def hear(key, status):
        say(key, status)
        heard.append(status)
        if status.done == 1 and len(heard) == 2:
            explorer.stop()

    monkeypatch.setattr(explorer, "_say", hear)
    number = explorer.number
    explorer.tune()
    assert explorer.wait(120).phase == "ready"
    assert [one.phase for one in heard] == ["tuning", "tuning", "ready"]
    assert not (explorer.opened().here and explorer.opened().here.tuned)
    assert explorer.number == number
    explorer.tune()
    assert explorer.wait(300).phase == "ready"
    done = [one.done for one in heard[3:] if one.phase == "tuning"]
    assert done == sorted(done)
    assert len(set(done)) > 2
    assert explorer.opened().here.tuned
    assert explorer.number != number
    told = form(answer(explorer, {"q": QUERY}))["options"]["tuning"]["worth"]
    assert told.startswith("Tuned on this gallery's captions")
