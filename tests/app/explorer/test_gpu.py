"""ZeroGPU cannot run here: its `spaces` is played by one that pickles what goes in and out."""

import importlib
import runpy
import sys
import types
from multiprocessing import Pipe

import numpy as np
import pytest

from app.explorer import gpu as service_gpu
from cmpagl.errors import DataError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.search.retriever import Retriever
from cmpagl.store.gallery import open_gallery


@pytest.fixture
def retriever(gallery_folders):
    index, checkpoint, _ = gallery_folders
    opened = open_checkpoint(checkpoint)
    return Retriever(open_gallery(index, opened), opened)


def travelled(value):
    """What arrives of a value in another process."""
    here, there = Pipe()
    here.send(value)
    return there.recv()


def lending(asked):
    """The module `spaces` of a Space, without its fork and its GPU."""

    def gpu(duration):
        def wrap(function):
            def run(*args):
                asked.append((function.__name__, duration))
                return travelled(function(*travelled(args)))

            return run

        return wrap

    module = types.ModuleType("spaces")
    module.GPU = gpu
    return module


def test_without_spaces_the_model_is_asked_here():
    assert service_gpu._lent is None


def test_a_picture_is_encoded_where_the_gpu_is_lent(monkeypatch, retriever, tmp_path):
    """A path goes in, the same query comes back; a bad file's sentence too."""
    picture = next(iter(retriever.gallery.records)).path
    asked = []
    monkeypatch.setitem(sys.modules, "spaces", lending(asked))
    try:
        importlib.reload(service_gpu)
        found = service_gpu.query_picture(retriever, picture)
        own = retriever.query_image(picture)
        np.testing.assert_allclose(found.scores, own.scores, atol=1e-6)
        np.testing.assert_array_equal(found.token_values, own.token_values)
        assert asked == [("_on_gpu", service_gpu.SECONDS)]
        broken = tmp_path / "broken.png"
        broken.write_bytes(b"no picture")
        with pytest.raises(DataError, match=r"broken\.png"):
            service_gpu.query_picture(retriever, broken)
    finally:
        monkeypatch.delitem(sys.modules, "spaces")
        importlib.reload(service_gpu)
    assert service_gpu._lent is None


def test_a_space_says_where_to_listen(monkeypatch, repository):
    """Its frame reaches the app by the address that it sets; a flag still wins."""
    read_arguments = runpy.run_path(str(repository / "app.py"))["read_arguments"]

    assert read_arguments([]).host == "127.0.0.1"
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    assert read_arguments([]).host == "0.0.0.0"
    assert read_arguments(["--host", "127.0.0.1"]).host == "127.0.0.1"
