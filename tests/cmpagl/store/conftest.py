"""An index that is opened again and again, and a copy of it to be damaged."""

import json
import shutil

import pytest
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from cmpagl.data.dataset import load_dataset
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.store.gallery import open_gallery


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Five scenes with ten captions, one of them twice, and their index in the data's folder."""
    folder = tmp_path_factory.mktemp("gallery")
    checkpoint = tiny_checkpoint(folder / "first")
    root = tiny_dataset(folder / "data", 5)
    path = root / "dataset_fake.json"
    said = json.loads(path.read_text())
    said["images"][3]["sentences"][0]["raw"] = said["images"][0]["sentences"][1]["raw"].upper()
    path.write_text(json.dumps(said))
    build_index(load_dataset(root), checkpoint, root / "index", tokens=True)
    return folder


@pytest.fixture
def copy(made, tmp_path):
    """A copy of it all, to be damaged."""
    return shutil.copytree(made, tmp_path / "copy")


@pytest.fixture
def gallery(made):
    return open_gallery(made / "data" / "index", open_checkpoint(made / "first"))
