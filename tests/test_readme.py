"""The documents say what is there: commands, flags, targets, files, versions, links."""

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import yaml

from cmpagl.cli.commands import COMMANDS, build_parser

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text("utf-8")
MAKEFILE = (REPOSITORY / "Makefile").read_text("utf-8")
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
FENCE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")


def code_of(document):
    """The fenced lines and the inline code of a document."""
    text = (REPOSITORY / document).read_text("utf-8")
    blocks = FENCE.findall(text)
    lines = [line.partition(" #")[0] for block in blocks for line in block.splitlines()]
    return lines + SPAN.findall(FENCE.sub("", text))


@cache
def command_flags():
    """The flags of each command, less --help."""
    _, parsers = build_parser()
    return {name: set(parser.flags()) - {"-h", "--help"} for name, parser in parsers.items()}


@cache
def app_flags():
    """The flags that app.py takes, read from its sources."""
    flags = set()
    for path in [REPOSITORY / "app.py", *(REPOSITORY / "app").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "add_checkpoints":
                flags.add("--checkpoint")
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
                words = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                flags.update(word for word in words if str(word).startswith("--"))
    return flags


def targets():
    return set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_line_shown_exists(document):
    """`python -m cmpagl NAME --flag` and `python app.py --flag`: name and flags are real."""
    flags = command_flags()
    for line in code_of(document):
        for start, known in (("python -m cmpagl ", None), ("python app.py", app_flags())):
            if not line.startswith(start) or "COMMAND" in line:
                continue
            words = shlex.split(line.removeprefix(start), comments=True)
            if known is None:
                assert words[0] in COMMANDS, line
                known = flags[words[0]]
            assert set(FLAG.findall(" ".join(words))) <= known | {"--help"}, line


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_flag_named_exists(document):
    """A flag in code belongs to some command, to the app, or to a tool that the line names."""
    known = set.union(*command_flags().values()) | app_flags() | {"--help", "--version"}
    for line in code_of(document):
        if not re.match(r"(pip|\S*/pip|docker|git|ruff|mypy|pytest|playwright|hf) ", line):
            assert set(FLAG.findall(line)) <= known, line


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_flag_is_in_the_table(name):
    """The reverse: one row a command, with exactly its flags."""
    rows = [line for line in README.splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1
    assert set(FLAG.findall(rows[0])) == command_flags()[name]


def test_every_flag_of_the_app_is_named():
    assert app_flags() <= set(FLAG.findall(README))


def test_the_two_commands_are_make_targets():
    """`make run` and `make test` are the first fenced lines, and the Makefile has them."""
    first = FENCE.findall(README)[0].splitlines()
    assert [line.partition("#")[0].strip() for line in first] == ["make run", "make test"]
    assert {"run", "test"} <= targets()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_named_exists(document):
    for line in code_of(document):
        if match := re.match(r"make ([a-z]+)", line):
            assert match[1] in targets(), line


def test_ci_runs_the_readmes_test_command():
    """.ci/run is executable, calls `make test`, and calls make with nothing else."""
    script = REPOSITORY / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    code = [line.partition("#")[0] for line in script.read_text("utf-8").splitlines()]
    assert [line.split("|")[0].split() for line in code if "make" in line] == [
        ["make", "test", "2>&1"]
    ]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document):
    """Relative links and pictures exist in the checkout."""
    text = (REPOSITORY / document).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'src="([^"]+)"', text):
        if not re.match(r"[a-z]+:", target):
            assert (REPOSITORY / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_named_in_code_exist(document):
    """`tests/test_layers.py`, `cmpagl/rank/smr.py`: a path in code is a path of the checkout."""
    for word in code_of(document):
        if re.fullmatch(
            r"(app|assets|benchmarks|checkpoints|cmpagl|docs|tests|\.ci)/[\w./-]+", word
        ):
            there = [REPOSITORY / word, REPOSITORY / f"{word}.py"]
            assert any(path.exists() for path in there), word


def header():
    """The front matter that Hugging Face reads."""
    assert README.startswith("---\n")
    return yaml.safe_load(README.split("---\n")[1])


def test_the_header_fits_a_gradio_space():
    """Keys and limits of Hugging Face's Spaces configuration reference."""
    head = header()
    assert head["sdk"] == "gradio"
    assert (REPOSITORY / head["app_file"]).is_file()
    assert len(head["short_description"]) <= 60
    colours = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {head["colorFrom"], head["colorTo"]} <= colours
    project = (REPOSITORY / "pyproject.toml").read_text("utf-8")
    assert f'license = "{head["license"]}"'.lower() in project.lower()


def test_the_header_names_the_tested_gradio():
    """A Space installs the very version that the tests ran with, on a Python that is allowed."""
    constraints = (REPOSITORY / "constraints.txt").read_text("utf-8")
    assert f"\ngradio=={header()['sdk_version']}\n" in constraints
    assert header()["python_version"] in ("3.12", "3.10.13")
    assert header()["python_version"] == "3.12", "of ZeroGPU's two, the one we allow"


def test_the_map_names_every_room():
    """ARCHITECTURE.md's map and the folders of `cmpagl` and `app` agree."""
    text = (REPOSITORY / "ARCHITECTURE.md").read_text("utf-8")
    block = next(block for block in FENCE.findall(text) if "cmpagl/" in block)
    mapped, folder = set(), ""
    for line in block.splitlines():
        name = line.split(maxsplit=1)[0] if line.strip() else ""
        if name in ("cmpagl/", "app/"):
            folder = name
        elif line.startswith("  ") and not line.startswith("   "):
            mapped.add(folder + name)
    here = {
        f"{name}/{path.name}" + ("/" if path.is_dir() else "")
        for name in ("cmpagl", "app")
        for path in (REPOSITORY / name).iterdir()
        if path.name not in ("__init__.py", "__pycache__")
    }
    assert mapped == here
