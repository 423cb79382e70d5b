"""index.json is read strictly: what does not fit is one sentence, never half an index."""

import json

import pytest
from tiny import tiny_checkpoint, tiny_dataset

from cmpagl.data.dataset import load_dataset
from cmpagl.errors import GalleryError
from cmpagl.store.build import build_index
from cmpagl.store.manifest import picture_root, read_manifest


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The text of a sound index.json, and its folder."""
    folder = tmp_path_factory.mktemp("manifest")
    root = tiny_dataset(folder / "data", 2)
    build_index(load_dataset(root), tiny_checkpoint(folder / "tiny"), folder / "index")
    return (folder / "index" / "index.json").read_text(), folder / "index"


@pytest.fixture
def written(made):
    """Write a changed index.json into the folder; the sound one comes back afterwards."""
    text, folder = made

    def write(change):
        content = json.loads(text)
        changed = change(content)
        (folder / "index.json").write_text(
            changed if isinstance(changed, str) else json.dumps(changed or content)
        )
        return folder

    yield write
    (folder / "index.json").write_text(text)


def test_a_sound_one_is_read(made):
    manifest = read_manifest(made[1])
    assert len(manifest) == 2
    assert len(manifest.captions) == 4
    assert manifest.checkpoint_name == "tiny"


def test_one_data_set_is_written_as_it_always_was(made):
    """No field says where the only data set's pictures come from."""
    (first, *_) = json.loads(made[0])["records"]
    assert list(first) == ["image_id", "path", "class_name", "content_hash", "captions"]


def test_nothing_there(tmp_path):
    with pytest.raises(GalleryError, match=r"is no index .*`python -m cmpagl index"):
        read_manifest(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: json.dumps(c)[:-40], "is not valid JSON"),
        (lambda c: "[1]", "has the format 'list'"),
        (lambda c: c | {"format": 2}, "has the format 2, but this version reads format 1"),
        (lambda c: {k: v for k, v in c.items() if k != "records"}, "damaged .*records"),
        (lambda c: c | {"records": c["records"][:1]}, "rows; build the index again"),
        (lambda c: c | {"records": 7}, "is damaged"),
        (lambda c: c | {"files": []}, "is damaged"),
        (lambda c: c | {"files": {}}, "does not describe"),
        (lambda c: c | {"root": {"relative": None}}, "is damaged"),
        (lambda c: c["records"][0].update(path="../../secret.png"), "leaves the data folder"),
        (lambda c: c["records"][0].update(path="/etc/passwd"), "leaves the data folder"),
        (lambda c: c["records"][0].update(captions="words"), "are no list"),
        (lambda c: c["records"][0].update(data_set=["x"]), "data set of .* is no text"),
        (lambda c: c["records"][0].update(data_set=None), "data set of .* is no text"),
        (lambda c: c["records"][0].update(captions=["other words"]), "rows; build the index"),
        (lambda c: c["files"].update({"../x": c["files"]["image_embeds.npy"]}), "it names '../x'"),
        (lambda c: c["files"]["image_embeds.npy"].update(shape=None), "is damaged"),
    ],
)
def test_what_does_not_fit_is_refused(written, change, says):
    with pytest.raises(GalleryError, match=says):
        read_manifest(written(change))


def test_where_the_pictures_lie(tmp_path):
    """Relative for an index in or beside its data, absolute for one elsewhere."""
    data = tmp_path / "gallery"
    for index, relative in (
        (data / "index", ".."),
        (tmp_path / "index", "../gallery"),
        (data, "."),
        (tmp_path, "gallery"),
    ):
        assert picture_root(data, index)["relative"] == relative
    said = picture_root(data, tmp_path / "some" / "index")
    assert said["relative"] is None
    assert said["absolute"] == str(data)
