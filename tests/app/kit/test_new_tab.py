"""A tab is a folder and one line of `app/build.py`: one is added in a copy, all else untouched."""

import json
import shutil
import subprocess
import sys

TAB = '''"""A tab that greets."""

from app.kit.page import QUIET, Page, Params, View, own_html


def build(page: Page) -> View:
    """One sentence of a script's."""
    hello = own_html("hello", words={"hello": "Good day, {name}"}, events=("wave",))
    hello.wave(lambda: None, None, None, **QUIET)

    def open_view(params: Params) -> dict[str, str]:
        return {"name": params.get("who", "you")}

    return View(open=open_view, outputs=[hello], params=("who",))
'''

SCRIPT = """// Greets.
import { refill, say } from "../../kit/static/dom.js";

export function mount({ root, props, watch, words }) {
  const draw = () => refill(root, say(words.hello, props.value || { name: "" }));
  draw();
  watch("value", draw);
}
"""

PROGRAM = """
import json
from pathlib import Path

from app.build import build
from app.explorer.explorer import Explorer, Source
from app.kit.scripts import script_files, script_link
from app.kit.theme import style_sheet

config = build(Explorer(Source(checkpoint=Path("none")))).get_config_file()
told = [[name for _, name in one["targets"]] for one in config["dependencies"]]
print(json.dumps({
    "tabs": [c["props"]["label"] for c in config["components"] if c["type"] == "tabitem"],
    "mounted": [c["id"] for c in config["components"]
                if script_link("hello") in str(c["props"].get("js_on_load"))],
    "names": [c["props"]["props"]["names"]["hello"] for c in config["components"]
              if "names" in c["props"].get("props", {})],
    "opened": any("open_hello" in names for names in told),
    "served": "hello/static/hello.js" in script_files(),
    "styled": ".hello" in style_sheet(),
}))
"""


def test_a_tab_is_a_folder_and_a_line(repository, tmp_path):
    """It has its title, its script and style are served, and a link's parameter opens it."""
    for package in ("app", "cmpagl"):
        shutil.copytree(
            repository / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    static = tmp_path / "app" / "hello" / "static"
    static.mkdir(parents=True)
    (static.parent / "__init__.py").write_text('"""The tab Hello."""\n', "utf-8")
    (static.parent / "tab.py").write_text(TAB, "utf-8")
    (static / "hello.js").write_text(SCRIPT, "utf-8")
    (static / "hello.css").write_text(".hello { color: var(--ink); }\n", "utf-8")
    build = tmp_path / "app" / "build.py"
    lines = build.read_text("utf-8").splitlines(keepends=True)
    lines.insert(lines.index('    "about",\n') + 1, '    "hello",\n')
    build.write_text("".join(lines), "utf-8")
    line = [sys.executable, "-c", PROGRAM]
    ran = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["tabs"][-2:] == ["About", "Hello"]
    assert len(found["mounted"]) == 1
    assert found["names"] == [["who"]]
    assert found["opened"]
    assert found["served"]
    assert found["styled"]
