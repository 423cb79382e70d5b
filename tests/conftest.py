"""What holds for every test: no network, the same seeds, and a home folder of its own."""

from __future__ import annotations

import gc
import os
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from find_chromium import find_chromium
from network import deny

REPOSITORY = Path(__file__).resolve().parent.parent

# Set before any test imports a library that reads them, and inherited by what a test starts.
os.environ.update(
    GRADIO_ANALYTICS_ENABLED="False",
    HF_HUB_OFFLINE="1",
    TRANSFORMERS_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
)
os.environ.pop("CMPAGL_CHECKPOINT", None)
# What a test starts compiles our sources once, not each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


gc.disable()  # until all is imported, which stays: looking through it for garbage takes seconds


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items):
    """Begin with the files of what is marked ``long``; at the end, nothing waits for them."""
    first = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in first)


@pytest.fixture(scope="session", autouse=True)
def no_network():
    """Refuse connections and look-ups but those of this machine, in whichever fixture or thread."""
    with pytest.MonkeyPatch.context() as patch:
        deny(patch.setattr)
        yield


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory):
    """Keep caches, settings and histories of the user who runs the tests out of them, and safe."""
    home = tmp_path_factory.mktemp("home")
    real = Path.home()
    browsers = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", str(real / ".cache" / "ms-playwright"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYWRIGHT_BROWSERS_PATH", browsers)
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
        patch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
        patch.setenv("HF_HOME", str(home / "huggingface"))
        yield home


@pytest.fixture(autouse=True)
def seeds():
    """Start each test from the same random state; torch only where something has imported it."""
    random.seed(0)
    np.random.seed(0)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that starts; `make test` installs one, so its absence is a failure."""
    path = find_chromium()
    if path is None:
        pytest.fail("no Chromium: run 'make test', or name one with CHROMIUM=PATH")
    return path


# The page in a browser; see tests/browser.py.


@pytest.fixture(scope="session")
def gallery_folders(tmp_path_factory, own_home):
    """Index, checkpoint and data set of a small gallery, made once."""
    from browser import small_gallery

    return small_gallery(tmp_path_factory.mktemp("gallery"))


@pytest.fixture(scope="module")
def explorer(gallery_folders):
    """The small gallery and its model, open in this process; a module's own."""
    from app.explorer.explorer import Explorer, Source

    index, checkpoint, _ = gallery_folders
    opened = Explorer(Source(checkpoint=checkpoint, index=index))
    opened.start()
    assert opened.wait(120).phase == "ready", opened.status.sentence
    return opened


@pytest.fixture(scope="session")
def served_log(tmp_path_factory):
    """The file with what the app of `served` prints."""
    return tmp_path_factory.mktemp("app") / "log.txt"


@pytest.fixture(scope="session")
def served(gallery_folders, served_log):
    """The address of the small gallery's page: the app in a process of its own, started once."""
    from browser import running_app

    index, checkpoint, _ = gallery_folders
    with running_app(served_log, "--index", index, "--checkpoint", checkpoint) as url:
        yield url


@pytest.fixture(scope="session")
def browser(chromium):
    """One Chromium for all tests."""
    from browser import launched

    with launched(chromium) as running:
        yield running


@pytest.fixture(scope="session")
def shipped(tmp_path_factory, own_home):
    """The address of what a visitor gets: ``python app.py`` with the shipped model and gallery."""
    from browser import running_app

    with running_app(tmp_path_factory.mktemp("shipped") / "log.txt") as url:
        yield url


@pytest.fixture
def open_tab(browser, served):
    """Open watched tabs: ``open_tab("?q=pond", viewport=...)`` gives a Playwright page."""
    from browser import tabs_at

    with tabs_at(browser, served) as open_at:
        yield open_at


@pytest.fixture
def open_shipped(browser, shipped):
    """The same on the shipped model and gallery."""
    from browser import tabs_at

    with tabs_at(browser, shipped) as open_at:
        yield open_at
