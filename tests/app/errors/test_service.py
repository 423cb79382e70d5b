"""Errors' figures against plain loops over Search's own answers, and what its requests may say."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset, tiny_model_config
from tiny_explorer import opened_explorer
from tiny_index import TUNED

from app.errors.measuring import Measuring, MeasuringJob
from app.errors.request import PARAMS, ErrorsRequest, read_request, request_params
from app.errors.service import AT_ONCE, errors_answer, find_pair
from app.errors.tally import tally_shown
from app.errors.view import errors_view
from app.explorer.explorer import Explorer, Source
from app.search.service import answer as search_answer
from cmpagl.config.ranking import FusedBothWays, RerankedBothWays
from cmpagl.data.dataset import ImageRecord, load_dataset
from cmpagl.errors import DataError
from cmpagl.measure.bootstrap import paired_bootstrap
from cmpagl.measure.gallery import WITHIN
from cmpagl.measure.ledger import CELLS, DIRECTIONS
from cmpagl.measure.metrics import retrieval
from cmpagl.measure.split import encode_split
from cmpagl.measure.split_stages import rank_split, split_scores
from cmpagl.rank.match import MatchScores
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, FINAL, FUSED, LIVE
from cmpagl.search.retriever import Retriever

N = 16
LONG = 60.0


def with_changes(dataset, change):
    records = tuple(change(i, record) for i, record in enumerate(dataset.records))
    return replace(dataset, records=records)


def classed(i, record):
    """Three classes; scenes 5 and 6 share a caption word for word."""
    captions = record.captions if i != 6 else (*record.captions[:1], "one pond on the sand")
    captions = captions if i != 5 else ("One pond on the sand .", *captions[1:])
    return ImageRecord(record.image_id, record.path, captions, ("port", "field", "lake")[i % 3])


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    folder = tmp_path_factory.mktemp("errors")
    checkpoint = tiny_checkpoint(folder / "tiny", config=tiny_model_config(ranking=TUNED))
    dataset = with_changes(load_dataset(tiny_dataset(folder / "data", N)), classed)
    return folder, checkpoint, dataset


@pytest.fixture(scope="module")
def explorer(material):
    folder, checkpoint, dataset = material
    return opened_explorer(folder / "index", dataset, checkpoint, with_map=False)


def pair_of(explorer, **fields):
    return find_pair(explorer.opened(), ErrorsRequest(**fields), LONG)


def test_rankings_are_offered_where_they_differ(explorer, monkeypatch):
    """With fusion every link opens as it is; without, old ones open as what ranks alike, told."""
    link = {"before": "fused", "after": "smr", "q": "two ponds"}
    for ask in (search_answer, errors_answer):
        found = ask(explorer, link)
        assert set(LIVE) == set(found.stages)
        assert (found.request.before, found.request.after) == (FUSED, FINAL)
        assert not any("Fusion is off" in str(note) for note in found.notes)
    both = {way: replace(TUNED.bank_only.of(way), beta=0.0) for way in DIRECTIONS}
    plain = replace(TUNED, bank_only=RerankedBothWays(**both), fused=FusedBothWays())
    monkeypatch.setattr(explorer.opened().retriever, "chosen", plain)
    said = "Fusion is off in this model, so “Aligned + fusion” is the same as “Aligned”"
    for ask in (search_answer, errors_answer):
        found = ask(explorer, link)
        assert set(LIVE) - set(found.stages) == {FUSED, FINAL}
        assert (found.request.before, found.request.after) == (ALIGNED, ALIGNED_SMR)
        assert [said in str(note) for note in found.notes].count(True) == 1
        found = ask(explorer, {"q": "two ponds"})
        assert found.request.after is ALIGNED_SMR
        assert not any("Fusion is off" in str(note) for note in found.notes)
    bar = errors_view(errors_answer(explorer, {}))["bar"]
    assert bar["after"] == "aligned_smr"
    assert not {"fused", "smr"} & {item["value"] for item in bar["stages"]}


@pytest.mark.parametrize("stage", LIVE, ids=lambda stage: stage.name)
def test_every_rank_is_the_one_that_search_shows(explorer, stage):
    """Caption by caption and scene by scene, each asked as a live query."""
    opened = explorer.opened()
    gallery, retriever = opened.gallery, opened.retriever
    pair = pair_of(explorer, before=stage, after=stage)
    t2i, i2t = (pair.ranks(direction)[0] for direction in DIRECTIONS)
    for number, caption in enumerate(gallery.captions):
        ranking = retriever.ranking(retriever.query_text(caption), stage)
        own = int(gallery.caption_to_image[number])
        score = ranking.score_by_item
        level = np.isclose(score, score[own], rtol=0, atol=1e-6)
        least = 1 + (score[~level] > score[own]).sum()
        assert least <= t2i[number] <= least + level.sum() - 1
    for scene in range(len(gallery)):
        ranking = retriever.captions_for_image(retriever.query_scene(scene), stage)
        score = ranking.score_by_item[gallery.caption_groups]  # as often as they occur
        best = score[gallery.caption_to_image == scene].max()
        level = np.isclose(score, best, rtol=0, atol=1e-6)
        least = 1 + (score[~level] > best).sum()
        assert least <= i2t[scene] <= least + level.sum() - 1


def test_the_numbers_are_those_of_evaluate(explorer, material):
    """The four stages, from pictures on: the recall of the library's own ranking of a split."""
    _, checkpoint, dataset = material
    model = checkpoint.model()
    embeds, _ = encode_split(dataset, model.image, model.text, model.fusion, checkpoint.tokenizer())
    match = MatchScores(model.fusion, embeds)
    scores = split_scores(embeds, checkpoint.bank())
    for found in rank_split(scores, TUNED, LIVE[:4], match=match, top=4):
        expected = retrieval(found.i2t, found.t2i, dataset.caption_to_image).metrics()
        pair = pair_of(explorer, before=found.stage, after=found.stage)
        assert pair.before.own.metrics().to_json() == pytest.approx(expected.to_json(), abs=1e-4)


