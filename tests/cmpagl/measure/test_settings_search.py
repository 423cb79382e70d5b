import json

import numpy as np
import pytest
from tiny_split import random_bank, random_split, split_with_hubs

from cmpagl.config.ranking import SMRConfig
from cmpagl.measure.settings_search import (
    ALL,
    FOLDS,
    MARGIN,
    REORDER_MARGIN,
    Search,
    choose_beta,
    choose_smr,
)
from cmpagl.measure.split_stages import split_scores
from cmpagl.measure.trial import make_trial, mean_recall
from cmpagl.rank.smr import rerank


def search_of(split, bank, direction="t2i", *, transductive=False, **options):
    trial = make_trial(split_scores(split, bank), direction, transductive=transductive)
    return Search([trial], [np.arange(len(split.image_embeds)) % FOLDS], **options)


def test_a_value_is_the_mean_recall_without_each_fold_and_on_all():
    """Against `rerank` on the whole matrix; what a form does not read makes no difference."""
    tried = []
    search = search_of(random_split(20), random_bank(), tick=lambda: tried.append(1))
    trial = search.trials[0]
    for form in ("none", "soft", "ratio", "combined"):
        config = SMRConfig(form, t=7, alpha=0.8, top_k=6)
        recall = mean_recall(trial.counts(rerank(trial.scores, trial.bank, config)))
        without = [recall[trial.image % FOLDS != k].mean() for k in range(FOLDS)]
        expected = [*without, recall.mean()]
        np.testing.assert_allclose(search.value(config), expected)
    tried.clear()
    for form, same in (("none", {"t": 3}), ("none", {"t": 9}), ("soft", {"t": 7, "top_k": 3})):
        search.value(SMRConfig(form, alpha=0.8, **same))
    assert tried == []


class Stopped(Exception):
    """As a spent time budget does."""


def test_what_was_tried_is_found_again(tmp_path):
    """After a stop, and after a kill that cut the last line: no setting twice, the same choice."""
    split, bank = split_with_hubs()
    chosen = choose_smr(search_of(split, bank), ALL)
    keep, tried = tmp_path / "kept.jsonl", []

    def tick(stop=None):
        tried.append(1)
        if len(tried) == stop:
            raise Stopped

    with pytest.raises(Stopped):
        choose_smr(search_of(split, bank, keep=keep, tick=lambda: tick(40)), ALL)
    text = keep.read_text()
    assert text.count("\n") == 40
    keep.write_text(text[:-20])
    tried.clear()
    assert choose_smr(search_of(split, bank, keep=keep, tick=tick), ALL) == chosen
    lines = keep.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 39 + len(tried)
    tried.clear()
    assert choose_smr(search_of(split, bank, keep=keep, tick=tick), ALL) == chosen
    assert tried == []
    # A line that a disk has damaged, and what was tried after it, are tried again.
    for wrong in ("{}", '{"setting": {"form": "x"}, "recalls": [[1]]}', "[" * 9999, "\0"):
        keep.write_text("\n".join([*lines[:-2], wrong, lines[-1], ""]))
        tried.clear()
        assert choose_smr(search_of(split, bank, keep=keep, tick=tick), ALL) == chosen
        assert (len(tried), sorted(keep.read_text().splitlines())) == (2, sorted(lines))


def test_votes_are_balanced_where_the_bank_is_the_benchmark_s_own(tmp_path):
    """With training queries, most of whom mean nothing of the gallery, it is not even tried."""
    split, bank = split_with_hubs()
    for transductive, steps in ((False, {0}), (True, {0, 2, 4})):
        keep = tmp_path / f"{transductive}.jsonl"
        choose_smr(search_of(split, bank, transductive=transductive, keep=keep), ALL)
        tried = [json.loads(line)["setting"] for line in keep.read_text().splitlines()]
        assert {one["steps"] for one in tried} == steps


def test_data_sets_count_by_their_images():
    """The value is the mean over all data sets, each weighed by how many images it has."""
    bank = random_bank()
    splits = [random_split(10), random_split(30, seed=5)]
    trials = [make_trial(split_scores(s, bank), "i2t", transductive=False) for s in splits]
    folds = [np.arange(n) % FOLDS for n in (10, 30)]
    alone = [Search([t], [f]).value(SMRConfig()) for t, f in zip(trials, folds, strict=True)]
    together = Search(trials, folds).value(SMRConfig())
    np.testing.assert_allclose(together, np.average(alone, axis=0, weights=(10, 30)))


