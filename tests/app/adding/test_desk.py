"""Handing pictures in, without a browser: limits, order, whose they are, and their end."""

import shutil
import threading
import time

import pytest
from given import GOOD, picture_bytes, write_zip

from app.adding.desk import AWAY, Desk
from app.adding.limits import Limits, usual_limits
from app.explorer.sets import KNOWN, open_set
from app.serving.which import about
from cmpagl.errors import QueryError


@pytest.fixture
def desk(explorer, tmp_path):
    made = Desk(explorer, tmp_path / "own", Limits(pictures=10, bytes=3_000_000, pixels=1_000_000))
    yield made
    for owner in list(made._own):
        made.forget(owner)


def hand_in(desk, owner, files):
    own = desk.begin(owner, "10.0.0.1", sum(map(len, files.values())))
    for name, content in files.items():
        for at in range(0, len(content), 100_000):
            desk.take(own, name, at, content[at : at + 100_000])
    desk.prepare(own)
    own.thread.join(300)
    return own


def test_two_visitors_each_have_their_own(desk, explorer, tmp_path):
    """A ZIP with all that may not come out becomes a gallery of the rest, its owner's alone; more
    is added to it; deleting it leaves nothing."""
    content = write_zip(tmp_path / "trip.zip").read_bytes()
    own = hand_in(desk, "anna", {"trip.zip": content})
    assert (own.phase, own.sentence) == ("ready", "3 pictures are ready.")
    assert {one.name.split("/")[-1] for one in own.refused} == {
        *("notes.jpg", "vast.png", "climbs.png", "link.png")
    }
    assert not any(str(tmp_path) in one.reason for one in own.refused)
    galleries = explorer.galleries
    assert galleries.may_see(own.key, "anna")
    assert not galleries.may_see(own.key, "bert")
    assert not galleries.may_see(own.key, "")
    with about(own.key):
        gallery = explorer.opened().gallery
        assert {r.image_id.removeprefix("trip/") for r in gallery.records} == set(GOOD)
        assert "3 scenes" in explorer.status.sentence
    assert len(explorer.opened().gallery) > 3

    more = hand_in(desk, "anna", {"car.png": picture_bytes((40, 40, 200))})
    assert more is own
    assert own.sentence == "4 pictures are ready."
    other = hand_in(desk, "bert", {"car.png": picture_bytes((40, 40, 200))})
    assert other.key != own.key
    assert [one.key for one in galleries.seen_by("bert")] == [other.key]

    desk.forget("anna")
    assert not galleries.may_see(own.key, "anna")
    end = time.monotonic() + 20
    while own.folder.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not own.folder.exists()
    assert other.folder.exists()


def test_limits_are_told_before_and_kept(desk):
    said = desk.shown("anna", "", operator=False)
    assert said["limits"] == "At most 10 pictures, 3.0 MB, and 1 megapixels a picture."
    with pytest.raises(QueryError, match="at most 3"):
        desk.begin("anna", "10.0.0.1", 3_000_001)
    own = desk.begin("anna", "10.0.0.1", 10)
    desk.take(own, "a.png", 0, bytes(2_900_000))
    with pytest.raises(QueryError, match="at most 3"):  # whatever was announced
        desk.take(own, "a.png", 2_900_000, bytes(200_000))
    desk.forget("anna")
    files = {f"p_{n}.png": picture_bytes((n * 9, 80, 90)) for n in range(12)}
    own = hand_in(desk, "anna", files)
    assert own.sentence == "10 pictures are ready."
    assert [one.reason for one in own.refused] == ["there are more than 10 pictures"] * 2


def test_slices_must_follow_one_another(desk):
    own = desk.begin("anna", "10.0.0.1", 100)
    desk.take(own, "a.png", 0, b"abc")
    with pytest.raises(QueryError, match="one piece"):
        desk.take(own, "a.png", 7, b"x")
    desk.take(own, "a.png", 3, b"de")
    desk.take(own, "../b.png", 0, b"x")
    assert (own.pictures / "a.png").read_bytes() == b"abcde"
    assert [one.name for one in own.refused] == ["../b.png"]
    assert [p.name for p in own.folder.iterdir()] == ["pictures"]


def test_nothing_comes_after_what_has_been_checked(desk):
    """Neither more, nor another file in the place of one whose header was in order."""
    own = desk.begin("anna", "10.0.0.1", 100)
    desk.take(own, "a.png", 0, picture_bytes((9, 9, 9)))
    going_on = threading.Event()
    own.thread = threading.Thread(target=going_on.wait, args=(30,))
    own.thread.start()
    try:
        with pytest.raises(QueryError, match="are being prepared"):
            desk.take(own, "a.png", 0, b"another")
        with pytest.raises(QueryError, match="are being prepared"):
            desk.begin("anna", "10.0.0.1", 100)
    finally:
        going_on.set()
        own.thread.join()
    assert (own.pictures / "a.png").read_bytes() == picture_bytes((9, 9, 9))
    assert desk.begin("anna", "10.0.0.1", 100) is own


def test_stop_and_go_on(desk):
    own = desk.begin("anna", "10.0.0.1", 100)
    desk.take(own, "a.png", 0, picture_bytes((90, 80, 70)))
    waits = desk.begin("bert", "10.0.0.2", 100)
    desk._queue.append(waits)  # somebody is before
    desk.prepare(own)
    desk.stop(own)
    own.thread.join(60)
    assert own.phase == "stopped"
    desk._queue.remove(waits)
    desk.prepare(own)
    own.thread.join(300)
    assert own.phase == "ready"


