"""Vectors that others have made: every form, with and without pictures, and what is refused."""

from __future__ import annotations

import json
import struct
import zlib

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from published_models import published_model
from rasterio.warp import transform
from safetensors.numpy import save_file
from tiny import tiny_dataset

from app.explorer.explorer import Explorer, Source
from app.search.form import form
from app.search.service import answer
from cmpagl.__main__ import main
from cmpagl.data.dataset import load_dataset
from cmpagl.data.vectors import read_vectors
from cmpagl.data.wkb import corners_of
from cmpagl.errors import BusyIndexError, DataError, QueryError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.embed import embed_texts
from cmpagl.search.retriever import Retriever
from cmpagl.store.folder import lock
from cmpagl.store.gallery import open_gallery
from cmpagl.store.importing import import_vectors

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


def written(path, bands, **profile):
    """A raster in metres of UTM 30N, from its lower left corner on as AlphaEarth's are."""
    count, height, width = bands.shape
    profile |= {"driver": "GTiff", "height": height, "width": width, "count": count}
    place = rasterio.Affine(10, 0, 600_000, 0, 10, 5_700_000)
    with rasterio.open(
        path, "w", dtype=bands.dtype, crs="EPSG:32630", transform=place, **profile
    ) as file:
        file.write(bands)
    return path


def test_tessera_s_tiles_are_pooled_to_cells(tmp_path):
    """Bytes times the scale of their place, none where there is no scale; the tile's own place, in
    geotessera's folders."""
    rng = np.random.default_rng(0)
    tile = rng.integers(-127, 128, (6, 4, 128)).astype(np.int8)
    scale = rng.random((6, 4)).astype(np.float32)
    scale[0, :2], scale[5, 3] = np.nan, np.inf
    folder = tmp_path / "global_0.1_degree_representation" / "2024" / "grid_0.15_52.05"
    folder.mkdir(parents=True)
    np.save(folder / "grid_0.15_52.05.npy", tile)
    np.save(folder / "grid_0.15_52.05_scales.npy", scale)
    found = read_vectors(folder / "grid_0.15_52.05.npy", cell=4)
    assert found.names == ("0_0", "4_0")
    assert found.corners is None
    for row, part in enumerate((np.s_[:4], np.s_[4:])):
        known = np.isfinite(scale[part])
        mean = (tile[part][known] * scale[part][known][:, None]).mean(axis=0)
        assert np.allclose(found.embeds[row], mean / np.linalg.norm(mean), atol=1e-5)
    (tmp_path / "global_0.1_degree_tiff_all").mkdir()
    mask = np.ones((1, 6, 4), np.uint8)
    written(tmp_path / "global_0.1_degree_tiff_all" / "grid_0.15_52.05.tiff", mask)
    corners = read_vectors(folder / "grid_0.15_52.05.npy", cell=4).corners
    west, south = transform("EPSG:32630", "EPSG:4326", [600_000], [5_700_040])
    np.testing.assert_allclose(corners[1, 0], [west[0], south[0]])
    np.save(folder / "grid_0.15_52.05_scales.npy", scale[:3])
    with pytest.raises(DataError, match="fetch both again"):
        read_vectors(folder / "grid_0.15_52.05.npy")


def test_alphaearth_s_rasters_are_pooled_to_cells(tmp_path, monkeypatch):
    """64 bands of signed bytes, squares unfolded, -128 left out whether the file says so or not;
    a cell of nothing is left out; read in parts, it is the same."""
    rng = np.random.default_rng(0)
    bands = rng.integers(-127, 128, (64, 9, 7)).astype(np.int8)
    bands[:, :2, :3] = -128
    bands[:, 4:8, 4:] = -128
    file = written(tmp_path / "aef.tiff", bands, nodata=-128)
    found = read_vectors(file, cell=4)
    assert found.names == ("0_0", "0_4", "4_0", "8_0", "8_4")
    assert found.left_out == 1
    rows = bands[:, :4, :4].reshape(64, -1).T.astype(np.float32)
    values = np.sign(rows) * (rows / 127.5) ** 2
    mean = values[(rows != -128).all(axis=1)].mean(axis=0)
    assert np.allclose(found.embeds[0], mean / np.linalg.norm(mean), atol=1e-5)
    east, north = transform("EPSG:32630", "EPSG:4326", [600_070], [5_700_080])
    np.testing.assert_allclose(found.corners[4, 1], [east[0], north[0]])
    monkeypatch.setattr("cmpagl.data.vector_cells.AT_ONCE", 4)
    silent = read_vectors(written(tmp_path / "silent.tiff", bands), cell=4)
    np.testing.assert_array_equal(silent.embeds, found.embeds)
    np.testing.assert_array_equal(silent.corners, found.corners)


