"""An index in the making: only one run at a time, only in a place that may be replaced."""

import pytest
from tiny import tiny_model_config

from cmpagl.errors import GalleryError
from cmpagl.store.partial import PartialIndex

CONFIG = tiny_model_config()


def add_skipped(work, count):
    work.add_images(None, [], [{"skip": "broken"}] * count)
    work.flush()


def test_work_goes_on_with_the_same_key_only(tmp_path):
    out = tmp_path / "index"
    with PartialIndex(out, CONFIG, {"a": 1}) as work:
        add_skipped(work, 3)
    with PartialIndex(out, CONFIG, {"a": 1}) as work:
        assert (work.records_done, len(work.lines())) == (3, 3)
    with PartialIndex(out, CONFIG, {"a": 2}) as work:
        assert (work.records_done, work.lines()) == (0, [])


def test_damaged_work_is_begun_anew(tmp_path):
    """A state that counts more rows than the files have is not believed."""
    out = tmp_path / "index"
    with PartialIndex(out, CONFIG, {}) as work:
        add_skipped(work, 3)
        state = work.work / "state.json"
    state.write_text(state.read_text().replace('"images": 0', '"images": 2'))
    with PartialIndex(out, CONFIG, {}) as work:
        assert work.records_done == 0
        add_skipped(work, 1)
    state.write_text("{")
    with PartialIndex(out, CONFIG, {}) as work:
        assert work.records_done == 0


def test_nothing_done_leaves_nothing(tmp_path):
    with PartialIndex(tmp_path / "index", CONFIG, {}):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_is_refused(tmp_path):
    with (
        PartialIndex(tmp_path / "index", CONFIG, {}) as first,
        pytest.raises(GalleryError, match="Another run is making the index"),
    ):
        PartialIndex(tmp_path / "index", CONFIG, {}).__enter__()
    add_skipped(first.__enter__(), 1)
    first.__exit__(None, None, None)


def test_only_an_index_is_replaced(tmp_path):
    """A folder of somebody's files, or a file, is left alone."""
    folder = tmp_path / "photos"
    folder.mkdir()
    PartialIndex(folder, CONFIG, {})  # empty: fine
    (folder / "a.png").write_bytes(b"x")
    with pytest.raises(GalleryError, match="holds other things than an index"):
        PartialIndex(folder, CONFIG, {})
    with pytest.raises(GalleryError, match="is a file"):
        PartialIndex(folder / "a.png", CONFIG, {})
    assert (folder / "a.png").read_bytes() == b"x"


def test_what_was_being_written_when_a_run_was_killed_goes(tmp_path):
    with PartialIndex(tmp_path / "index", CONFIG, {}) as work:
        add_skipped(work, 1)
        stray = work.index / ".bank.safetensors.123.tmp"
        stray.write_bytes(b"half")
    with PartialIndex(tmp_path / "index", CONFIG, {}) as work:
        assert not stray.exists()
        work.make("bank.safetensors", lambda path: path.write_bytes(b"whole"))
        work.make("bank.safetensors", lambda path: path.write_bytes(b"again"))
        assert (work.index / "bank.safetensors").read_bytes() == b"whole"
