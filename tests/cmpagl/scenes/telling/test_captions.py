"""Captions of drawn scenes: five different ones, true, of their own for every seed."""

from __future__ import annotations

import random
from collections import Counter

from drawn_truth import truth_of
from planned import plan_scenes

from cmpagl.scenes.checking.caption_truth import check_caption
from cmpagl.scenes.dataset import read_truths
from cmpagl.scenes.telling.captions import CAPTIONS, LONGEST, write_captions

TRUTHS = [truth_of(spec) for spec in plan_scenes(500, 1)]
CAPTIONED = [(truth, write_captions(truth)) for truth in TRUTHS]


def test_every_caption_is_true():
    """The checker understands every word of every caption and finds every claim true."""
    for truth, captions in CAPTIONED:
        for caption in captions:
            verdict = check_caption(caption, truth)
            assert verdict.holds, (caption, verdict, truth.spec)


def test_five_different_captions_in_plain_lower_case():
    """Each scene has five different captions of moderate length, in lower case, ending in " .\""""
    for _, captions in CAPTIONED:
        assert len(set(captions)) == len(captions) == CAPTIONS
        for caption in captions:
            assert caption == caption.lower().strip()
            assert caption.endswith(" .")
            assert 5 <= len(caption.split()) <= LONGEST + 1
            assert "  " not in caption


def test_same_truth_same_captions():
    """Captions depend on the scene alone, not on what was written before or on global state."""
    random.seed(99)
    assert [write_captions(truth) for truth in TRUTHS[:20]] == [c for _, c in CAPTIONED[:20]]


def test_no_template_that_all_share():
    """No first three words begin more than a tenth of the captions; hardly any comes twice."""
    captions = [caption for _, five in CAPTIONED for caption in five]
    openings = Counter(" ".join(caption.split()[:3]) for caption in captions)
    assert openings.most_common(1)[0][1] <= len(captions) // 10
    assert len(set(captions)) >= 0.99 * len(captions)


def test_seeds_share_hardly_a_sentence():
    """At most 10 % of one seed's sentences are among another seed's."""
    ours = {caption for _, five in CAPTIONED for caption in five}
    others = [caption for spec in plan_scenes(500, 2) for caption in write_captions(truth_of(spec))]
    assert sum(caption in ours for caption in others) <= 0.10 * len(others)


def test_the_gallery_shares_hardly_a_sentence_with_other_seeds(repository):
    """At most 10 % of the shipped gallery's distinct sentences come in as many scenes of a seed."""
    shipped = {text for t in read_truths(repository / "assets" / "gallery") for text in t.captions}
    ours = {caption for _, five in CAPTIONED for caption in five}
    assert len(ours) >= 0.99 * len(shipped) > 2000
    assert len(shipped & ours) <= 0.10 * len(shipped)


def test_a_caption_tells_the_two_of_a_pair_apart():
    """In every hard pair some caption of the one scene is false of the other."""
    for (first, ours), (second, theirs) in zip(CAPTIONED[::4], CAPTIONED[1::4], strict=True):
        assert first.spec.pair_id == second.spec.pair_id
        assert any(not check_caption(caption, second).holds for caption in ours), ours
        assert any(not check_caption(caption, first).holds for caption in theirs), theirs
