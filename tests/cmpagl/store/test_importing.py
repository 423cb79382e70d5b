"""Vectors that others have made: every form, with and without pictures, and what is refused."""

from __future__ import annotations

import json

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from published_models import published_model
from safetensors.numpy import save_file
from tiny import tiny_dataset

from app.explorer.explorer import Explorer, Source
from app.search.form import form
from app.search.service import answer
from cmpagl.__main__ import main
from cmpagl.data.vectors import read_vectors
from cmpagl.data.wkb import corners_of
from cmpagl.errors import DataError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.embed import embed_texts
from cmpagl.store.gallery import open_gallery

N, E = 12, 12
NAMES = [f"scene_{n:04d}" for n in range(N)]
VECTORS = np.random.default_rng(0).standard_normal((N, E)).astype(np.float32)
UNIT = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)


def parquet(path, vectors=VECTORS, names=NAMES, *, column="embedding", key="unique_id", notes=None):
    kind = pa.list_(pa.float32())
    table = pa.table(
        {key: names, "geometry": [b""] * len(names), column: pa.array(vectors.tolist(), kind)}
    )
    pq.write_table(table.replace_schema_metadata(notes or {}), path)
    return path


def test_every_form_gives_the_same_unit_vectors(tmp_path):
    """A table as Major TOM's and Clay's, safetensors and npy with names, STAC's fields read."""
    notes = {"emb": json.dumps({"model": {"some-model": {}}, "dimensions": E})}
    forms = [
        parquet(tmp_path / "a.parquet", notes=notes),
        parquet(tmp_path / "b.gpq", column="embeddings", key="source_url"),
    ]
    save_file({"embeddings": VECTORS}, tmp_path / "c.safetensors", {"ids": json.dumps(NAMES)})
    np.save(tmp_path / "d.npy", VECTORS)
    (tmp_path / "d.txt").write_text("\n".join(NAMES))
    for path in (*forms, tmp_path / "c.safetensors", tmp_path / "d.npy"):
        found = read_vectors(path)
        assert found.names == tuple(NAMES), path
        assert np.allclose(found.embeds, UNIT, atol=1e-6)
    assert read_vectors(forms[0]).model == "some-model"


def test_a_vector_a_pixel_is_pooled_to_cells(tmp_path):
    """TESSERA's 8 bits with their scales, AlphaEarth's unfolded ones, without what has no data."""
    rng = np.random.default_rng(0)
    tile = rng.integers(-100, 100, (6, 4, 5)).astype(np.int8)
    scale = rng.random((6, 4)).astype(np.float32)
    np.save(tmp_path / "tile.npy", tile)
    np.save(tmp_path / "tile_scales.npy", scale)
    found = read_vectors(tmp_path / "tile.npy", cell=4)
    assert found.names == ("0_0", "4_0")
    mean = (tile * scale[..., None])[4:].reshape(-1, 5).mean(axis=0)
    assert np.allclose(found.embeds[1], mean / np.linalg.norm(mean), atol=1e-5)
    bands = tile.transpose(2, 0, 1).copy()
    bands[:, :4, :] = -128
    bands[:, 0, 0] = 50
    profile = {"driver": "GTiff", "height": 6, "width": 4, "count": 5, "dtype": "int8"}
    with rasterio.open(tmp_path / "aef.tif", "w", nodata=-128, **profile) as file:
        file.write(bands)
    found = read_vectors(tmp_path / "aef.tif", cell=4)
    assert np.allclose(found.embeds[0], np.full(5, 5**-0.5), atol=1e-5)  # the one known place
    rows = tile[4:].reshape(-1, 5).astype(np.float32)
    mean = (np.sign(rows) * (rows / 127.5) ** 2).mean(axis=0)
    assert np.allclose(found.embeds[1], mean / np.linalg.norm(mean), atol=1e-5)


