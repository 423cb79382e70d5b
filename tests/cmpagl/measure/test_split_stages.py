from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_split import random_bank, random_split, tiny_fusion

from cmpagl.config.ranking import (
    UNTUNED,
    Fused,
    FusedBothWays,
    RankingConfig,
    Reranked,
    RerankedBothWays,
    SMRConfig,
)
from cmpagl.errors import DataError
from cmpagl.measure.split_stages import rank_split, split_scores
from cmpagl.model.fusion import dequantise_tokens
from cmpagl.rank.bank import Bank
from cmpagl.rank.baselines import GALR, QB_NORM
from cmpagl.rank.match import MatchScores, fuse_top, standardised
from cmpagl.rank.smr import rerank
from cmpagl.rank.stage import (
    ALIGNED,
    ALIGNED_SMR,
    ALIGNED_SMR_TRANSDUCTIVE,
    FINAL,
    FINAL_TRANSDUCTIVE,
    FUSED,
    STAGES,
)

TUNED = RankingConfig(
    bank_only=RerankedBothWays(
        Reranked(SMRConfig("combined", t=6, top_k=5), beta=0.05),
        Reranked(SMRConfig("soft", t=9, alpha=0.5), beta=0.1),
    ),
    fused=FusedBothWays(Fused(0.2), Fused(0.3)),
    transductive=RerankedBothWays(
        Reranked(SMRConfig("soft", t=4), beta=0.4), Reranked(SMRConfig("ratio", top_k=6), beta=0.0)
    ),
)


@pytest.fixture
def split():
    return random_split()


def test_matching_is_the_fusion_encoder_on_the_stored_tokens(split):
    """Padding, batching by image and the shared keys change nothing but the last digits."""
    fusion = tiny_fusion()
    match = MatchScores(fusion, split)
    captions, images = np.divmod(np.arange(len(split.text_embeds) * 12), 12)
    found = match.t2i(captions, images)
    stored = dequantise_tokens(
        torch.from_numpy(split.token_values), torch.from_numpy(split.token_scales)
    )
    with torch.inference_mode():
        for caption, image, value in zip(captions[::7], images[::7], found[::7], strict=True):
            tokens = split.text_tokens[caption].tokens[None]
            mask = torch.ones(tokens.shape[:2], dtype=torch.long)
            alone = fusion(tokens, mask, stored[image : image + 1])[0]
            assert value == pytest.approx(float(alone), abs=1e-5)
    assert np.ptp(found) > 0.1


def test_a_pair_is_matched_once_for_both_directions(split):
    """The second question, from either side, computes only what is new."""
    match = MatchScores(tiny_fusion(), split)
    first = match.t2i(np.array([0, 0, 3]), np.array([1, 2, 2]))
    assert match.n_computed == 3
    again = match.i2t(np.array([2, 2, 5]), np.array([3, 0, 0]))
    assert match.n_computed == 4
    assert again[0] == first[2]
    assert again[1] == first[1]


def test_a_split_without_tokens_cannot_be_matched(split):
    with pytest.raises(DataError, match="without its tokens"):
        MatchScores(tiny_fusion(), replace(split, token_values=None))


def test_kept_matches_are_not_computed_again(tmp_path, split):
    """A stop after any image leaves what is whole; the rest comes out as in one go."""
    fusion, keep = tiny_fusion(), tmp_path / "match.npy"
    captions, images = np.divmod(np.arange(len(split.text_embeds) * 4), 4)
    whole = MatchScores(fusion, split).t2i(captions, images)

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        MatchScores(fusion, split, keep=keep, tick=stop).t2i(captions, images)
    again = MatchScores(fusion, split, keep=keep)
    assert again.n_computed == len(split.text_embeds)  # of the first image
    np.testing.assert_array_equal(again.t2i(captions, images), whole)
    assert MatchScores(fusion, split, keep=keep).n_computed == len(whole)


def test_fusing_adds_the_standardised_match_to_the_top():
    """By hand: of four items the best two are matched, 1 and 5; the others stay below them."""
    scores = np.array([[0.9, 0.8, 0.7, 0.1]], np.float32)
    logits = np.array([1.0, 5.0, 99.0, 99.0])
    fused = fuse_top(scores, lambda rows, items: logits[items], beta=0.5, top=2)
    np.testing.assert_allclose(fused[0, :2], [0.9 - 0.5, 0.8 + 0.5], atol=1e-6)
    assert fused[0].argsort()[::-1].tolist() == [1, 0, 2, 3]
    assert fused[0, 2] - fused[0, 3] == pytest.approx(0.6, abs=1e-6)


def test_fusing_keeps_the_rest_below_and_in_its_order():
    """Against a plain loop, with a weight large enough to carry the top below the rest."""
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((7, 20)).astype(np.float32)
    logits = rng.standard_normal((7, 20)).astype(np.float32)
    fused = fuse_top(scores, lambda rows, items: logits[rows, items], beta=3.0, top=6)
    for row, logit, after in zip(scores, logits, fused, strict=True):
        order = np.argsort(-row)
        best, rest = order[:6], order[6:]
        z = (logit[best] - logit[best].mean()) / logit[best].std()
        expected = best[np.argsort(-(row[best] + 3.0 * z))]
        assert np.argsort(-after).tolist() == [*expected, *rest]


