"""Reranking measured on a gallery's own captions: figures, what is off, what is kept."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tiny_index import TUNED, tiny_retriever

import cmpagl.measure.here as here_module
from app.explorer.explorer import Opened
from app.search.service import answer
from cmpagl.config.ranking import SMRConfig
from cmpagl.errors import DataError
from cmpagl.measure import settings_search
from cmpagl.measure.bootstrap import Interval
from cmpagl.measure.gallery import GalleryBenchmark
from cmpagl.measure.here import Here, measure_here, read_here, tune_here, write_here
from cmpagl.rank.smr import SMR
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    return tiny_retriever(tmp_path_factory.mktemp("here"))


@pytest.fixture
def few(monkeypatch):
    """A gallery of a few scenes is enough."""
    monkeypatch.setattr(here_module, "FEWEST", 5)


def test_few_captions_tell_nothing(retriever):
    assert measure_here(retriever) is None
    with pytest.raises(DataError, match="too few to tune"):
        tune_here(retriever)


def test_the_gain_is_that_of_the_benchmark_and_decides(retriever, few):
    """Mean recall at 1, 5 and 10 with SMR over without, each way; at or below 0, SMR is off."""
    found = measure_here(retriever)
    benchmark = GalleryBenchmark(retriever)
    stages = [
        benchmark.measure(one, lambda *_: None).own.metrics() for one in (ALIGNED, ALIGNED_SMR)
    ]
    for direction, gain in found.gains.items():
        means = [np.mean([getattr(one, f"{direction}_r{k}") for k in (1, 5, 10)]) for one in stages]
        assert gain.value == pytest.approx(means[1] - means[0])
        assert gain.low <= gain.value <= gain.high
        assert found.off(direction) == (gain.value <= 0)
        kept = found.ranking.bank_only.of(direction).smr
        assert replace(kept, form=TUNED.bank_only.of(direction).smr.form) == (
            TUNED.bank_only.of(direction).smr
        )


def test_it_is_kept_for_this_version_and_model_alone(retriever, few, tmp_path):
    found = measure_here(retriever)
    assert read_here(retriever) is None
    write_here(retriever, found)
    assert read_here(retriever) == found
    other = tiny_retriever(tmp_path, n=8)
    written = retriever.gallery.folder / "ranking-here.json"
    (other.gallery.folder / written.name).write_bytes(written.read_bytes())
    assert read_here(other) is None
    said = json.loads(written.read_text())
    wrong = {"value": "1", "low": 0.0, "high": 2.0}
    for damaged in ([], said | {"tuned": "no"}, said | {"gains": {"t2i": wrong}}):
        written.write_text(json.dumps(damaged))
        assert read_here(retriever) is None
    written.unlink()


def test_tuning_finds_settings_and_says_what_they_are_worth_held_out(retriever, few, monkeypatch):
    monkeypatch.setattr(settings_search, "WEIGHTS", settings_search.WEIGHTS[:2])
    for name, values in SMR.tried.items():
        monkeypatch.setitem(SMR.tried, name, values[:2])
    done = []
    found = tune_here(retriever, lambda what, n, total: done.append((n, total)))
    assert found.tuned
    assert set(found.gains) == {"mR"}
    assert done[-1][0] <= done[-1][1]
    assert found.ranking.transductive == retriever.checkpoint.config.ranking.transductive


OFF = Here(
    {"t2i": Interval(-1.0, -2.0, 0.5), "i2t": Interval(1.0, 0.5, 1.5)},
    100,
    replace(
        TUNED,
        bank_only=replace(
            TUNED.bank_only,
            t2i=replace(TUNED.bank_only.t2i, smr=replace(TUNED.bank_only.t2i.smr, form="none")),
        ),
    ),
)


class Page:
    """An explorer with something open."""

    def __init__(self, opened):
        self._opened = opened

    def opened(self):
        return self._opened


def test_what_does_not_help_is_off_until_a_person_sets_it(retriever):
    """In Search: off with the figure; a weight in a link, as old links have, switches it on."""
    taught = type(retriever)(retriever.gallery, retriever.checkpoint)
    taught.chosen = OFF.ranking
    page = Page(Opened(retriever.gallery, taught, OFF))
    shown = answer(page, {"q": "a red ship", "after": "aligned_smr"})
    assert shown.columns["after"].off
    assert shown.config.form == "none"
    old = answer(page, {"q": "a red ship", "after": "aligned_smr", "alpha": "1.5"})
    assert not old.columns["after"].off
    assert old.config == SMRConfig("combined", t=8, alpha=1.5, top_k=5)
    again = answer(page, {"q": "a red ship", "after": "aligned_smr", "form": "combined"})
    assert not again.columns["after"].off
