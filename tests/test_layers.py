"""Which file may import which: one order, read from the sources; and what importing costs.

A new file finds its place in the order below, or the test says that it has none.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

LIBRARY = {
    "ground": "errors files paths progress arguments",
    "pure": "windows losses ranking bank baselines rerank metrics config",
    "networks": "gswin text fusion model",
    "materials": "images descriptions data joining scenes pixels pretrained checkpoint growing "
    "features embed attention projection split rankings trials manifest gallery partial indexing "
    "tuning_search tuning query ranked query_encoder retriever why diagnosis fresh_scenes "
    "scene_recall gallery_recall pointing run_folder trainset aligning fusing bank_sample",
    "programs": "evaluate train index search draw diagnose",
    "command line": "commands __main__",
}
"""The library's layers, top to bottom; a module imports only modules that stand before it."""

PAGE = "words theme service views ui"
"""The page's modules by the first part of their names (`ui_search` counts as `ui`), same rule."""

ONLY_FOR = {
    "gradio": {"app/ui*"},
    "plotly": {"app/views*", "app/ui*", "benchmarks/*"},
    "umap": {"cmpagl/store/projection.py"},
    "timm": {"cmpagl/model/pretrained.py", "tests/*", "benchmarks/*"},
    "pickle": set(),
}
"""Third-party modules that only some files may import (torch.load aside, nothing unpickles)."""


def sources(folder):
    return sorted((REPOSITORY / folder).rglob("*.py"))


def imported(path):
    """Every module a file imports, wherever in it: 'cmpagl.config.model', 'torch.nn', ..."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def place(name, order):
    assert name in order, f"'{name}' has no place in the order of tests/test_layers.py"
    return order.index(name)


def library_name(path):
    """A file's name in the order; the scenes are one."""
    return path.relative_to(REPOSITORY / "cmpagl").parts[0].removesuffix(".py")


def test_library_imports_point_upwards():
    """Each module of `cmpagl` imports only modules before it; nothing imports the page."""
    order = " ".join(LIBRARY.values()).split()
    for path in sources("cmpagl"):
        own = library_name(path)
        if own == "__init__":
            assert not list(imported(path)), "cmpagl/__init__.py imports something"
            continue
        for module in imported(path):
            top, _, rest = module.partition(".")
            assert top not in ("app", "tests", "benchmarks"), f"{path.name} imports {module}"
            other = rest.partition(".")[0]
            if top != "cmpagl" or not other or other.startswith("__version"):
                continue
            if (REPOSITORY / "cmpagl" / other).exists() or other in order:
                same = own == other == "scenes"
                before = place(other, order) < place(own, order)
                assert same or before, f"{path.name} imports {module}, which stands after it"


def test_page_imports_point_upwards():
    """service -> views -> ui -> app.py, and views know no model."""
    order = PAGE.split()
    for path in sources("app"):
        own = path.stem.partition("_")[0]
        if path.stem == "__init__":
            assert not list(imported(path)), "app/__init__.py imports something"
            continue
        for module in imported(path):
            if not module.startswith("app."):
                continue
            other = module.split(".")[1].partition("_")[0]
            assert place(other, order) <= place(own, order), f"{path.name} imports {module}"
    for path in sources("app"):
        if path.stem.startswith("views"):
            heavy = {m for m in imported(path) if m.startswith(("torch", "cmpagl.model.towers"))}
            assert not heavy, f"{path.name} imports {heavy}"


@pytest.mark.parametrize("package", ONLY_FOR)
def test_some_packages_are_for_some_files(package):
    """gradio stays in app/ui*, plotting out of the library, unpickling out of everything."""
    for folder in ("cmpagl", "app", "benchmarks", "tests"):
        for path in sources(folder):
            where = path.relative_to(REPOSITORY)
            uses = any(m == package or m.startswith(package + ".") for m in imported(path))
            allowed = any(where.match(pattern) for pattern in ONLY_FOR[package])
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
    names |= {"gradio_client": "gradio"}  # one release, which Gradio itself asks for
    optional = {"spaces"}  # there on Hugging Face's ZeroGPU only, and imported in a try
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