@pytest.mark.parametrize("fault", ["no room for a thread", "panic"])
def test_one_that_cannot_be_prepared_keeps_nobody_waiting(desk, monkeypatch, fault):
    """Its visitor is told, and whoever is next has his turn."""

    def fail(*_):
        raise RuntimeError("can't start new thread") if fault[0] == "n" else GeneratorExit

    own = desk.begin("anna", "10.0.0.1", 100)
    desk.take(own, "a.png", 0, picture_bytes((90, 80, 70)))
    with monkeypatch.context() as broken:
        if fault == "panic":
            broken.setattr("app.adding.desk.make_gallery", fail)
        else:
            broken.setattr(threading.Thread, "start", fail)
        desk.prepare(own)
        if own.thread is not None:
            own.thread.join(60)
    assert own.phase == "failed"
    assert "thread" in own.sentence or "GeneratorExit" in own.sentence
    assert desk._queue == []
    assert not own.running


def test_nothing_comes_into_what_was_deleted(desk):
    """A slice that is on its way then would lie there until the end of the process."""
    own = desk.begin("anna", "10.0.0.1", 100)
    desk.take(own, "a.png", 0, b"abc")
    desk.forget("anna")
    with pytest.raises(QueryError, match="no longer here"):
        desk.take(own, "a.png", 3, b"de")
    desk.prepare(own)
    assert own.thread is None


def test_who_is_away_is_forgotten(desk):
    own = desk.begin("anna", "10.0.0.1", 100)
    desk.sweep()
    assert desk.find("anna") is own
    own.seen -= AWAY + 1
    desk.sweep()
    assert desk.find("anna") is None


def test_kept_is_opened_again(desk, tmp_path, explorer, monkeypatch):
    """Pictures and index in a folder that `--index` opens; one with other things is refused. The
    copy is of one moment: while it is made nothing is added, or kept a second time."""
    from cmpagl.store.gallery import open_gallery

    own = hand_in(desk, "anna", {"car.png": picture_bytes((40, 40, 200))})
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").touch()
    taken = str(tmp_path / "taken")
    for wrong, why in (("", "full path"), ("a", "full path"), (taken, "not empty")):
        with pytest.raises(QueryError, match=why):
            desk.keep(own, wrong)
    copytree = shutil.copytree

    def copy(part, out, *rest):
        with pytest.raises(QueryError, match="are being prepared"):
            desk.take(own, "b.png", 0, b"x")
        with pytest.raises(QueryError):
            desk.keep(own, str(tmp_path / "second"))
        copytree(part, out, *rest)

    with monkeypatch.context() as busy:
        busy.setattr(shutil, "copytree", copy)
        desk.keep(own, str(tmp_path / "kept"))
    assert not own.running
    assert not (tmp_path / "second").exists()
    desk.forget("anna")
    shutil.rmtree(own.folder, ignore_errors=True)
    gallery = open_gallery(tmp_path / "kept" / "index", explorer.first.retriever.checkpoint)
    assert gallery.picture_state(0) == "unchanged"


def test_a_public_page_takes_less():
    assert usual_limits(public=True).bytes < usual_limits(public=False).bytes
    assert usual_limits(public=True).changed(0, None, None).pictures == 0


def test_a_public_set_out_of_reach_is_one_sentence(explorer):
    """Everything else goes on; another data set than those on the list is not opened at all."""
    key = open_set(explorer, KNOWN[0].data)
    beside = explorer.galleries.find(key)
    beside.thread.join(120)
    with about(key):
        assert explorer.status.phase == "failed"
        assert KNOWN[0].data.split(":")[1] in explorer.status.sentence
        assert not explorer.ready
    assert explorer.ready
    assert open_set(explorer, KNOWN[0].data) == key
    with pytest.raises(QueryError):
        open_set(explorer, "hf:someone/else")
    beside.thread.join(120)
    explorer.galleries.remove(key)


def test_what_no_header_tells_the_size_of_is_not_opened(explorer, tmp_path):
    """A visitor's table of 5 kB can be a billion rows, a text of 100 MB a gigabyte of JSON."""
    limits = Limits(10, 3_000_000, 1_000_000, text=1000, held=False)
    desk = Desk(explorer, tmp_path / "own", limits)
    files = {"car.png": picture_bytes((40, 40, 200)), "all.parquet": b"PAR1", "x.tar": b"x"}
    own = hand_in(desk, "anna", files | {"metadata.jsonl": b" " * 1001, "car.txt": b"a blue car"})
    assert own.sentence == "1 picture is ready."
    assert {one.name for one in own.refused} == {"all.parquet", "x.tar", "metadata.jsonl"}
    desk.forget("anna")


def test_files_and_refusals_have_an_end(desk, monkeypatch):
    """Empty files cost no bytes, bad names no file: both are counted all the same."""
    monkeypatch.setattr("app.adding.visitor_pictures.REMEMBERED", 5)
    own = desk.begin("anna", "10.0.0.1", 0)
    own.files = desk.limits.files - 2
    for number in range(4):
        desk.take(own, f"{number}.png", 0, b"")
    desk.take(own, "0.png", 0, b"x")  # that one is there
    assert sorted(p.name for p in own.pictures.iterdir()) == ["0.png", "1.png"]
    for number in range(20):
        desk.take(own, f"../{number}.png", 0, b"")
    assert len(own.refused) == 5


def test_a_disk_that_fills_while_files_arrive_is_told(desk, monkeypatch):
    own = desk.begin("anna", "10.0.0.1", 100)
    monkeypatch.setattr("app.adding.desk.SPARE", 10**18)
    with pytest.raises(QueryError, match="disk is full"):
        desk.take(own, "a.png", 0, b"x")