def test_table_has_the_library_s_intervals(explorer):
    pair = pair_of(explorer)
    gain = paired_bootstrap(pair.before.own, pair.after.own)
    assert {row.name for row in pair.table} == set(gain)
    for row in pair.table:
        assert row.gain == gain[row.name]
        assert row.after.value - row.before.value == pytest.approx(row.gain.value)
        assert row.before.low <= row.before.value <= row.before.high
        assert row.equal_before >= row.before.value - 1e-9  # more is right, never less


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("within", WITHIN)
def test_flow_against_a_loop(explorer, direction, within):
    """Every query is in one cell, by its two ranks; the lists are in order of the move."""
    pair = pair_of(explorer)
    before, after = pair.ranks(direction)
    cells = {cell: [] for cell in CELLS}
    for query, (was, now) in enumerate(zip(before, after, strict=True)):
        right = (was <= within, now <= within)
        name = {(False, True): "fixed", (True, False): "broken", (True, True): "right"}
        cells[name.get(right, "wrong")].append(query)
    assert pair.flow(direction, within) == {cell: len(held) for cell, held in cells.items()}
    for cell, held in cells.items():
        listed = pair.cases(direction, within, cell).tolist()
        assert sorted(listed) == held
        moved = [abs(before[i] - after[i]) for i in listed]
        assert moved == sorted(moved, reverse=True)


def test_cases_by_class_and_first_hit(explorer):
    opened, pair = explorer.opened(), pair_of(explorer)
    records = opened.gallery.records
    own = opened.gallery.caption_to_image
    for number in pair.cases("t2i", 1, "wrong", "lake", "port").tolist():
        assert records[own[number]].class_name == "lake"
        assert records[pair.after.first["t2i"][number]].class_name == "port"
    everything = sum(
        len(pair.cases("t2i", 1, "wrong", of, hit)) for of in pair.classes for hit in pair.classes
    )
    assert everything == pair.flow("t2i", 1)["wrong"]
    assert len(pair.cases("t2i", 1, "wrong", "no such class")) == 0


def test_classes_and_confusion_against_a_loop(explorer):
    pair = pair_of(explorer)
    records = explorer.opened().gallery.records
    own = explorer.opened().gallery.caption_to_image
    hits = {side: stage.own.t2i.hits(5) for side, stage in (("b", pair.before), ("a", pair.after))}
    for row in pair.by_class("t2i", 5):
        mine = [j for j in range(len(own)) if records[own[j]].class_name == row.name]
        assert row.n == len(mine)
        assert row.before == pytest.approx(100 * np.mean([hits["b"][j] for j in mine]))
        assert row.after == pytest.approx(100 * np.mean([hits["a"][j] for j in mine]))
    for table, stage in zip(pair.confusion("t2i"), (pair.before, pair.after), strict=True):
        counted = np.zeros((3, 3), int)
        for j, first in enumerate(stage.first["t2i"]):
            i = pair.classes.index(records[own[j]].class_name)
            counted[i, pair.classes.index(records[first].class_name)] += 1
        assert (table == counted).all()
    assert pair.confusion("i2t")[0].sum() == len(records)


