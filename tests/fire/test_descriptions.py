"""Descriptions of data sets and lists of judgments, whatever they say: read, or one sentence."""

import json

import pytest
from fire_kit import COUNTS, altered, judged, many, spoiled
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cmpagl.data.dataset import load_dataset
from cmpagl.judge.judgments import parse_queries

PICTURES = ("a_1.png", "b.png", "train/c.png")
SENTENCE = {"raw": "a road .", "tokens": ["a", "road"], "imgid": 0, "sentid": 0}
ITEM = {"filename": "a_1.png", "imgid": 0, "split": "train", "sentences": [SENTENCE]}
COCO = {
    "images": [{"id": 1, "file_name": "a_1.png", "width": 4, "height": 4}],
    "annotations": [{"id": 1, "image_id": 1, "caption": "a road"}],
    "info": {},
}
STAC = {
    "stac_version": "1.0.0",
    "type": "Feature",
    "id": "one",
    "properties": {"datetime": "2020-01-01", "eo:cloud_cover": 3},
    "geometry": {"type": "Point", "coordinates": [1, 2]},
    "links": [{"rel": "child", "href": "./item.json"}],
    "assets": {"visual": {"href": "a_1.png", "type": "image/png", "roles": ["visual"]}},
}
JSONS = {
    "dataset_x.json": {"dataset": "x", "images": [ITEM, {**ITEM, "filename": "b.png"}]},
    "nwpu.json": {"road": [{"filename": "b.png", "raw": "a road", "split": "train"}]},
    "captions_val.json": COCO,
    "item.json": STAC,
    "catalog.json": STAC | {"type": "Catalog"},
    "truth.json": [{"spec": {"scene_id": "b", "class_name": "road"}}],
    "rsicd_train.json": [{"image": "a_1.png", "caption": ["a road", "a pond"], "split": "val"}],
    "texts.json": {"a_1.png": ["a road"], "b.png": "a pond"},
    "b.json": {"caption": "a road", "key": "b"},
    "train.jsonl": {"image": "a_1.png", "caption": "a road", "year": 3},
    "metadata.jsonl": {"file_name": "a_1.png", "text": ["a road"], "label": "road", "year": 3},
}
TEXTS = {
    "captions.csv": "filename,caption,split,year\na_1.png,a road,train,3\nb.png,a pond,val,\n",
    "metadata.csv": "file_name,text\na_1.png,a road\n",
    "classes.csv": "filename,class\nb.png,road\n",
    "x_caps.txt": "a road\na pond\n",
    "x_filename.txt": "a_1.png\nb.png\n",
    "b.txt": "a road\n",
    "x.token.txt": "a_1.png#0\ta road\nb.png#1\ta pond\n",
    "val.csv": "a_1.png,a road\nb.png,a pond\n",
}
QUERIES = (
    "query,scene,grade\nroad,a.png,1\n",
    json.dumps([{"query": "road", "scene": "a.png", "grade": 1}]),
    "a road\na pond\n",
    "query",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    for name in PICTURES:
        (folder / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4)).save(folder / name)
    return folder


@many
@given(st.data(), st.sampled_from(["raise", "skip"]))
def test_descriptions(place, data, on_error):
    """Each form in which captions come, one value or place of it anything at all."""
    name = data.draw(st.sampled_from([*JSONS, *TEXTS]))
    if name in JSONS and data.draw(st.integers(0, 4)):
        content = json.dumps(altered(JSONS[name], data.draw)).encode("utf-8", "surrogatepass")
    else:
        content = spoiled(TEXTS.get(name) or json.dumps(JSONS[name]), data.draw)
    for old in (*JSONS, *TEXTS):
        (place / old).unlink(missing_ok=True)
    (place / name).write_bytes(content)
    if name == "x_caps.txt":
        (place / "x_filename.txt").write_text(TEXTS["x_filename.txt"])
    elif name == "x_filename.txt":
        (place / "x_caps.txt").write_text(TEXTS["x_caps.txt"])
    found, sentence = judged(lambda: load_dataset(place, on_error=on_error))
    for record in found.records if found is not None else ():
        assert record.picture.path.resolve().is_relative_to(place)
        assert all(caption.strip() and caption.encode() for caption in record.captions)
        assert record.image_id.encode()
    COUNTS[f"description {'refused' if sentence else 'read'}"] += 1


@pytest.mark.parametrize(
    "changed",
    [{"links": -3}, {"assets": {"visual": {**STAC["assets"]["visual"], "roles": [[]]}}},
     {"assets": {"a": {"href": "http://[", "type": "image/png"}}}],
)  # fmt: skip
def test_stac_that_says_something_else(tmp_path, changed):
    """Found by the test above, of thousands."""
    Image.new("RGB", (4, 4)).save(tmp_path / "a_1.png")
    (tmp_path / "item.json").write_text(json.dumps(STAC | {"links": []} | changed))
    judged(lambda: load_dataset(tmp_path, on_error="skip"))


@many
@given(st.data())
def test_judgments(data):
    """A list of queries as a person has it."""
    text = spoiled(data.draw(st.sampled_from(QUERIES)), data.draw).decode("utf-8", "replace")
    _, sentence = judged(parse_queries, data.draw(st.just(text) | st.text(max_size=60)))
    COUNTS[f"judgments {'refused' if sentence else 'read'}"] += 1
