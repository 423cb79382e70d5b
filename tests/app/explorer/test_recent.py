"""What was opened before: remembered in the user's settings, offered where it can be opened."""

import json
import shutil
import stat
import threading

import pytest
from tiny import tiny_dataset
from tiny_index import build_index

from app.explorer.explorer import Explorer, Source
from app.explorer.recent import MOST, Recent, recent_file
from app.explorer.sets import open_recent, recent_offered
from app.kit.galleries import galleries_shown, recent_shown
from app.serving.which import about
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import QueryError
from cmpagl.model.checkpoint import open_checkpoint


@pytest.fixture
def port(gallery_folders, tmp_path):
    """A second index."""
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 6))
    model = open_checkpoint(gallery_folders[1])
    return build_index(dataset, model, tmp_path / "port" / "index", with_map=False).folder


def opened(source, file, but=None):
    explorer = Explorer(source)
    explorer.recent = Recent(file, but)
    explorer.start()
    assert explorer.wait(120).phase == "ready"
    return explorer


def test_it_is_offered_the_next_time_and_opens(gallery_folders, port, tmp_path):
    """To who runs the page alone; not while it is open, not once it is gone."""
    index, checkpoint, _ = gallery_folders
    file = tmp_path / "settings" / "recent.json"
    opened(Source(checkpoint=checkpoint, index=port), file)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700  # the user's alone
    explorer = opened(Source(checkpoint=checkpoint, index=index), file, but=index.resolve())
    (offered,) = recent_shown(explorer, operator=True)
    assert offered["name"] == "port"
    assert str(tmp_path) not in json.dumps(offered)
    assert recent_shown(explorer, operator=False) == []
    assert [one["href"] for one in galleries_shown(explorer, "", "", more=True)] == ["./"]

    with pytest.raises(QueryError, match="no longer open here"):
        open_recent(explorer, "0" * 16)
    key = open_recent(explorer, offered["key"])
    assert key == "port"
    explorer.galleries.find(key).thread.join(60)
    with about(key):
        assert len(explorer.opened().gallery) == 6
    assert recent_offered(explorer) == []

    again = opened(Source(checkpoint=checkpoint, index=index), file)
    assert [one.title for one in recent_offered(again)] == ["port"]
    shutil.rmtree(port)
    assert recent_offered(again) == []


def test_what_it_does_not_offer(explorer, tmp_path):
    """Indexes of other models; more than a dozen; anything out of a file that is not its own."""
    file = tmp_path / "recent.json"
    model = explorer.first.retriever.checkpoint.fingerprint
    folders = [tmp_path / f"index-{n}" for n in range(MOST + 3)]
    recent = Recent(file)
    for folder in folders:
        (folder / "scenes.lance").mkdir(parents=True)
        recent.note(explorer.first, folder)
    recent.note(explorer.first, folders[7])
    shown = [one.folder for one in recent.offered(model, [folders[14]])]
    assert shown == [str(folders[n].resolve()) for n in (7, 13, 12, 11, 10, 9, 8, 6, 5, 4, 3)]
    assert recent.offered("another model", []) == []
    for wrong in ("", "[", "[1]", '{"folder": 1}', '[{"folder": "/"}]', "[" * 90_000):
        file.write_text(wrong)
        assert recent.offered(model, []) == []
    assert Recent().offered(model, []) == []


def test_where_it_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert recent_file() == tmp_path / "cmpagl" / "recent.json"


def test_who_has_no_home_is_remembered_nothing(monkeypatch):
    def unknown(number):
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert recent_file() is None


def test_several_apps_note_at_one_moment(explorer, tmp_path):
    """Each reads what the others wrote: none is forgotten."""
    file, together = tmp_path / "recent.json", threading.Barrier(8)
    folders = [tmp_path / f"index-{n}" for n in range(8)]

    def note(folder):
        together.wait(10)
        Recent(file).note(explorer.first, folder)

    apps = [threading.Thread(target=note, args=(folder,)) for folder in folders]
    for one in apps:
        one.start()
    for one in apps:
        one.join(10)
    written = [one["folder"] for one in json.loads(file.read_text("utf-8"))]
    assert sorted(written) == [str(folder.resolve()) for folder in folders]
