"""Settings of a ranking by bank and direction, and the flat form that checkpoints held at first."""

import pytest

from cmpagl.config.ranking import (
    Fused,
    FusedBothWays,
    RankingConfig,
    Reranked,
    RerankedBothWays,
    SMRConfig,
    flat,
    nested,
)
from cmpagl.config.strict import from_dict
from cmpagl.errors import ConfigError

OLD = {
    "t2i": {"form": "soft", "t": 48.0, "alpha": 0.75},
    "i2t": {"form": "combined", "top_k": 7},
    "beta_t2i": 0.1,
    "beta_i2t": 0.2,
    "fused_beta_t2i": 0.3,
    "fused_beta_i2t": 0.4,
    "transductive_t2i": {"form": "none"},
    "transductive_i2t": {"form": "ratio", "lb": 2.0},
    "transductive_beta_t2i": 0.5,
    "transductive_beta_i2t": 0.6,
}
NEW = RankingConfig(
    bank_only=RerankedBothWays(
        Reranked(SMRConfig("soft", t=48.0, alpha=0.75), 0.1),
        Reranked(SMRConfig("combined", top_k=7), 0.2),
    ),
    transductive=RerankedBothWays(
        Reranked(SMRConfig("none"), 0.5), Reranked(SMRConfig("ratio", lb=2.0), 0.6)
    ),
    fused=FusedBothWays(Fused(0.3), Fused(0.4)),
)


def test_the_old_flat_form_reads_as_the_nested_one():
    """Each of its ten values lands at its bank and direction; what is left out is the default."""
    assert from_dict(RankingConfig, nested(OLD)) == NEW
    one = from_dict(RankingConfig, nested({"transductive_beta_i2t": 0.6}))
    assert one == RankingConfig(transductive=RerankedBothWays(i2t=Reranked(beta=0.6)))


def test_the_nested_form_is_read_as_it_is():
    content = {"fused": {"t2i": {"beta": 0.3}}}
    assert nested(content) is content
    assert nested(7) == 7  # refused where it is read, by name


def test_flat_is_the_way_back():
    """In the old order and without what old ones had not, on which fingerprints depend."""
    assert from_dict(RankingConfig, nested(flat(NEW))) == NEW
    assert list(flat(NEW)) == list(OLD)
    assert "steps" not in flat(NEW)["transductive_t2i"]
    balanced = RankingConfig(transductive=RerankedBothWays(Reranked(SMRConfig(steps=2))))
    assert from_dict(RankingConfig, nested(flat(balanced))) == balanced


def test_only_a_benchmark_s_own_queries_are_balanced():
    with pytest.raises(ConfigError, match=r"bank_only\.i2t\.smr\.steps is 4, but must be 0"):
        RankingConfig(bank_only=RerankedBothWays(i2t=Reranked(SMRConfig(steps=4))))
    for steps in (-1, 1.5, 101):
        with pytest.raises(ConfigError, match="SMR's steps are"):
            SMRConfig(steps=steps)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"t2i": {}, "bank_only": {}}, "'bank_only' beside keys of the old flat form"),
        ({"beta_t2i": 0.1, "beta": 0.1}, "ranking has the unknown key 'beta'; did you mean"),
        ({"t2i": {"alphas": 1.0}}, "ranking.bank_only.t2i.smr has .* 'alphas'.* 'alpha'"),
    ],
)
def test_a_wrong_old_form_is_refused_by_name(content, message):
    """Where the value would stand in the nested form."""
    with pytest.raises(ConfigError, match=message):
        from_dict(RankingConfig, nested(content), "ranking")


def test_smr_is_changed_in_both_directions():
    """What a visitor's sliders do; weights of fusion stay."""
    changed = NEW.bank_only.changed(alpha=2.0)
    assert [changed.of(way).smr.alpha for way in ("t2i", "i2t")] == [2.0, 2.0]
    assert [changed.of(way).beta for way in ("t2i", "i2t")] == [0.1, 0.2]
    assert changed.t2i.smr.t == 48.0
