import json

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset
from tiny_split import random_bank, random_split, split_with_hubs, tiny_fusion

from cmpagl.config.ranking import SMRConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import DataError
from cmpagl.measure.evaluate import evaluate_embeddings
from cmpagl.measure.settings_search import FOLDS
from cmpagl.measure.split_stages import split_scores
from cmpagl.measure.trial import make_trial, mean_recall
from cmpagl.measure.tune import tune_checkpoint, tune_ranking
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.rank.smr import rerank
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, ALIGNED_SMR_TRANSDUCTIVE


@pytest.fixture(scope="module")
def hubs():
    """What is tuned on a split with hubs: the split, its bank, the ranking and the report."""
    split, bank = split_with_hubs()
    return split, bank, *tune_ranking({"hubs val": split}, bank)


def test_the_tuned_ranking_gains_what_the_report_says(hubs):
    """Held out, nearly as much as on all images; and both far from 0."""
    split, bank, ranking, report = hubs
    found = evaluate_embeddings(split, bank, ranking, baselines=False, n_resamples=1).stages
    for stage in (ALIGNED_SMR, ALIGNED_SMR_TRANSDUCTIVE):
        held_out = report["held_out_gain_mR"]["hubs val"][stage.name]
        assert held_out["low"] > 5
        assert found[stage].gain_mR.value == pytest.approx(held_out["value"], abs=3)
    assert report["held_out_gain_mR"]["hubs val"]["aligned_mR"] == found[ALIGNED].metrics.mR


def test_the_report_is_json_with_a_sentence_a_stage(hubs):
    """It goes into the checkpoint's provenance as it is."""
    report = json.loads(json.dumps(hubs[3], allow_nan=False))
    sentences = report["sentences"]
    assert any(s.startswith("aligned_smr on hubs val: +") for s in sentences)
    assert len(report["chosen"]["t2i bank"]["smr"]) == FOLDS + 1


def test_held_out_is_counted_on_each_fold_with_what_was_chosen_without_it(hubs):
    """By `rerank` and the metrics, from the settings in the report."""
    split, bank, _, report = hubs
    fold = np.random.default_rng(report["seed"]).permutation(len(split.image_embeds)) % FOLDS
    scores, recalls = split_scores(split, bank), []
    for direction in ("t2i", "i2t"):
        trial = make_trial(scores, direction, transductive=False)
        chosen = report["chosen"][f"{direction} bank"]["smr"]
        found = np.zeros(len(trial.image))
        for number in range(FOLDS):
            config = SMRConfig(**chosen[number])
            recall = mean_recall(trial.counts(rerank(trial.scores, trial.bank, config)))
            found = np.where(fold[trial.image] == number, recall, found)
        recalls.append(found.mean() - mean_recall(trial.counts(trial.scores)).mean())
    gain = report["held_out_gain_mR"]["hubs val"]["aligned_smr"]["value"]
    assert gain == pytest.approx(np.mean(recalls))
    assert gain > 5


def test_a_stage_without_gain_is_off_and_said_to_be():
    """Everything is found already, so no reranker and no match score is kept."""
    split, bank = split_with_hubs(30, hub=0.0, noise=0.3)
    ranking, report = tune_ranking({"easy": split}, bank)
    for one in (ranking.bank_only.t2i, ranking.bank_only.i2t, ranking.transductive.t2i):
        assert one.smr.form == "none"
    assert "aligned_smr: SMR gains nothing for t2i and is off there." in report["sentences"]


def test_several_splits_and_fusion():
    """A gain for each; a stage that is off is held out at what the one before it reaches."""
    splits = {"a val": random_split(10), "b val": random_split(6, seed=4)}
    ranking, report = tune_ranking(splits, random_bank(), fusion=tiny_fusion(), top=4)
    for gains in report["held_out_gain_mR"].values():
        if ranking.bank_only.t2i.beta == ranking.bank_only.i2t.beta == 0:
            assert gains["smr"] == gains["aligned_smr"]
        if ranking.fused.t2i.beta == ranking.fused.i2t.beta == 0:
            assert gains["fused"]["value"] == 0
    ten, six = report["held_out_gain_mR"].values()
    for stage, gain in report["held_out_gain_mR_together"].items():
        assert gain["value"] == pytest.approx(
            (10 * ten[stage]["value"] + 6 * six[stage]["value"]) / 16
        )


def test_too_little_to_tune_on_is_refused():
    with pytest.raises(DataError, match="at least one validation split"):
        tune_ranking({}, random_bank())


def test_a_checkpoint_is_tuned_in_place(tmp_path):
    """Only config.json changes: the ranking and the report; an index of it still fits."""
    checkpoint = tiny_checkpoint(tmp_path / "tiny")
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 6), "train")
    told = []
    tuned = tune_checkpoint(
        checkpoint,
        [dataset],
        work=tmp_path / "work",
        progress=lambda *state: told.append(state),
    )
    assert tuned.fingerprint == checkpoint.fingerprint
    assert tuned.bank_fingerprint == checkpoint.bank_fingerprint
    assert tuned.provenance["seed"] == 0
    assert list(tuned.provenance["tuning"]["held_out_gain_mR"]) == ["fake train"]
    assert open_checkpoint(tmp_path / "tiny").config.ranking == tuned.config.ranking
    np.testing.assert_array_equal(tuned.bank().text_embeds, checkpoint.bank().text_embeds)
    assert ("settings", 6, 6) in told
