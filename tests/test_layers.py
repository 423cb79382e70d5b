"""Which room may import which: one order, read from the sources; and what importing costs.

A new folder finds its place in the order below, or the test says that it has none.
"""

import ast
import json
import subprocess
import sys
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

LIBRARY = (
    "errors caches files progress growing config data scenes model rank feedback store search "
    "export measure judge collections api train diagnose cli __main__"
)
"""The library's rooms; a module imports only from its own room and from those before it."""

TABS = " ".join(sorted(path.parent.name for path in (REPOSITORY / "app").glob("*/tab.py")))
"""Rooms of the page that may not import each other: its tabs, whichever there are."""

PAGE = f"words serving explorer adding query kit {TABS} api build server"
"""The page's rooms, same rule."""

LAZY = ("cmpagl", "__init__.py")

ONLY_FOR = {
    "gradio": {
        *("app/build.py", "app/server.py", "app/kit/*.py"),
        *("app/api/publish.py", "app/api/links.py", "app/serving/state.py", "app/*/tab.py"),
        "tests/app/serving/test_state.py",
    },
    "plotly": {"app/*/view.py", "app/*/figure.py", "benchmarks/*"},
    "umap": {"cmpagl/store/projection.py"},
    "timm": {
        *("cmpagl/model/pretrained.py", "cmpagl/model/vit.py"),
        *("cmpagl/model/published_config.py", "tests/*", "benchmarks/*"),
    },
    "ray": {"cmpagl/store/ray_step.py", "cmpagl/store/ray_worker.py"},
    "pickle": set(),
}
"""Third-party modules that only some files may import (torch.load aside, nothing unpickles)."""


def sources(folder):
    return sorted((REPOSITORY / folder).rglob("*.py"))


@cache
def imported(path):
    """Every module a file imports, wherever in it: 'cmpagl.config.model', 'torch.nn', ..."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def room(module):
    """The room of a module such as `cmpagl.rank.smr`: 'rank'."""
    return module.split(".")[1]


def place(name, order):
    assert name in order, f"'{name}' has no place in the order of tests/test_layers.py"
    return order.index(name)


@pytest.mark.parametrize(("package", "order"), [("cmpagl", LIBRARY), ("app", PAGE)])
def test_imports_point_upwards(package, order):
    """Each module imports only from its own room and from those before it."""
    order = order.split()
    for path in sources(package):
        where = path.relative_to(REPOSITORY)
        own = where.parts[1].removesuffix(".py")
        if path.name == "__init__.py":  # the library's own finds what it offers when it is used
            lazy = {"importlib", "typing"} if where.parts == LAZY else set()
            loaded = {module.partition(".")[0] for module in imported(path)}
            assert loaded <= lazy, f"{where} imports something"
            continue
        for module in imported(path):
            top, _, rest = module.partition(".")
            assert top not in ("tests", "benchmarks"), f"{where} imports {module}"
            assert top != "app" or package == "app", f"{where} imports {module}"
            if top == package and rest and not rest.startswith("__version"):
                other = room(module)
                if (REPOSITORY / package / other).exists() or other in order:
                    before = place(other, order) <= place(own, order)
                    assert before, f"{where} imports {module}, whose room stands after its own"


def test_no_tab_imports_another():
    """What two tabs share stands in `app/query` or `app/kit`."""
    tabs = TABS.split()
    for tab in tabs:
        for path in sources(f"app/{tab}"):
            others = {room(m) for m in imported(path) if m.startswith("app.")} & set(tabs) - {tab}
            assert not others, f"{path.relative_to(REPOSITORY)} imports {others}"


def test_views_know_no_model():
    """A `view.py` turns answers into what scripts draw, and needs no PyTorch for it."""
    for path in (REPOSITORY / "app").glob("*/view.py"):
        heavy = {m for m in imported(path) if m.startswith(("torch", "cmpagl.model"))}
        assert not heavy, f"{path} imports {heavy}"


@pytest.mark.parametrize("package", ONLY_FOR)
def test_some_packages_are_for_some_files(package):
    """Gradio stays in what builds the page, plotting out of the library, pickle out of all."""
    for folder in ("cmpagl", "app", "benchmarks", "tests"):
        for path in sources(folder):
            where = path.relative_to(REPOSITORY)
            uses = any(m == package or m.startswith(package + ".") for m in imported(path))
            allowed = any(fnmatch(where.as_posix(), pattern) for pattern in ONLY_FOR[package])
            assert allowed or not uses, f"{where} imports {package}"


def test_scenes_need_no_torch():
    """Drawing is numpy and Pillow: no file of `cmpagl/scenes` imports a network library."""
    for path in sources("cmpagl/scenes"):
        tops = {module.partition(".")[0] for module in imported(path)}
        assert not tops & {"torch", "timm", "transformers"}, path.name


def loaded_by(statement):
    """The modules outside Python's own that a fresh interpreter has loaded after a statement."""
    program = (
        "import contextlib, io, json, sys\n"
        "before = set(sys.modules)\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    {statement}\n"
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(json.dumps(sorted(tops - set(sys.stdlib_module_names))))\n"
    )
    line = [sys.executable, "-c", program]
    ran = subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize(
    "statement",
    [
        "import cmpagl",
        "from cmpagl.__main__ import main; main(['train', '--help'])",
        "from cmpagl.__main__ import main; main(['search', '--help'])",
    ],
)
def test_help_loads_nothing_but_python(statement):
    """Neither torch nor gradio nor anything else from outside: that is why it is instant."""
    assert loaded_by(statement) == ["cmpagl"]


def test_every_direct_import_is_a_dependency():
    """What `cmpagl` and `app` import is listed in requirements.txt, and the reverse.

    plotly and pandas are in the owner's list of packages whether or not the page uses them yet.
    """
    names = {"PIL": "pillow", "umap": "umap-learn", "huggingface_hub": "huggingface-hub"}
    names["lance"] = "pylance"
    names |= {"gradio_client": "gradio"}  # one release, which Gradio itself asks for
    names |= {"uvicorn": "gradio"}  # Gradio's own server
    optional = {
        *("pillow_heif", "ray", "pystac_client"),  # extras
        "spaces",  # there on Hugging Face's ZeroGPU only, and imported in a try
    }
    own = {"cmpagl", "app"}
    used = {
        names.get(top, top)
        for path in [*sources("cmpagl"), *sources("app"), REPOSITORY / "app.py"]
        if path.exists()
        for top in (module.partition(".")[0] for module in imported(path))
        if top not in sys.stdlib_module_names and top not in own | optional
    }
    lines = (REPOSITORY / "requirements.txt").read_text("utf-8").splitlines()
    listed = {line.partition("[")[0].partition(">")[0] for line in lines if line and line[0] != "#"}
    assert used | {"pandas", "plotly"} == listed
