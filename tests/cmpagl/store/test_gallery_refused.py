"""An index that is damaged, or of another model, is refused in a sentence."""

import json
import os
import shutil
from dataclasses import replace

import lance
import numpy as np
import pyarrow as pa
import pytest
import torch
from tiny import tiny_checkpoint

from cmpagl.data.dataset import load_dataset
from cmpagl.errors import GalleryError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.saving import save_checkpoint
from cmpagl.store.build import grow_index
from cmpagl.store.description import Description
from cmpagl.store.folder import check_place
from cmpagl.store.gallery import open_gallery


def touch_everything(gallery):
    for name in ("image_embeds", "caption_embeds", "map"):
        getattr(gallery, name)
    gallery.tokens(np.arange(len(gallery)))
    for number in range(len(gallery)):
        gallery.thumbnail(number)


def test_another_checkpoint_is_refused_by_both_names(made, tmp_path):
    other = tiny_checkpoint(tmp_path / "second", seed=1)
    with pytest.raises(GalleryError, match=r"'first' .*, but 'second' .* is in use"):
        open_gallery(made / "data" / "index", other)


def test_another_bank_is_refused(made, tmp_path):
    """The same weights with other bank queries: what is stored of them would not fit."""
    first = open_checkpoint(made / "first")
    bank = replace(first.bank(), image_embeds=torch.flip(first.bank().image_embeds, [1]))
    tokenizer = (made / "first" / "tokenizer.json").read_bytes()
    other = save_checkpoint(
        tmp_path / "rebanked",
        first.model(),
        bank,
        tokenizer,
        ranking=first.config.ranking,
        provenance={},
    )
    with pytest.raises(GalleryError, match="with the query bank of the checkpoint 'first'"):
        open_gallery(made / "data" / "index", other)


def rewritten(index, table, change):
    """Change a table's columns as another tool might, and call the result whole."""
    path = str(index / f"{table}.lance")
    data = lance.dataset(path)
    config, rows = data.config(), data.to_table()
    columns = {name: rows.column(name) for name in rows.column_names}
    changed = pa.table(change(columns), schema=rows.schema)
    data = lance.write_dataset(changed, path, mode="overwrite")
    if table == "scenes":
        data.update_config(config)
        data.tags.update("whole", data.version)
    else:
        scenes = lance.dataset(str(index / "scenes.lance"))
        said = Description.from_json(scenes.config()["cmpagl"])
        said = replace(said, captions_version=data.version)
        scenes.update_config({"cmpagl": said.to_json()})
        scenes.tags.update("whole", scenes.version)
    return index


def flipped(columns, *names):
    """Some columns in the opposite order."""
    return columns | {name: columns[name].take(pa.array([4, 3, 2, 1, 0])) for name in names}


SCENE = ("image_id", "data_set", "class_name", "picture", "captions", "caption_keys")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (SCENE, "the record of the scene of 'scene_0004.png' is not what was written"),
        (("captions",), "the record of the scene of 'scene_0000.png'"),
        (("captions", "caption_keys"), "the record of the scene of 'scene_0000.png'"),
        (("picture",), "the record of the scene of 'scene_0000.png'"),
        (("content_digest",), "the record of the scene"),
        (("vector",), "the vector of the scene of 'scene_0000.png'"),
        (("vector", "vector_digest"), "the record of the scene of 'scene_0000.png'"),
        (("map",), "the place of the scene of 'scene_0000.png'"),
        (("map", "map_digest"), "the place of the scene of 'scene_0000.png'"),
        (("thumbnail",), "the thumbnail of the scene 'scene_0000.png'"),
        (("thumbnail", "thumbnail_digest"), "the record of the scene of 'scene_0000.png'"),
        (("token_values", "token_scales"), "the tokens of the scene 'scene_0000.png'"),
        (("token_values", "token_scales", "tokens_digest"), "the record of the scene"),
    ],
)
def test_reversed_columns_are_refused_by_name(copy, names, says):
    """Records, captions, vectors, places, thumbnails or tokens that stand at other scenes."""
    index = rewritten(copy / "data" / "index", "scenes", lambda c: flipped(c, *names))
    with pytest.raises(GalleryError, match=says):
        touch_everything(open_gallery(index))


def test_whole_rows_may_stand_in_any_order(copy):
    """A row is one thing: rows reversed are the same scenes, each with its own."""
    index, before = copy / "data" / "index", open_gallery(copy / "data" / "index")
    everything = lambda c: flipped(c, *c)  # noqa: E731
    after = open_gallery(rewritten(index, "scenes", everything))
    touch_everything(after)
    assert after.records == tuple(before.records)[::-1]
    assert np.array_equal(after.image_embeds, before.image_embeds[::-1])


@pytest.mark.parametrize("names", [("text",), ("vector",), ("vector", "vector_digest"), ("map",)])
def test_captions_exchanged_are_refused_by_name(copy, names):
    def exchange(columns):
        order = pa.array([1, 0, *range(2, 9)])
        return columns | {name: columns[name].take(order) for name in names}

    index = rewritten(copy / "data" / "index", "captions", exchange)
    with pytest.raises(GalleryError, match=r"of the caption of '.*' is not what was written"):
        touch_everything(open_gallery(index))


