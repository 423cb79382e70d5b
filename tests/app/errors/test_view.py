"""Errors' files and words from a real answer: what they name, and that nothing in them runs."""

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from browser import HOSTILE, HOSTILE_NAME
from tiny import tiny_checkpoint, tiny_dataset
from tiny_explorer import opened_explorer

from app.errors.export import errors_export, read_verdicts
from app.errors.files import made_file
from app.errors.origin import net, spread
from app.errors.service import errors_answer
from app.errors.view import errors_view
from app.explorer.explorer import Explorer
from app.words.numbers import signed
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import CmpaglError
from cmpagl.measure.bootstrap import Interval

N = 24


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    """A small gallery that holds hostile text in each place where a data set can have some."""
    folder = tmp_path_factory.mktemp("small")
    checkpoint = tiny_checkpoint(folder / "checkpoint")
    dataset = load_dataset(tiny_dataset(folder / "drawn", N))
    records = [
        replace(r, class_name=("port", HOSTILE[3])[i % 2]) for i, r in enumerate(dataset.records)
    ]
    records[3] = replace(records[3], image_id=HOSTILE_NAME, captions=HOSTILE)
    records[4] = replace(records[4], captions=("=1+1", *records[4].captions))
    dataset = replace(dataset, records=tuple(records))
    explorer = opened_explorer(folder / "index", dataset, checkpoint, with_map=False)
    errors_answer(explorer, {"after": "csls"}, wait=600)
    return explorer


def made(explorer, kind, verdicts=None, **params):
    params = {"after": "csls", **params}
    return made_file(errors_export(explorer, params, verdicts, pictures=kind == "html"), kind)


def test_csv_holds_every_query_once_and_no_formula(explorer):
    gallery = explorer.opened().gallery
    answer = errors_answer(explorer, {"after": "csls", "part": "review", "fit": "0.5"}, wait=600)
    key = answer.cases[0].key
    file = made(explorer, "csv", {key: "unsure", "t2i:0": "right", "i2t:1:2": "<b>"})
    assert file["name"] == "fake_errors_aligned_csls.csv"
    rows = list(csv.DictReader(io.StringIO(file["text"].removeprefix("\ufeff"))))
    assert len(rows) == len(gallery.captions) + len(gallery)
    asked = [row["query"] for row in rows if row["direction"] == "t2i"]
    assert asked == ["'=1+1" if text == "=1+1" else text for text in gallery.captions]
    assert [row["verdict"] for row in rows if row["verdict"]] == ["unsure"]
    assert not any(value[:1] in "=+@" and value for row in rows for value in row.values())
    outcomes = [row["outcome"] for row in rows if row["direction"] == "t2i"]
    assert {c: outcomes.count(c) for c in answer.flow} == dict(answer.flow)
    assert {row["data_set"] for row in rows} == {"fake"}
    assert all("Reranking uses stored training queries" in row["limits"] for row in rows)


def test_json_has_the_table_and_the_names(explorer):
    content = json.loads(made(explorer, "json", within="5")["text"])
    answer = errors_answer(explorer, {"after": "csls", "within": "5"}, wait=600)
    row = answer.table[-1]
    assert content["recall"]["mR"]["gain"] == row.gain.to_json()
    assert content["t2i"]["flow"]["5"] == dict(answer.flow)
    assert (content["data_set"], content["checkpoint"]) == ("fake", "checkpoint")
    assert content["limits"]


class Seen(HTMLParser):
    """Tags with attributes, and text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def test_report_is_one_file_and_hostile_text_is_text(explorer):
    """Every tag is ours: no script, no link, no handler, pictures inside it; captions whole."""
    verdicts = {}
    answer = errors_answer(explorer, {"after": "csls", "part": "review", "fit": "0.5"}, wait=600)
    for case in answer.cases:
        verdicts[case.key] = "wrong"
    file = made(explorer, "html", verdicts, part="review", fit="0.5", within="10")
    seen = Seen(file["text"])
    ours = "html head meta title style body h1 h2 p table thead tbody tr th td svg rect text ul li"
    assert {tag for tag, _ in seen.tags} <= {*ours.split(), "div", "figure", "figcaption", "img"}
    for tag, attributes in seen.tags:
        assert not any(name.startswith("on") or name == "href" for name in attributes)
        if tag == "img":
            assert attributes["src"].startswith("data:image/webp;base64,")
    text = "".join(seen.text)
    assert "checkpoint checkpoint" in text
    assert "Reviewed" in text
    assert text.count("Wrong") == len(verdicts) + text.count("Wrong in both")
    asked = [case.text for case in answer.cases]
    assert all(caption in text for caption in asked)


def test_hostile_captions_in_a_report(explorer):
    """With every cell and pair shown, a caption that is markup is not in it as markup."""
    for params in ({"within": "1"}, {"within": "10", "dir": "i2t"}):
        html = made(explorer, "html", **params)["text"]
        assert not any(text in html for text in HOSTILE if "<" in text)
        assert HOSTILE_NAME not in html


@pytest.mark.parametrize(
    "given", [None, "right", ["t2i:1:2"], {1: "right"}, {"t2i:1:2": ["right"]}, {"x:1:2": "right"}]
)
def test_verdicts_are_checked(given):
    assert read_verdicts(given) == {}


def test_an_export_of_nothing_is_one_sentence(explorer):
    closed = Explorer(explorer.source)
    with pytest.raises(CmpaglError, match="not ready"):
        errors_export(closed, {}, None, pictures=False)


def test_off_stages_and_equal_sides_are_told(explorer):
    shown = errors_view(errors_answer(explorer, {"before": "smr"}, wait=600))
    assert any("same ranking" in note for note in shown["notes"])
    gains = {row["gain"]["kind"] for row in shown["table"]}
    assert gains == {"same"}


def test_one_scene_has_no_interval_and_that_is_said():
    alone = Interval(50.0, None, None)
    assert spread(alone, signed) == "too few for an interval"
    told = net({"fixed": 1, "broken": 0}, alone, "captions")
    assert told == "Net +1 captions: +50.0 points; one scene is too few for an interval."


def test_signs():
    assert [signed(v) for v in (1.25, -0.5, 0.0, 0.04)] == ["+1.2", "−0.5", "0.0", "0.0"]
