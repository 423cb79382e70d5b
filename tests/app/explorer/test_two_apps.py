"""Two apps on the same data: the second waits for the first, then opens what that has made."""

import threading
import time

import pytest
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from app.explorer.explorer import Explorer, Source
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import BusyIndexError
from cmpagl.store.gallery import open_gallery


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return tiny_checkpoint(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tiny_dataset(tmp_path / "drawn", 12)


def until(holds):
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def begun(out, data, checkpoint):
    """A thread that makes an index, in the middle of it, and what lets it go on."""
    inside, go_on = threading.Event(), threading.Event()

    def pause(what, done, total):
        inside.set()
        go_on.wait(120)

    options = {"with_map": False, "progress": pause}
    made = threading.Thread(
        target=build_index, args=(load_dataset(data), checkpoint, out), kwargs=options
    )
    made.start()
    assert inside.wait(120)
    return made, go_on


@pytest.mark.parametrize("named", ["data", "index"])
def test_the_second_waits_for_the_first_and_opens(checkpoint, data, named):
    """Whether it is given the folder of pictures or that of the index, it says that it waits."""
    source = Source(checkpoint=checkpoint.folder, data=(data,))
    out = source.index_folder()
    source = source if named == "data" else Source(checkpoint=checkpoint.folder, index=out)
    made, go_on = begun(out, data, checkpoint)
    try:
        with pytest.raises(BusyIndexError, match="wait until it has ended"):
            open_gallery(out, checkpoint)
        explorer = Explorer(source)
        explorer.start()
        until(lambda: explorer.status.sentence.startswith("Another program is preparing"))
    finally:
        go_on.set()
        made.join()
    assert explorer.wait(120).phase == "ready", explorer.status.sentence
    opened = explorer.opened().gallery.description
    assert opened.made == open_gallery(out, checkpoint).description.made


def test_waiting_can_be_stopped_and_gone_on_with(checkpoint, data):
    source = Source(checkpoint=checkpoint.folder, data=(data,))
    made, go_on = begun(source.index_folder(), data, checkpoint)
    explorer = Explorer(source)
    try:
        explorer.start()
        until(lambda: explorer.status.sentence.startswith("Another program"))
        explorer.stop()
        assert explorer.wait(120).phase == "stopped"
        explorer.start()
        until(lambda: explorer.status.sentence.startswith("Another program"))
    finally:
        go_on.set()
        made.join()
    assert explorer.wait(120).phase == "ready"
    assert len(explorer.opened().gallery) == 12