def test_hubs_count_first_places(explorer):
    """Without ties, the first-1 occurrence is how often a scene is first."""
    pair = pair_of(explorer)
    hubs = pair.hubs("t2i", 1)
    counted = np.bincount(pair.before.first["t2i"], minlength=N)
    for hub in hubs.items:
        assert hub.before == pytest.approx(counted[hub.item])
    assert hubs.items[0].before == counted.max()
    assert hubs.mean == pytest.approx(len(pair.benchmark.group) / N)
    assert hubs.never[0] == (counted == 0).sum()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_fits_against_a_loop(explorer, direction):
    """The nearest caption of the hit, by text cosine; equal words are told as identical."""
    gallery, pair = explorer.opened().gallery, pair_of(explorer)
    embeds, texts = np.asarray(gallery.caption_embeds), gallery.distinct_captions
    found = pair.fits(direction)
    captions = [gallery.caption_groups[gallery.caption_to_image == i] for i in range(N)]
    for query, first in enumerate(pair.after.first[direction].tolist()):
        if direction == "t2i":
            pairs = [(gallery.caption_groups[query], c) for c in captions[first]]
        else:
            pairs = [(c, first) for c in captions[query]]
        cosines = [float(embeds[a] @ embeds[b]) for a, b in pairs]
        assert found.cosine[query] == pytest.approx(max(cosines), abs=1e-5)
        asked, hit = int(found.against[query]), int(found.caption[query])
        assert float(embeds[asked] @ embeds[hit]) == pytest.approx(max(cosines), abs=1e-5)
        assert (asked, hit) in [(int(a), int(b)) for a, b in pairs]
        assert found.identical[query] == any(texts[a] == texts[b] for a, b in pairs)


def test_a_caption_of_two_scenes_is_set_apart(explorer):
    """One of the two scenes is first for both; for the other's query that is no plain error."""
    gallery, pair = explorer.opened().gallery, pair_of(explorer)
    twins = [j for j, c in enumerate(gallery.captions) if c.lower().startswith("one pond on the")]
    assert len(twins) == 2
    firsts = pair.after.first["t2i"][twins]
    assert firsts[0] == firsts[1]
    listed = pair.review("t2i", 1.0)
    for j, first in zip(twins, firsts, strict=True):
        right = first == gallery.caption_to_image[j]
        is_twin = first in gallery.caption_to_image[twins]
        assert (j in listed) == (is_twin and not right)
    assert set(listed) <= set(pair.review("t2i", 0.5).tolist())


def test_verdicts_are_counted_and_change_recall(explorer):
    """A wrong first hit that is judged right counts as one; what is no case counts for nothing."""
    params = {"part": "review", "fit": "0.5"}
    cases = errors_answer(explorer, params, wait=LONG).cases
    pair = pair_of(explorer)
    keys = {case.key: "right" for case in cases[:2]} | {"t2i:0:9999": "right", "nonsense": "right"}
    keys[cases[2].key] = "unsure"
    told = tally_shown(explorer, params, keys, 3)
    assert told["count"] == 3
    right = np.asarray(pair.after.first["t2i"] == explorer.opened().gallery.caption_to_image)
    n, total = len(right), len(pair.review("t2i", 0.5))
    assert f"3 of {total} reviewed: 2 also right, 0 wrong, 1 unsure." in told["text"]
    before, after = 100 * right.sum() / n, 100 * (right.sum() + 2) / n
    assert told["text"].endswith(f"would be {after:.1f} % instead of {before:.1f} %.")
    assert "would be" not in tally_shown(explorer, params, {cases[2].key: "wrong"}, 1)["text"]
    assert tally_shown(explorer, params, ["no verdicts"], 1)["text"].startswith("0 of")


def test_answer_and_search_tell_the_same_case(explorer):
    """The link of a case opens Search with the same ranks for the true scene, marked as true."""
    shown = errors_view(errors_answer(explorer, {"within": "5", "cell": "wrong"}, wait=LONG))
    for case in shown["listed"]["cases"][:4]:
        params = {k: v for k, v in case["search"].items() if v is not None and k != "tab"}
        found = search_answer(explorer, {**params, "k": "60"})
        assert not found.notes or all(note.kind != "error" for note in found.notes)
        for side in ("before", "after"):
            true = [c for c in found.columns[side].cards if c.name == params["scene"]]
            assert true[0].truth
            assert float(case["ranks"][side]) == pytest.approx(true[0].rank, abs=0.5)


def test_scene_without_caption_is_left_out(material):
    folder, checkpoint, dataset = material
    silent = with_changes(
        dataset,
        lambda i, r: ImageRecord(r.image_id, r.path, () if i == 2 else r.captions, r.class_name),
    )
    explorer = opened_explorer(folder / "silent", silent, checkpoint, with_map=False)
    answer = errors_answer(explorer, {"dir": "i2t"}, wait=LONG)
    assert answer.problem == ""
    assert answer.origin.n_scenes == N - 1
    assert "1 scene has no caption" in answer.notes[0]
    assert sum(answer.flow.values()) == N - 1
    assert silent.records[2].image_id not in [case.scene.image_id for case in answer.cases]


