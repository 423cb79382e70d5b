"""Scripts as files: what imports them finds them, and one version holds them all."""

import re
from pathlib import PurePosixPath

import pytest

from app.kit.scripts import script_files, script_link, script_routes, scripts_version

IMPORT = re.compile(r'^import .*?from "([^"]+)";$', re.MULTILINE | re.DOTALL)


def imports(path):
    """What a script imports, as paths below `app/`."""
    for target in IMPORT.findall(script_files()[path].decode()):
        parts = []
        for part in (PurePosixPath(path).parent / target).parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        yield "/".join(parts)


@pytest.mark.parametrize("path", script_files())
def test_every_import_is_a_script_of_the_kit_or_of_the_same_tab(path):
    """No import leads nowhere, to another host, or from one tab into another."""
    own = path.partition("/")[0]
    for target in imports(path):
        assert target in script_files()
        assert target.partition("/")[0] in {"kit", own}


def test_an_address_holds_the_version_and_answers_only_it():
    """Another version, or a path that is no script, is not there; the right one is kept."""
    (route,) = script_routes()
    content = script_files()["kit/static/dom.js"]
    answer = route.endpoint(scripts_version(), "kit/static/dom.js")
    assert answer.body == content
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert script_link("dom") == f"scripts/{scripts_version()}/kit/static/dom.js"
    assert route.endpoint("0" * 12, "kit/static/dom.js").status_code == 404
    for path in ("kit/page.py", "../README.md", "kit/static/../static/dom.js"):
        assert route.endpoint(scripts_version(), path).status_code == 404