@pytest.mark.parametrize("table", ["scenes", "captions"])
def test_a_row_too_few_or_twice_is_refused(copy, table):
    for rows in ([0, 1, 2], [0, 1, 2, 3, 4, 4]):
        chosen = pa.array(rows if table == "scenes" else [*rows, *range(5, 9)])
        index = rewritten(
            shutil.copytree(copy, copy / str(len(rows))) / "data" / "index",
            table,
            lambda c, chosen=chosen: {name: column.take(chosen) for name, column in c.items()},
        )
        with pytest.raises(GalleryError, match="rows where its description says"):
            touch_everything(open_gallery(index))


def test_a_flipped_bit_is_refused_wherever_it_shows(copy):
    """In any file of the index: reading gives what was written, or one sentence."""
    index = copy / "data" / "index"
    gallery = open_gallery(index)
    touch_everything(gallery)
    rng = np.random.default_rng(0)
    refused = 0
    for path in sorted(p for p in index.rglob("*") if p.suffix in (".lance", ".manifest")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        for at in rng.integers(0, len(content), 12).tolist():
            damaged = bytearray(content)
            damaged[at] ^= 1 << (at % 8)
            path.write_bytes(damaged)
            try:
                found = open_gallery(index)
                touch_everything(found)
            except GalleryError:
                refused += 1
            else:
                assert found.description == gallery.description
                assert found.records == gallery.records
                assert found.distinct_captions == gallery.distinct_captions
                assert np.array_equal(found.image_vectors, gallery.image_vectors)
                assert np.array_equal(found.caption_vectors, gallery.caption_vectors)
                assert np.array_equal(found.map.aligned.images, gallery.map.aligned.images)
        path.write_bytes(content)
    assert refused


@pytest.mark.parametrize("table", ["scenes", "captions"])
def test_a_truncated_or_missing_file_is_refused(copy, table):
    for path in sorted((copy / "data" / "index" / f"{table}.lance" / "data").iterdir()):
        content = path.read_bytes()
        path.write_bytes(content[:-1])
        with pytest.raises(GalleryError, match=f"{table}.lance is damaged or incomplete"):
            touch_everything(open_gallery(copy / "data" / "index"))
        path.unlink()
        gone = rf"{table}.lance (is damaged or incomplete|are gone)"
        with pytest.raises(GalleryError, match=gone):
            touch_everything(open_gallery(copy / "data" / "index"))
        path.write_bytes(content)


@pytest.mark.parametrize("part", ["_refs/tags", "_versions", "data"])
@pytest.mark.parametrize("table", ["scenes", "captions"])
def test_a_part_that_is_no_file_is_not_opened(copy, table, part):
    """A named pipe would be waited for, a device read until memory ends; by readers and writers."""
    index = copy / "data" / "index"
    path = next((index / f"{table}.lance" / part).iterdir())
    path.unlink()
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        path.unlink(missing_ok=True)
        make(path)
        with pytest.raises(GalleryError, match="is no regular file, so it is not opened"):
            open_gallery(index)
        with pytest.raises(GalleryError, match="is no regular file, so it is not opened"):
            check_place(index)


def test_a_name_that_lance_cannot_write_is_refused(tmp_path):
    """Before anything is made, and on one line."""
    with pytest.raises(GalleryError, match=r"^The name of .*a b has a control character"):
        check_place(tmp_path / "a\nb")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["x", "null", "[]", '{"version": -1}', "[" * 100_000])
def test_a_damaged_tag_is_told_and_made_anew(copy, content):
    """Nobody can tell then which version is whole, but every row is there: nothing is embedded."""
    index, checkpoint = copy / "data" / "index", open_checkpoint(copy / "first")
    for table in ("scenes", "captions"):
        next((index / f"{table}.lance" / "_refs" / "tags").iterdir()).write_text(content)
    with pytest.raises(GalleryError, match=r"damaged or incomplete .*; make the index again"):
        open_gallery(index, checkpoint)
    growth = grow_index(load_dataset(copy / "data"), checkpoint, index)
    assert growth.embedded == ()
    assert len(growth.gallery) == 5


def test_what_is_no_index_is_refused(tmp_path):
    """Nothing, one of an earlier version, one unfinished, one of a later version."""
    with pytest.raises(GalleryError, match=r"is no index .*`python -m cmpagl index"):
        open_gallery(tmp_path / "nowhere")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "index.json").write_text('{"format": 1}')
    with pytest.raises(GalleryError, match="is an index of an earlier version; make it again"):
        open_gallery(tmp_path / "old")


def test_another_format_is_refused(copy):
    data = lance.dataset(str(copy / "data" / "index" / "scenes.lance"))
    sound = data.config()["cmpagl"]
    newer = replace(Description.from_json(sound), format=3).to_json()
    for said, says in (
        (newer, "has the format 3, but this version reads format 2"),
        ("{", "description is damaged"),
        (sound.replace("fake", "fike"), "its digest is another one"),
    ):
        data.update_config({"cmpagl": said})
        data.tags.update("whole", data.version)
        with pytest.raises(GalleryError, match=says):
            open_gallery(copy / "data" / "index")


def test_a_picture_outside_the_data_folder_is_not_opened(copy):
    """An index is handed on: what it names is opened and shown."""
    from cmpagl.store.records import Records

    class Rows(list):
        def row(self, number):
            return self[number]

    row = {"image_id": "a", "data_set": None, "class_name": None, "captions": ["x"]}
    for path in ("../../secret.png", "/etc/passwd"):
        rows = Rows([row | {"picture": json.dumps({"path": path})}])
        with pytest.raises(GalleryError, match="leaves the data folder"):
            _ = Records(rows, copy)[0]