def test_gallery_without_captions_says_so(material):
    folder, checkpoint, dataset = material
    plain = with_changes(dataset, lambda i, r: ImageRecord(r.image_id, r.path, (), r.class_name))
    explorer = opened_explorer(folder / "plain", plain, checkpoint, with_map=False)
    answer = errors_answer(explorer, {}, wait=LONG)
    assert answer.problem.startswith("This gallery has no captions")
    assert errors_view(answer)["problem"] == answer.problem


def test_nothing_open_is_one_sentence(material):
    explorer = Explorer(Source(checkpoint=material[1].folder, index=material[0] / "index"))
    assert "not ready" in errors_answer(explorer, {}).problem


def test_measuring_goes_on_while_asked_for_and_ends_alone(explorer, monkeypatch):
    """Progress is told; when nobody asks any more the thread ends, and what was matched is kept."""
    opened = explorer.opened()
    job = MeasuringJob(Retriever(opened.gallery, opened.retriever.checkpoint))
    tell, told = job._tell, []

    def leave(stage, what, done, total):
        told.append((what, total))
        if what == "matches" and job.benchmark._kept.n_computed:  # now whoever asked has left
            monkeypatch.setattr("app.errors.measuring.PATIENCE", -1.0)
        tell(stage, what, done, total)

    monkeypatch.setattr("app.errors.measuring.PATIENCE", LONG)
    monkeypatch.setattr(job, "_tell", leave)
    asked = job.ask((FINAL,), 0.0)
    assert isinstance(asked, Measuring)
    assert asked.stage is FINAL
    thread = job._thread
    if thread is not None:
        thread.join(LONG)
    assert job._thread is None
    assert FINAL not in job._found
    assert told[0] == ("captions", len(opened.gallery.distinct_captions))
    kept = job.benchmark._kept.n_computed
    assert kept > 0
    monkeypatch.setattr(job, "_tell", tell)
    monkeypatch.setattr("app.errors.measuring.PATIENCE", LONG)
    (figures,) = job.ask((FINAL,), LONG)
    assert job.benchmark._kept.n_computed > kept
    assert figures.own.metrics() == pair_of(explorer, after=FINAL).after.own.metrics()


def no_thread(**_):
    raise RuntimeError("can't start new thread")


def test_a_failure_is_told_once_and_tried_again(explorer, monkeypatch):
    job = MeasuringJob(explorer.opened().retriever)
    measure = job.benchmark.measure
    monkeypatch.setattr(job.benchmark, "measure", lambda *_: 1 / 0)
    with pytest.raises(DataError, match="ZeroDivisionError"):
        job.ask((ALIGNED,), LONG)

    def panic(*_):
        raise GeneratorExit  # is no Exception, as a panic in Rust

    monkeypatch.setattr(job.benchmark, "measure", panic)
    with pytest.raises(DataError, match="GeneratorExit"):
        job.ask((ALIGNED,), LONG)
    thread = job._thread
    if thread is not None:
        thread.join(LONG)
    with monkeypatch.context() as no_room:
        no_room.setattr(threading, "Thread", no_thread)
        with pytest.raises(RuntimeError, match="new thread"):
            job.ask((ALIGNED,), LONG)
    monkeypatch.setattr(job.benchmark, "measure", measure)
    assert job.ask((ALIGNED,), LONG)[0].stage is ALIGNED


def test_a_link_is_read_and_written_back():
    params = {"before": "csls", "after": "galr", "dir": "i2t", "within": "10", "part": "review"}
    params |= {"cell": "broken", "of": "port", "hit": "lake", "from": "24", "fit": "0.95"}
    request = read_request(params)
    assert request.problems == ()
    assert request_params(request) == params
    assert set(params) == set(PARAMS)
    assert not any(request_params(ErrorsRequest()).values())


@pytest.mark.parametrize(
    "params",
    [
        {"before": "best"},
        {"within": "2"},
        {"within": "⑤"},
        {"fit": "nan"},
        {"fit": "7"},
        {"from": "-1"},
        {"from": "9" * 40},
        {"part": "<img src=x onerror=alert(1)>"},
    ],
)
def test_what_a_link_may_not_say_is_told(params):
    request = read_request(params)
    assert len(request.problems) == 1
    assert next(iter(params)) in request.problems[0]
    assert request_params(request)[next(iter(params))] is None


def test_lists_are_turned_page_by_page(explorer):
    """Pages of `AT_ONCE`; one beyond the end shows the last."""
    first = errors_view(errors_answer(explorer, {"cell": "wrong"}, wait=LONG))["listed"]
    assert len(first["cases"]) == AT_ONCE
    assert first["later"] == AT_ONCE
    assert first["earlier"] is None
    last = errors_view(errors_answer(explorer, {"cell": "wrong", "from": "999"}, wait=LONG))[
        "listed"
    ]
    assert last["later"] is None
    assert last["cases"]
