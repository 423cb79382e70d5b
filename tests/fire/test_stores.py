"""Indexes that are damaged or lie: opened and the same, or refused in one sentence, never other.

Damaged is a file; a liar has its digests right, and says what no program of ours writes.
"""

import json
import shutil
from dataclasses import asdict

import numpy as np
import pytest
from fire_kit import COUNTS, anything, holds, judged, some, texts
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from cmpagl.data.dataset import load_dataset
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.search.retriever import Retriever
from cmpagl.store.description import TableRows, _digest
from cmpagl.store.digest import total
from cmpagl.store.gallery import open_gallery
from cmpagl.store.lance_table import Table
from cmpagl.store.rows import floats, sealed
from cmpagl.store.whole import open_whole


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with data set, checkpoint and index."""
    folder = tmp_path_factory.mktemp("stores")
    checkpoint = tiny_checkpoint(folder / "tiny")
    build_index(load_dataset(tiny_dataset(folder / "data", 5)), checkpoint, folder / "index")
    return folder


def everything(folder, checkpoint):
    """All that an index says and gives, as one value."""
    gallery = open_gallery(folder, checkpoint)
    retriever = Retriever(gallery, checkpoint)
    ranked = retriever.ranking(retriever.query_text("a red ship"))
    holds(np.isfinite(ranked.scores).all(), "silently wrong", "scores that are no numbers")
    maps = gallery.map
    return (
        [(r.image_id, r.captions, r.class_name, r.data_set, r.columns) for r in gallery.records],
        (gallery.name, gallery.split, gallery.skipped, gallery.n_captions, gallery.version),
        gallery.image_vectors.tobytes(),
        gallery.caption_vectors.tobytes(),
        list(gallery.thumbnails(range(len(gallery)))),
        [gallery.picture_state(n) for n in range(len(gallery))],
        None if maps is None else maps.aligned.images.tobytes(),
        ranked.items.tolist(),
        gallery.footprints().tobytes(),
        [(column.name, column.missing) for column in gallery.columns],
        gallery.class_names,
    )


damages = st.sampled_from(["bit", "cut", "empty", "gone", "more", "zero", "swap", "noise"])


def damage(path, other, how, at, noise):
    content = bytearray(path.read_bytes())
    place = int(at * max(0, len(content) - 1))
    if how == "gone":
        path.unlink()
        return
    if how == "bit" and content:
        content[place] ^= 1 << (place % 8)
    elif how == "cut":
        content = content[:place]
    elif how == "empty":
        content = bytearray()
    elif how == "more":
        content += noise
    elif how == "zero":
        content[place : place + 64] = bytes(len(content[place : place + 64]))
    elif how == "swap":
        content = bytearray(other.read_bytes())
    else:
        content[place : place + len(noise)] = noise[: len(content) - place]
    path.write_bytes(content)


@some
@given(
    damages,
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1, exclude_max=True),
    st.binary(min_size=1, max_size=64),
)
def test_damaged(made, how, which, other, at, noise):
    """One file of it: what opens is what was written."""
    checkpoint = open_checkpoint(made / "tiny")
    sound = made / "sound"
    if not sound.exists():
        shutil.copytree(made / "index", sound)
    folder = made / "damaged"
    if not folder.exists():
        shutil.copytree(sound, folder)
    files = sorted(p.relative_to(sound) for p in sound.rglob("*") if p.is_file())
    name, second = files[int(which * len(files))], files[int(other * len(files))]
    try:
        damage(folder / name, sound / second, how, at, noise)
        found, _ = judged(everything, folder, checkpoint)
    finally:
        shutil.copyfile(sound / name, folder / name)
    same = found is None or found == everything(sound, checkpoint)
    holds(same, "silently wrong", (name, how))
    COUNTS[f"store: damaged, {'refused' if found is None else 'the same'}"] += 1


def lie(sound, folder, scenes, captions, said):
    """Write an index with other columns and another description, and every digest right."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    theirs = dict(zip(("scenes", "captions"), open_whole(sound)[:2], strict=True))
    description = asdict(open_whole(sound)[2])
    tables = {name: Table(folder, name) for name in theirs}
    for name, changes in (("captions", captions), ("scenes", scenes)):
        rows = theirs[name].to_table().combine_chunks()
        columns = {}
        for column in rows.column_names:
            if column.endswith("digest") and column != "content_digest":
                continue
            values = rows.column(column)
            columns[column] = floats(values) if column in ("vector", "map") else values.to_pylist()
        columns |= {column: change(columns[column]) for column, change in changes.items()}
        table = sealed(columns, rows.schema)
        tables[name].start(rows.schema)
        tables[name].append(table)
        digests = table.column("digest").to_numpy()
        description[name] = asdict(TableRows(len(table), total(digests)))
        if name == "captions":
            tables[name].reload()
            description["captions_version"] = tables[name].data.version
        else:
            description["said"] = total(table.column("columns_digest").to_numpy())
            description["maps"] = 0
    text = json.dumps(said(description), ensure_ascii=False)
    outer = json.dumps({"description": text, "digest": _digest(text)}, ensure_ascii=False)
    tables["scenes"].reload()
    tables["scenes"].data.update_config({"cmpagl": outer})
    tables["scenes"].reload()
    tables["scenes"].tag()


