"""To add a reranker, touch two files: its own, and the list of published ones."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

MODULE = '''
"""Half of what NNN takes off; for a test."""

from dataclasses import dataclass

from cmpagl.rank.reranker import BankOf, Reranker


@dataclass(frozen=True)
class HalvedConfig:
    neighbours: int = 7


HALVED = Reranker(
    name="halved",
    settings=HalvedConfig(),
    function=lambda scores, bank, config: scores - 0.5 * bank.top_mean(config.neighbours),
    published_with=BankOf.SPLIT,
)
'''

PROGRAM = """
import sys
from pathlib import Path

import numpy as np
from tiny_index import tiny_retriever
from tiny_split import random_bank, random_split

import cmpagl
from app.query.rank import offered_stages
from app.errors.request import read_request as read_errors
from app.errors.service import ErrorsAnswer
from app.errors.view import errors_view
from app.explorer.explorer import Explorer, Opened, Source
from app.search.service import answer
from app.search.view import ranking as ranking_view
from cmpagl.config.ranking import UNTUNED
from cmpagl.measure.evaluate import evaluate_embeddings
from cmpagl.rank.stage import stage_named

folder = Path(sys.argv[1])
assert Path(cmpagl.__file__).is_relative_to(folder)

measured = evaluate_embeddings(random_split(), random_bank(), UNTUNED, n_resamples=1)
assert {"halved", "halved_transductive"} <= {stage.name for stage in measured.stages}

retriever = tiny_retriever(folder / "tiny_index")
query = retriever.query_text("a red ship")
found = retriever.ranking(query, stage_named("halved"))
liked = retriever.gallery.t2i.top_mean(7)  # the index keeps it, for nobody else reads it
np.testing.assert_array_equal(found.score_by_item, query.scores - 0.5 * liked)

source = Source(checkpoint=retriever.checkpoint.folder, index=folder / "tiny_index" / "index")
explorer = Explorer(source)
explorer._opened = Opened(retriever.gallery, retriever)
shown = answer(explorer, {"q": "a red ship", "after": "halved"})
assert not shown.notes or all(note.kind != "error" for note in shown.notes), shown.notes
assert [card.item for card in shown.columns["after"].cards] == found.items[:12].tolist()
choices = [one["name"] for one in ranking_view(shown)["stages"]]
assert choices[-1] == "halved", choices
request = read_errors({"after": "halved"})
assert not request.problems
stages = offered_stages(explorer._opened)
bar = errors_view(ErrorsAnswer(request, stages=stages, problem="-"))["bar"]
assert bar["stages"][-1]["value"] == bar["after"] == "halved"
print("all see it")
"""


def test_a_reranker_is_one_module_and_its_place_in_the_list(tmp_path):
    """In a copy: evaluation, the index, the live stages and both tabs' choices then have it."""
    for package in ("cmpagl", "app"):
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / package, tmp_path / package, ignore=skip)
    (tmp_path / "cmpagl" / "rank" / "halved.py").write_text(MODULE)
    listed = tmp_path / "cmpagl" / "rank" / "baselines.py"
    text = listed.read_text("utf-8")
    place = "PUBLISHED: tuple[Reranker[Any], ...] = ("
    head, tail = text.split(place)
    entry = "from cmpagl.rank.halved import HALVED\n\n"
    listed.write_text(head + entry + place + tail.replace(")", ", HALVED)", 1), "utf-8")
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(REPOSITORY / "tests")]),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert found.stdout.endswith("all see it\n"), found.stderr
