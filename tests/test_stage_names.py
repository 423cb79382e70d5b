"""A stage is asked what it is, not what it is called: nobody compares its name as a string."""

import ast
from pathlib import Path

import pytest

from cmpagl.rank.stage import STAGES

REPOSITORY = Path(__file__).resolve().parent.parent
NAMES = {stage.name for stage in STAGES}
OTHERS = {
    ("app/space", "aligned"): "a space of the map",
    ("cmpagl/config/ranking.py", "fused"): "a field of the settings",
    ("cmpagl/config/ranking.py", "smr"): "a field of the settings",
}
"""Where a string that reads like a stage's name is something else."""

CALLS = {"get", "startswith", "endswith", "index", "count"}


def strings(node):
    """The string constants of an expression, those in tuples, sets, lists and dicts' keys too."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for element in node.elts:
            yield from strings(element)
    elif isinstance(node, ast.Dict):
        for key in node.keys:
            yield from strings(key)


def compared(source):
    """Every string that a source compares something with, looks up, or matches as a pattern."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            for one in (node.left, *node.comparators):
                yield from strings(one)
        elif isinstance(node, ast.Subscript):
            yield from strings(node.slice)
        elif isinstance(node, ast.MatchValue):
            yield from strings(node.value)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CALLS
        ):
            for one in node.args:
                yield from strings(one)
            yield from strings(node.func.value)


def sources():
    for folder in ("cmpagl", "app", "benchmarks"):
        yield from sorted((REPOSITORY / folder).rglob("*.py"))


def test_no_source_compares_a_stage_with_a_string():
    """Behind `stage_named` a stage is a `Stage`."""
    for path in sources():
        where = path.relative_to(REPOSITORY).as_posix()
        for name in NAMES & set(compared(path.read_text("utf-8"))):
            known = any(where.startswith(place) and name == other for place, other in OTHERS)
            assert known, f"{where} compares something with {name!r}"


@pytest.mark.parametrize(
    "line",
    [
        'stage == "smr"',
        '"fused" != stage',
        'stage in ("aligned", "smr")',
        'found.get("csls")',
        'evaluation.stages["smr"]',
        '{"fused": 1, "smr": 2}.get(stage)',
        'name.endswith("smr")',
        'match stage:\n    case "smr":\n        pass',
    ],
)
def test_the_reading_finds_each_way_to_compare(line):
    """The test above can fail."""
    assert NAMES & set(compared(line))