def test_vectors_alone_answer_scenes(tmp_path, capsys):
    """Tiles for pictures, a map, the nearest first; what needs a tower is greyed out, with why."""
    out = str(tmp_path / "earth")
    line = ["import", "--vectors", str(parquet(tmp_path / "v.parquet")), "--out", out]
    assert main(line) == 0
    assert "scenes alone can be asked with" in capsys.readouterr().out
    explorer = Explorer(Source(tmp_path / "earth" / "model", tmp_path / "earth"))
    explorer.start()
    assert explorer.wait(60).phase == "ready", explorer.status
    found = answer(explorer, {"like": "scene_0003"})
    order = [card.item for card in found.columns["before"].cards]
    expected = np.argsort(-(UNIT @ UNIT[3]), kind="stable")
    assert order == [int(n) for n in expected if n != 3][: len(order)]
    assert form(found)["lacks"] == {
        "words": "This model does not read words; choose a scene to search with",
        "picture": "This gallery came without its model, so your own pictures cannot be used",
    }
    assert "imported without a text tower" in answer(explorer, {"q": "a plane"}).notes[0].text
    assert explorer.opened().gallery.thumbnail(0)[:4] == b"RIFF"
    assert main(["search", "--index", out, "a plane"]) == 2
    assert "imported without a text tower" in capsys.readouterr().err


def test_a_geoparquet_says_where_scenes_lie(tmp_path):
    """A polygon's own corners, the box around others, nothing of what is damaged; on Earth."""
    squares = [shapely.box(n, 40, n + 0.5, 40.5) for n in range(N)]
    squares[1] = shapely.Point(1.25, 40.25)
    squares[2] = shapely.MultiPolygon([shapely.box(2, 40, 2.1, 40.1), shapely.box(2.3, 40, 3, 41)])
    table = geopandas.GeoDataFrame(
        {"unique_id": NAMES, "embedding": VECTORS.tolist()}, geometry=squares, crs="EPSG:4326"
    )
    table.to_parquet(tmp_path / "v.parquet")
    corners = read_vectors(tmp_path / "v.parquet").corners
    bounds = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    np.testing.assert_allclose(bounds, table.geometry.bounds.to_numpy())
    line = ["import", "--vectors", str(tmp_path / "v.parquet"), "--out", str(tmp_path / "index")]
    assert main([*line, "--no-map"]) == 0
    gallery = open_gallery(tmp_path / "index")
    np.testing.assert_allclose(gallery.footprints(), corners)
    assert corners_of(b"\x01\x03\x00") is None
    assert corners_of(shapely.to_wkb(shapely.LineString([(0, 0), (1, 1)]))) is None
    table.to_crs("EPSG:32631").to_parquet(tmp_path / "metres.parquet")
    assert read_vectors(tmp_path / "metres.parquet").corners is None


def test_pictures_and_a_text_tower_beside_them(tmp_path):
    """By name; captions and words are encoded by the model that is named."""
    published_model("clip", tmp_path / "clip")
    data = tiny_dataset(tmp_path / "data", N)
    file = parquet(tmp_path / "v.parquet", VECTORS[:10], NAMES[:10])
    line = ["import", "--vectors", file, "--data", data, "--out", tmp_path / "index"]
    assert main([*map(str, line), "--text-tower", str(tmp_path / "clip"), "--no-map"]) == 0
    checkpoint = open_checkpoint(tmp_path / "index" / "model")
    gallery = open_gallery(tmp_path / "index", checkpoint)
    assert len(gallery) == 10
    assert gallery.records[0].path.name == "scene_0000.png"
    assert np.allclose(gallery.image_embeds, UNIT[:10], atol=1e-6)
    clip = open_checkpoint(tmp_path / "clip")
    texts = gallery.distinct_captions
    expected, _ = embed_texts(clip.text_tower(), clip.tokenizer(), texts)
    assert np.allclose(gallery.caption_embeds, expected, atol=1e-6)


def test_what_is_refused(tmp_path, capsys):
    """Two of one name, no vectors, another width than said, no picture of any, a wrong file."""
    for file, says in (
        (parquet(tmp_path / "twice.parquet", names=["a"] * N), "more than one vector of 'a'"),
        (parquet(tmp_path / "zero.parquet", 0 * VECTORS), "no vector that is finite"),
        (parquet(tmp_path / "said.parquet", notes={"emb:dimensions": "7"}), "have 7 numbers"),
    ):
        with pytest.raises(DataError, match=says):
            read_vectors(file)
    (tmp_path / "text.npy").write_bytes(b"\x80\x04.")
    with pytest.raises(DataError, match="damaged or no file of vectors"):
        read_vectors(tmp_path / "text.npy")
    data = tiny_dataset(tmp_path / "data", 4)
    file = parquet(tmp_path / "other.parquet", names=[f"other_{n}" for n in range(N)])
    line = ["import", "--vectors", file, "--data", data, "--out", tmp_path / "index"]
    assert main([str(part) for part in line]) == 2
    assert "No vector of" in capsys.readouterr().err