def test_what_one_data_set_gains_pays_for_no_others_loss():
    """A set with hubs gains by taking them off; one whose captions do not fall for them would lose.

    Alone the first chooses freely; together nothing is chosen that costs the second recall.
    """
    split, bank = split_with_hubs()
    misled = split_with_hubs(seed=1)[0]
    misled.text_embeds[:, -2] = 0  # by which a caption likes all hubs
    trials = [make_trial(split_scores(s, bank), "t2i", transductive=False) for s in (split, misled)]
    folds = [np.arange(len(s.image_embeds)) % FOLDS for s in (split, misled)]
    alone, together = Search(trials[:1], folds[:1]), Search(trials, folds)
    free = choose_smr(alone, ALL)
    assert not alone.costs(free, ALL)
    assert together.costs(free, ALL)
    chosen = choose_smr(together, ALL)
    assert not together.costs(chosen, ALL)
    for trial in trials:
        found = mean_recall(trial.counts(rerank(trial.scores, trial.bank, chosen))).mean()
        one_image = 100 / 3 / len(trial.bank.mean())  # at one of the three ranks
        assert found >= mean_recall(trial.counts(trial.scores)).mean() - one_image


def test_one_image_less_at_one_rank_is_no_loss():
    """A set of ten images may lose a third of one image's recall, and no more."""
    for lost, costs in ((0.99, False), (1.01, True)):
        search = search_of(*split_with_hubs(), "i2t")
        n_images = len(search.fold[0])
        search._recall = {SMRConfig(): search._plain - lost * 100 / 3 / n_images}
        assert search.costs(SMRConfig(), ALL) is costs


@pytest.mark.parametrize("direction", ["t2i", "i2t"])
def test_the_planted_best_is_found(direction):
    """Where every item has a constant that all add, taking off all of it (alpha = 1) is best."""
    search = search_of(*split_with_hubs(), direction)
    chosen = choose_smr(search, ALL)
    gain = search.value(chosen)[ALL] - search.value(SMRConfig("none"))[ALL]
    assert chosen.form in ("soft", "combined")
    assert gain > 5
    assert 0.7 <= chosen.alpha <= 1.4
    assert search.value(chosen)[ALL] >= search.value(SMRConfig("soft", t=12, alpha=1))[ALL]


def test_a_form_that_gains_less_than_the_margin_is_not_chosen():
    """All captions find their image at once, so the simplest form stays: none."""
    split, bank = split_with_hubs(hub=0.0, noise=0.3)
    search = search_of(split, bank)
    assert search.value(SMRConfig("none"))[ALL] > 100 - MARGIN
    assert choose_smr(search, ALL).form == "none"


def test_a_form_that_reorders_needs_a_clear_lead(monkeypatch):
    """Without its margin it is chosen for a lead that hundreds of settings have by chance."""
    search = search_of(*split_with_hubs(noise=1.5))
    chosen = choose_smr(search, ALL)
    assert not chosen.reorders
    monkeypatch.setattr("cmpagl.measure.settings_search.REORDER_MARGIN", 0.0)
    lucky = choose_smr(search, ALL)
    assert lucky.reorders
    assert 0 < search.value(lucky)[ALL] - search.value(chosen)[ALL] <= REORDER_MARGIN


def planted_match(split, strength):
    """A match score that knows the truth (1 for a caption's own image) as far as ``strength``."""
    noise = np.random.default_rng(0).standard_normal((len(split.text_embeds), 60))

    def match(captions, images):
        return strength * (split.caption_to_image[captions] == images) + noise[captions, images]

    return match


def test_a_match_score_that_knows_more_gets_a_weight():
    """And its weight is near the best of a fine search."""
    split, bank = split_with_hubs()
    search = search_of(split, bank)
    match = planted_match(split, 3.0)
    off = SMRConfig("none")
    beta = choose_beta(search, [match], off, 8, ALL)
    trial = search.trials[0]
    top = trial.top(trial.scores, 8)
    score, z = trial.scores[top.rows, top.items].astype(float), trial.matched(top, match)

    def value(weight):
        return search.objective([trial.reordered(top, score + weight * z)])[ALL]

    finest = max(value(weight) for weight in np.geomspace(0.001, 1, 200))
    assert value(beta) > value(0.0) + 5
    assert value(beta) > finest - 1


def test_a_match_score_that_knows_nothing_gets_none():
    """Every own image is first already: whatever the weight, nothing is gained."""
    split, bank = split_with_hubs(hub=0.0, noise=0.3)
    search = search_of(split, bank)
    match = planted_match(split, 0.0)
    assert choose_beta(search, [match], SMRConfig("none"), 8, ALL) == 0.0
