"""`cmpagl.config.model`: what comes from JSON is right or refused with one sentence that helps."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict

import pytest

from cmpagl.config.model import FusionConfig, ModelConfig, TextConfig
from cmpagl.config.ranking import Fused, Reranked
from cmpagl.config.run import TrainConfig, load_train_config
from cmpagl.config.strict import from_dict
from cmpagl.config.vision import PRESETS, GswinConfig
from cmpagl.errors import ConfigError


@pytest.mark.parametrize("config", [ModelConfig(), TrainConfig(), *PRESETS.values()])
def test_round_trip_through_json(config):
    """What was written is what is read, tuples and nesting included."""
    assert from_dict(type(config), json.loads(json.dumps(asdict(config)))) == config


def test_missing_keys_keep_their_defaults():
    """A file names only what it changes; whole numbers are good for fractions."""
    config = from_dict(ModelConfig, {"embed_dim": 64, "fusion": {"dropout": 0}})
    assert (config.embed_dim, config.fusion.dropout) == (64, 0.0)
    assert isinstance(config.fusion.dropout, float)
    assert config.vision == GswinConfig()


@pytest.mark.parametrize(
    ("content", "nearest"),
    [
        ({"embed_dims": 64}, "config has the unknown key 'embed_dims'; did you mean 'embed_dim'?"),
        ({"vision": {"windowsize": 8}}, "config.vision has .* 'windowsize'.* 'window_size'"),
        (
            {"ranking": {"bank_only": {"t2i": {"smr": {"alphas": 1.0}}}}},
            "config.ranking.bank_only.t2i.smr has .* 'alphas'.* 'alpha'",
        ),
        ({"": 1}, "config has the unknown key ''; did you mean "),
    ],
)
def test_unknown_key_names_the_nearest(content, nearest):
    """At any depth, with the way to it."""
    with pytest.raises(ConfigError, match=nearest):
        from_dict(ModelConfig, content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"embed_dim": "64"}, "config.embed_dim is '64', which is not a valid int"),
        ({"embed_dim": 64.0}, "config.embed_dim is 64.0, which is not a valid int"),
        ({"embed_dim": True}, "config.embed_dim is True, which is not a valid int"),
        ({"head_dropout": "0"}, "config.head_dropout is '0', which is not a valid float"),
        ({"head_dropout": float("nan")}, "config.head_dropout is nan, which is not a valid float"),
        ({"head_dropout": float("inf")}, "config.head_dropout is inf, which is not a valid float"),
        ({"head_dropout": None}, "config.head_dropout is None, which is not a valid float"),
        ({"vision": []}, "config.vision must be a JSON object, not list"),
        ({"vision": {"class_token": 1}}, "config.vision.class_token is 1, .* not a valid bool"),
        ({"vision": {"join": 1}}, "config.vision.join is 1, which is not a valid str"),
        ({"vision": {"depths": 12}}, "config.vision.depths is 12, which is not a valid list"),
        ({"vision": {"depths": [2, 2.0]}}, "config.vision.depths is .2, 2.0., .* not a valid list"),
        ([], "config must be a JSON object, not list"),
        (None, "config must be a JSON object, not NoneType"),
    ],
)
def test_wrong_type_is_refused(content, message):
    """No silent conversion; the message names place, value and type."""
    with pytest.raises(ConfigError, match=message):
        from_dict(ModelConfig, content)


@pytest.mark.parametrize(
    ("cls", "changes", "message"),
    [
        (GswinConfig, {"join": "sum"}, "join is 'sum'; choose one of joint, scale, local, global"),
        (GswinConfig, {"depths": (2, 2)}, "depths has 2 stages and num_heads 1"),
        (GswinConfig, {"depths": (), "num_heads": ()}, "depths has 0 stages"),
        (GswinConfig, {"depths": (0,)}, r"depths is \(0,\); it must be at least 1"),
        (GswinConfig, {"image_size": 0}, "image_size is 0; it must be at least 1"),
        (GswinConfig, {"patch_size": 0}, "patch_size is 0; it must be at least 1"),
        (GswinConfig, {"image_size": 225}, "image_size 225 is not a multiple of 14"),
        (GswinConfig, {"num_heads": (7,)}, "stage 0 is 384 wide, which 7 heads do not divide"),
        (GswinConfig, {"window_size": 6}, "window_size 6 does not divide the 16 x 16 grid"),
        (GswinConfig, {"global_size": 5}, "global_size 5 does not divide the 16 x 16 grid"),
        (GswinConfig, {"norm_eps": float("nan")}, "norm_eps is nan"),
        (
            GswinConfig,
            {"depths": (2, 2), "num_heads": (6, 6)},
            "a class token cannot be merged .* over 2 stages",
        ),
        (GswinConfig, {"pooled_blocks": (13,)}, r"pooled_blocks is \[13\]; name blocks 1 to 12"),
        (GswinConfig, {"pooled_blocks": (2, 1)}, r"pooled_blocks is \[2, 1\]; .* ascending order"),
        (TextConfig, {"pooled_layers": (7,)}, "pooled_layers names layer 7; the text tower has 6"),
        (TextConfig, {"max_length": 513}, "max_length 513 must lie between 3 and .* 512"),
        (TextConfig, {"max_length": 2}, "max_length 2 must lie between 3"),
        (TextConfig, {"num_heads": 7}, "the text tower is 384 wide, which 7 heads do not divide"),
        (TextConfig, {"vocab_size": -1}, "vocab_size is -1; it must be at least 1"),
        (FusionConfig, {"num_heads": 3}, "fusion is 128 wide, which 3 heads do not divide"),
        (FusionConfig, {"rerank_top": 1}, "rerank_top is 1; it must be at least 2"),
        (FusionConfig, {"dropout": 1.0}, "dropout is 1.0; it must be 0 or more and below 1"),
        (Reranked, {"beta": -0.5}, "beta is -0.5; it must be 0 or more"),
        (Fused, {"beta": float("inf")}, "beta is inf"),
        (ModelConfig, {"views": 3}, "views is 3; choose 1, 2, 4 or 8"),
        (ModelConfig, {"embed_dim": 0}, "embed_dim is 0; it must be at least 1"),
        (TrainConfig, {"views": 3}, "views is 3; choose 1, 2, 4 or 8"),
        (TrainConfig, {"mining": "easy"}, "mining is 'easy'"),
        (TrainConfig, {"tuned_blocks": 13}, "tuned_blocks is 13; the tower has 12 blocks"),
        (TrainConfig, {"tuned_blocks": -1}, "tuned_blocks is -1; it must be at least 0"),
        (TrainConfig, {"tuned_text_layers": -1}, "tuned_text_layers is -1; it must be at least 0"),
        (TrainConfig, {"batch_size": 1}, "batch_size is 1; it must be at least 2"),
        (TrainConfig, {"fuse_negatives": 10**9}, "fuse_negatives is 1000000000; it must be"),
        (TrainConfig, {"data_repeats": (10**9,)}, "it must be at most 1000"),
        (TrainConfig, {"data_repeats": (0, 0)}, "data_repeats is 0 for every data folder"),
        (TrainConfig, {"bank_size": 4001}, "bank_size is 4001; it must be 1 to 4000"),
        (TrainConfig, {"temperature": 0.0}, "temperature is 0; it must be above 0"),
        (TrainConfig, {"head_lr": -1e-3}, "head_lr is -0.001; it must be 0 or more"),
    ],
)
def test_broken_rule_is_refused(cls, changes, message):
    """Each with the value and the rule; the same from code as from JSON."""
    with pytest.raises(ConfigError, match=message):
        cls(**changes)


def test_broken_rule_in_a_file_says_where():
    """The way to the part whose rule it is, once."""
    with pytest.raises(ConfigError, match=r"^config\.vision: window_size 6 does not divide"):
        from_dict(ModelConfig, {"vision": {"window_size": 6}})


def test_zero_epochs_are_allowed():
    """A stage can be left out."""
    config = TrainConfig(head_epochs=0, align_epochs=0, fuse_epochs=0, tuned_blocks=0)
    assert config.fuse_epochs == 0


def test_configs_are_frozen():
    """A model's settings cannot drift from its weights."""
    with pytest.raises(FrozenInstanceError):
        ModelConfig().views = 2