def test_items_that_tie_with_the_last_of_the_top_are_matched_too():
    """Equal captions share one fate: none is left out by the order of the gallery."""
    scores = np.array([[3.0, 1.0, 1.0, 0.0]])
    asked = []

    def match(rows, items):
        asked.extend(items.tolist())
        return np.zeros(len(items), np.float32)

    fused = fuse_top(scores, match, beta=1.0, top=2)
    assert asked == [0, 1, 2]
    np.testing.assert_array_equal(fused, scores)  # all matches equal: nothing to add
    assert fuse_top(scores, match, beta=0.0, top=2) is scores


def test_standardised_is_by_row():
    """Mean 0 and deviation 1 in each row; a row without spread gives 0."""
    values = standardised(np.array([1.0, 3.0, 7.0, 7.0]), np.array([0, 0, 4, 4]))
    np.testing.assert_array_equal(values, [-1.0, 1.0, 0.0, 0.0])


def test_every_stage_comes_in_its_order_and_shape(split):
    found = list(rank_split(split_scores(split, random_bank()), TUNED))
    assert tuple(ranked.stage for ranked in found) == STAGES
    for stage in found:
        assert stage.i2t.shape == (12, 36)
        assert stage.t2i.shape == (36, 12)
        repeated = split.caption_group[32:]
        np.testing.assert_array_equal(stage.t2i[32:], stage.t2i[repeated])
        np.testing.assert_array_equal(stage.i2t[:, 32:], stage.i2t[:, repeated])


def test_stages_are_made_of_their_parts(split):
    """Each is SMR and fusion with its own settings and bank, on distinct captions."""
    bank, match = random_bank(), MatchScores(tiny_fusion(), split)
    scores = split_scores(split, bank)
    which = [stage for stage in STAGES if not stage.published]
    found = {r.stage: r for r in rank_split(scores, TUNED, which, match=match, top=4)}
    group = split.caption_group
    sims = split.text_embeds @ split.image_embeds.T
    np.testing.assert_array_equal(found[ALIGNED].t2i, sims[group])
    np.testing.assert_array_equal(found[ALIGNED].i2t, sims.T[:, group])
    training = Bank.from_scores(bank.text_embeds.numpy() @ split.image_embeds.T)
    smr = rerank(sims, training, TUNED.bank_only.t2i.smr)
    np.testing.assert_array_equal(found[ALIGNED_SMR].t2i, smr[group])
    fused = fuse_top(smr, match.t2i, TUNED.bank_only.t2i.beta, 4)
    np.testing.assert_array_equal(found[FINAL].t2i, fused[group])
    plain = fuse_top(sims.T, match.i2t, TUNED.fused.i2t.beta, 4)
    np.testing.assert_array_equal(found[FUSED].i2t, plain[:, group])
    everybody = rerank(sims, Bank.transductive(sims[group]), TUNED.transductive.t2i.smr)
    np.testing.assert_array_equal(found[ALIGNED_SMR_TRANSDUCTIVE].t2i, everybody[group])
    last = found[FINAL_TRANSDUCTIVE]
    np.testing.assert_array_equal(last.i2t, found[ALIGNED_SMR_TRANSDUCTIVE].i2t)
    assert not np.array_equal(last.t2i, found[ALIGNED_SMR_TRANSDUCTIVE].t2i)


def test_without_settings_every_stage_is_the_aligned_one(split):
    """Form "none" and weight 0: a stage that is off changes nothing."""
    match = MatchScores(tiny_fusion(), split)
    scores = split_scores(split, random_bank())
    which = [stage for stage in STAGES if not stage.published]
    first, *others = rank_split(scores, UNTUNED, which, match=match)
    for stage in others:
        np.testing.assert_array_equal(stage.t2i, first.t2i)
        np.testing.assert_array_equal(stage.i2t, first.i2t)
    assert match.n_computed == 0


def test_baselines_read_the_benchmark_or_the_bank(split):
    """With and without the suffix: the split's other queries, or the training queries."""
    bank = random_bank()
    scores = split_scores(split, bank)
    found = {ranked.stage.name: ranked for ranked in rank_split(scores, TUNED)}
    sims = (split.text_embeds @ split.image_embeds.T)[split.caption_group]
    transductive = GALR.rerank(sims.T, Bank.transductive(sims.T))
    np.testing.assert_array_equal(found["galr_transductive"].i2t, transductive)
    everybody = GALR.rerank(sims, Bank.transductive(sims))
    np.testing.assert_array_equal(found["galr_transductive"].t2i, everybody)
    training = Bank.from_scores(bank.text_embeds.numpy() @ split.image_embeds.T)
    for reranker in (GALR, QB_NORM):
        expected = reranker.rerank(sims, training)
        np.testing.assert_allclose(found[reranker.name].t2i, expected, atol=1e-6)
    assert "qb_norm_transductive" not in found  # published with training queries


def test_embeddings_of_two_checkpoints_are_refused(split):
    bank = random_bank()
    narrow = replace(bank, text_embeds=bank.text_embeds[:, :5])
    with pytest.raises(DataError, match="must come from one checkpoint"):
        split_scores(split, narrow)
