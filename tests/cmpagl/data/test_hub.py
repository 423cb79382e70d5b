"""`hf:OWNER/NAME`: fetched once, read from the cache then; what goes wrong is one sentence."""

from __future__ import annotations

import json

import pytest
from fake_sets import NAMES, draw_images
from held_sets import pictures, write_parquet
from loopback_hub import running_hub

from cmpagl.cli.account import account_lines
from cmpagl.data.dataset import iter_pixels, load_dataset, split_names
from cmpagl.errors import DataError


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """Data sets: of tables, with tables that the hub made, of files, gated, of texts."""
    folder = tmp_path_factory.mktemp("hub")
    for split, numbers in (("train", [1, 2]), ("test", [3])):
        columns = {"image": pictures(numbers), "caption": [f"{split} {n}" for n in numbers]}
        write_parquet(folder / "tables" / "data" / f"{split}-00000-of-00001.parquet", columns)
        write_parquet(folder / "made" / "default" / split / "0000.parquet", columns)
        write_parquet(folder / "made" / "small" / split / "0000.parquet", columns)
    draw_images(folder / "files" / "train")
    lines = [json.dumps({"file_name": name, "text": "a road"}) for name in NAMES]
    (folder / "files" / "train" / "metadata.jsonl").write_text("\n".join(lines))
    (folder / "files" / "big.bin").write_bytes(b"x" * 1000)
    (folder / "texts").mkdir()
    (folder / "texts" / "README.md").write_text("nothing")
    repositories = {
        "a/tables": folder / "tables",
        "a/texts": folder / "texts",
        "a/old": folder / "texts",
        "a/old@refs/convert/parquet": folder / "made",
        "a/files": folder / "files",
        "a/secret": folder / "tables",
    }
    with running_hub(repositories, {"a/secret"}) as running:
        yield running


@pytest.fixture(autouse=True)
def here(hub, tmp_path, monkeypatch):
    """Ask this machine's hub, and keep what it says in the test's own folder."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    hub.fetched.clear()


def reds(dataset):
    return [int(pixels[0, 0, 0]) for _, pixels in iter_pixels(dataset.records, 4)]


def test_tables_of_a_data_set(hub):
    """Splits by the tables' names; the account names the data set."""
    dataset = load_dataset("hf:a/tables")
    assert (dataset.name, reds(dataset)) == ("a/tables", [3, 1, 2])
    assert dataset.records[1].image_id == "data/train-00000-of-00001/000000 1.png"
    assert dataset.captions == ["test 3", "train 1", "train 2"]
    assert split_names("hf:a/tables") == ("test", "train")
    assert account_lines(dataset) == [
        "a/tables: 3 pictures used, read as a data set at the Hugging Face hub (hf:a/tables)"
    ]


def test_what_was_fetched_once_needs_no_hub(hub, monkeypatch):
    """Each table once; then from the cache, whether the hub is there or not."""
    first = load_dataset("hf:a/tables", "train")
    fetched = sorted(name for name, _ in hub.fetched)
    assert fetched == ["test-00000-of-00001.parquet", "train-00000-of-00001.parquet"]
    hub.fetched.clear()
    assert load_dataset("hf:a/tables", "train") == first
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert load_dataset("hf:a/tables", "train") == first
    assert not hub.fetched
    with pytest.raises(
        DataError, match=r"hf:a/files is not on this machine, and the hub is out of"
    ):
        load_dataset("hf:a/files")


def test_one_split_is_fetched_alone(hub):
    """`:SPLIT` fetches that split's tables and no others."""
    assert reds(load_dataset("hf:a/tables:test")) == [3]
    assert [name for name, _ in hub.fetched] == ["test-00000-of-00001.parquet"]
    with pytest.raises(DataError, match=r"hf:a/tables has no split 'dev': its splits are t"):
        load_dataset("hf:a/tables:dev")


def test_a_download_goes_on_where_it_broke(hub):
    """By itself, and ends with the whole table."""
    hub.breaking.add("train-00000-of-00001.parquet")
    dataset = load_dataset("hf:a/tables:train")
    assert reds(dataset) == [1, 2]
    assert [name for name, _ in hub.fetched] == ["train-00000-of-00001.parquet"] * 2


def test_tables_that_the_hub_made(hub):
    """A data set without tables has some in a revision of their own; one configuration counts."""
    dataset = load_dataset("hf:a/old", "train")
    assert reds(dataset) == [1, 2]
    assert "a/old: configurations not read: small" in account_lines(dataset)


def test_a_data_set_of_files(hub):
    """Read as the folder that it is; files that are neither pictures nor captions stay there."""
    dataset = load_dataset("hf:a/files")
    assert [r.image_id for r in dataset.records] == [f"train/{name}" for name in NAMES]
    assert dataset.captions == ["a road"] * 4
    assert "big.bin" not in [name for name, _ in hub.fetched]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("hf:a/secret", "hf:a/secret is gated: accept its terms"),
        ("hf:a/nothing", "hf:a/nothing is no data set at the hub that this login may read"),
        ("hf:a/tables@v9", "hf:a/tables@v9 has no such revision"),
        ("hf:a/texts", "hf:a/texts holds no parquet tables and no pictures"),
        ("hf:tables", "'hf:tables' names no data set on the hub: give it as hf:OWNER/NAME"),
        ("hf:../x/y", "names no data set on the hub"),
    ],
)
def test_what_goes_wrong_is_one_sentence(name, says):
    """What, why, and what to do."""
    with pytest.raises(DataError, match=says):
        load_dataset(name)