def test_sizes_of_the_two_presets():
    """ViT-S/14 keeps one grid; Swin-T halves it three times."""
    small, tiny = PRESETS["gswin_small_14"], PRESETS["gswin_tiny_4"]
    assert (small.out_grid, small.out_dim, small.pooled_dim) == (16, 384, 1152)
    assert [tiny.stage_grid(s) for s in range(4)] == [56, 28, 14, 7]
    assert [tiny.stage_dim(s) for s in range(4)] == [96, 192, 384, 768]
    assert tiny.pooled_dim == 1536


def test_training_file_may_name_a_preset(tmp_path):
    """`model.vision` as a preset's name stands for all its settings."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"seed": 3, "model": {"vision": "gswin_tiny_4", "views": 4}}))
    config = load_train_config(path)
    assert config.model.vision == PRESETS["gswin_tiny_4"]
    assert (config.seed, config.model.views) == (3, 4)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())  # as editors on Windows save it
    assert load_train_config(path) == config


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"run\.json cannot be read \(No such file or directory\); give a JSON file"),
        ("{", r"run\.json is not valid JSON"),
        ("[" * 100_000, r"run\.json is not valid JSON"),
        ("[]", r"run\.json must be a JSON object, not list"),
        ('{"seed": 1, "seed": 2}', r"run\.json says 'seed' twice in one object, and not the same"),
        ('{"model": {"views": 1, "views": 4}}', "says 'views' twice in one object"),
        ('{"ema_decay": 1000.0}', r"ema_decay is 1000\.0; it must be at most 1"),
        ('{"text_lr": 8}', r"text_lr is 8\.0; it must be at most 1"),
        ('{"model": {"vision": "gswin"}}', "'gswin'; choose one of gswin_small_14, gswin_base"),
        ('{"model": {"text": {"depht": 2}}}', r"run\.json\.model\.text has .*'depht'.*'depth'"),
    ],
)
def test_unusable_training_file(tmp_path, content, message):
    """The sentence names the file and the fault."""
    path = tmp_path / "run.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load_train_config(path)
    assert "\n" not in str(caught.value)