def test_tables_as_others_publish_them(tmp_path):
    """Clay's, of version 0 with tensors, of 1.5, and of WorldCover without any name; Major TOM's
    with half floats. Each has other lists, texts and places beside what is read."""
    places = [shapely.to_wkb(shapely.box(n, 40, n + 0.5, 40.5)) for n in range(N)]
    half = pa.array(list(VECTORS.astype(np.float16)), pa.list_(pa.float16()))
    boxes = [{"xmin": n, "ymin": 40.0, "xmax": n + 0.5, "ymax": 40.5} for n in range(N)]
    day = pa.array([19_000] * N, pa.date32())
    tables = {
        "27WXN_20200101_20231231_v001.gpq": {
            "index": list(range(N)),
            "source_url": [f"s3://tiles/{name}.tif" for name in NAMES],
            "date": day,
            "embeddings": pa.FixedShapeTensorArray.from_numpy_ndarray(VECTORS),
            "geometry": places,
        },
        "worldcover.gpq": {"embeddings": list(VECTORS), "geometry": places},
        "clay-v1-5.parquet": {
            "chips_id": NAMES,
            "cell_id": ["cell"] * N,
            "rasters_id": ["raster"] * N,
            "stac_item_id": ["item"] * N,
            "collection": ["sentinel-2-l2a"] * N,
            "datetime": day.cast(pa.timestamp("us")),
            "embedding": list(VECTORS),
            "bbox": boxes,
            "geometry": places,
        },
        "part_00001-00050.parquet": {
            "unique_id": NAMES,
            "embedding": half,
            "timestamp": ["20230119T161811"] * N,
            "product_id": ["S2A_MSIL1C"] * N,
            "grid_cell": ["922D_249L"] * N,
            "grid_row_u": pa.array([-922] * N, pa.int16()),
            "geometry": places,
            "centre_lat": pa.array([-82.7] * N, pa.float32()),
            "utm_footprint": ["POLYGON ((480037 814306))"] * N,
            "utm_crs": ["EPSG:32701"] * N,
            "pixel_bbox": [[0, 0, 224, 224]] * N,
        },
    }
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), tmp_path / name)
        found = read_vectors(tmp_path / name)
        assert np.allclose(found.embeds, UNIT, atol=1e-3), name
        assert np.allclose(found.corners[3].min(axis=0), [3, 40]), name
        named = {"27": tables["27WXN_20200101_20231231_v001.gpq"]["source_url"], "wo": None}
        expected = named.get(name[:2], NAMES) or [f"{n:02d}" for n in range(N)]
        assert found.names == tuple(expected), name


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


def test_vectors_of_texts_beside_them(tmp_path, capsys):
    """Captions take theirs, those texts are asked with whatever their capitals; others are told."""
    data = tiny_dataset(tmp_path / "data", N)
    file = parquet(tmp_path / "v.parquet")
    captions = [text for record in load_dataset(data).records for text in record.captions]
    rows = np.random.default_rng(1).standard_normal((len(captions) - 1, E)).astype(np.float32)
    texts = parquet(tmp_path / "t.parquet", rows, [c.upper() for c in captions[1:]], key="caption")
    line = ["import", "--vectors", file, "--data", data, "--out", tmp_path / "index", "--no-map"]
    line = [*map(str, line), "--text-vectors"]
    assert main([*line, str(texts)]) == 0
    assert f"{len(captions) - 1} texts and scenes can be asked with" in capsys.readouterr().out
    checkpoint = open_checkpoint(tmp_path / "index" / "model")
    retriever = Retriever(open_gallery(tmp_path / "index", checkpoint), checkpoint)
    assert len(retriever.gallery.distinct_captions) == len(captions) - 1
    query = retriever.query_text(captions[3].title())
    one = rows[2] / np.linalg.norm(rows[2])
    np.testing.assert_allclose(query.scores, UNIT @ one, atol=1e-5)
    assert query.text.words == (query.text.text,)
    with pytest.raises(QueryError, match="none of the 23 texts that came with these vectors"):
        retriever.query_text("a plane")
    assert main([*line, str(parquet(tmp_path / "w.parquet", rows[:, :5], captions[1:]))]) == 2
    assert "vectors of 5 numbers, the scenes of 12" in capsys.readouterr().err


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


@pytest.mark.parametrize("how", ["broken", "cut", "large", "all"])
def test_pictures_that_cannot_be_read_are_left_out_where_asked(tmp_path, capsys, how):
    """By name, the maps and captions without them; where none can be read, that is one sentence."""
    data = tiny_dataset(tmp_path / "data", N)
    for path in sorted((data / "images").iterdir())[: N if how == "all" else 1]:
        whole = path.read_bytes()
        wide = struct.pack(">II", 10**5, 10**5)
        head = b"IHDR" + wide + whole[24:29]
        large = whole[:12] + head + struct.pack(">I", zlib.crc32(head)) + whole[33:]
        path.write_bytes({"cut": whole[: len(whole) // 2], "large": large}.get(how, b"no picture"))
    line = ["import", "--vectors", parquet(tmp_path / "v.parquet"), "--data", data, "--out"]
    line = [*map(str, line), str(tmp_path / "index")]
    assert main(line) == 2
    assert "or skip what is faulty (--on-error skip)" in capsys.readouterr().err
    assert main([*line, "--on-error", "skip"]) == (2 if how == "all" else 0)
    told = capsys.readouterr()
    if how == "all":
        assert "holds no image that can be read" in told.err
        return
    assert "skipped: scene_0000.png: The image" in told.err
    gallery = open_gallery(tmp_path / "index", open_checkpoint(tmp_path / "index" / "model"))
    assert [r.image_id for r in gallery.records] == [f"{name}.png" for name in NAMES[1:]]
    assert np.allclose(gallery.image_embeds, UNIT[1:], atol=1e-6)
    assert [one.name for one in gallery.skipped] == ["scene_0000.png"]


def test_of_two_at_once_the_second_leaves_nothing_in_the_first_ones_index(tmp_path):
    """Not even its model, with which the first one's vectors could not be opened."""
    source = parquet(tmp_path / "a.parquet")
    with lock(tmp_path / "out"), pytest.raises(BusyIndexError, match="Another run"):
        import_vectors(read_vectors(source), source, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