VECTORS = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e38, -1e38, 1e-45])
VALUES = {
    "image_id": texts,
    "data_set": st.none() | texts,
    "class_name": st.none() | texts,
    "picture": st.builds(json.dumps, anything)
    | texts
    | st.builds(lambda name: json.dumps({"file": name}), texts),
    "content_digest": st.binary(min_size=16, max_size=16),
    "captions": st.none() | st.lists(st.none() | texts, max_size=3),
    "caption_keys": st.none() | st.lists(st.none() | st.integers(0, 2**64 - 1), max_size=3),
    "width": st.none() | st.integers(-(2**31), 2**31 - 1),
    "height": st.none() | st.integers(-(2**31), 2**31 - 1),
    "vector": VECTORS,
    "map": VECTORS,
    "thumbnail": st.binary(max_size=50),
    "columns": st.none() | texts | st.builds(json.dumps, anything),
    "footprint": st.none() | st.lists(st.floats(), min_size=8, max_size=8),
    "crs": st.none() | texts,
    "key": st.integers(0, 2**64 - 1),
    "text": texts,
}
OF_SCENES = [name for name in VALUES if name not in ("key", "text")]


def at(row, value):
    """Put a value in a row of a column, or in all."""

    def change(column):
        changed = np.array(column) if isinstance(column, np.ndarray) else list(column)
        for number in range(len(changed)) if row == 5 else [min(row, len(changed) - 1)]:
            changed[number] = value
        return changed

    return change


@some
@given(st.data())
def test_lying(made, data):
    """Rows or a description that no program of ours writes, their digests right."""
    checkpoint = open_checkpoint(made / "tiny")
    row, where = data.draw(st.integers(0, 5)), data.draw(st.sampled_from("srcd"))
    scenes, captions = {}, {}
    if where in "sr":
        name = data.draw(st.sampled_from(OF_SCENES))
        scenes[name] = at(row, data.draw(VALUES[name]))
    elif where == "c":
        name = data.draw(st.sampled_from(["key", "text", "vector", "map"]))
        captions[name] = at(row, data.draw(VALUES[name]))
    else:
        name = "description"

    def said(description):
        if where != "d":
            return description
        field = data.draw(st.sampled_from(sorted(description)))
        return {**description, field: data.draw(anything | st.integers(-(2**63), 2**64))}

    try:
        lie(made / "index", made / "lying", scenes, captions, said)
    except (UnicodeEncodeError, OverflowError, ValueError):  # Lance itself cannot write it
        return
    found, _ = judged(everything, made / "lying", checkpoint)
    COUNTS[f"store: lying, {'refused' if found is None else 'opened'}"] += 1
