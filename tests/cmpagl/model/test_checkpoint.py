"""`cmpagl.model.checkpoint`: what was saved is what is loaded, or a sentence says why not."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import tiny_checkpoint, tiny_model, tiny_model_config, tiny_tokenizer_json, vocabulary

from cmpagl.config.ranking import (
    UNTUNED,
    Fused,
    FusedBothWays,
    RankingConfig,
    Reranked,
    RerankedBothWays,
    SMRConfig,
    flat,
)
from cmpagl.errors import CheckpointError
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.checkpoint import MODEL_FILES, open_checkpoint
from cmpagl.model.saving import replace_ranking, save_checkpoint
from cmpagl.model.settings_file import SEAL


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """One checkpoint that no test changes."""
    return tiny_checkpoint(tmp_path_factory.mktemp("saved") / "tiny")


@pytest.fixture
def folder(saved, tmp_path):
    """A copy to be damaged."""
    return shutil.copytree(saved.folder, tmp_path / "tiny")


def change_config(folder, change):
    path = folder / "config.json"
    content = json.loads(path.read_text("utf-8"))
    change(content)
    content.pop(SEAL, None)
    path.write_text(json.dumps(content), "utf-8")


def flip_a_bit(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def refusal(action):
    """The message of the CheckpointError, checked to be one sentence on one line."""
    with pytest.raises(CheckpointError) as caught:
        action()
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "?"))
    return message


def load_everything(folder):
    checkpoint = open_checkpoint(folder)
    return checkpoint.model(), checkpoint.tokenizer(), checkpoint.bank()


def test_round_trip_is_bitwise_after_float16(saved):
    """Each weight and buffer comes back as its float16 value, in float32 and evaluation mode."""
    before, after = tiny_model().state_dict(), open_checkpoint(saved.folder).model()
    assert not any(module.training for module in after.modules())
    state = after.state_dict()
    assert state.keys() == before.keys()
    for name, value in before.items():
        assert state[name].dtype == torch.float32
        assert torch.equal(state[name], value.half().float()), name


def test_saving_again_gives_the_same_bytes(saved, tmp_path):
    """A loaded model saved is the same checkpoint, file by file."""
    checkpoint = open_checkpoint(saved.folder)
    again = save_checkpoint(
        tmp_path / "again",
        checkpoint.model(),
        checkpoint.bank(),
        tiny_tokenizer_json(),
        ranking=checkpoint.config.ranking,
        provenance=checkpoint.provenance,
        card=checkpoint.card(),
    )
    for path in sorted(saved.folder.iterdir()):
        assert path.read_bytes() == (again.folder / path.name).read_bytes(), path.name
    assert again.fingerprint == saved.fingerprint
    assert again.bank_fingerprint == saved.bank_fingerprint


def test_word_embeddings_are_the_same_bytes_in_every_generation(saved, tmp_path):
    """A further trained model whose frozen table is the same shares that file with the first."""
    trained = tiny_model(seed=1)
    with torch.no_grad():
        trained.text.encoder.word_embeddings.copy_(tiny_model().text.encoder.word_embeddings)
    bank = BankVectors(*[torch.zeros(1, 16)] * 3)
    second = save_checkpoint(
        tmp_path / "second",
        trained,
        bank,
        tiny_tokenizer_json(),
        ranking=RankingConfig(),
        provenance={},
    )
    name = "word_embeddings.safetensors"
    assert (saved.folder / name).read_bytes() == (second.folder / name).read_bytes()
    assert second.files["text.safetensors"] != saved.files["text.safetensors"]
    assert second.card() == ""


def test_what_the_folder_holds(saved):
    """Its own settings, tokenizer, bank, card and where it came from."""
    ranking = RankingConfig(
        bank_only=RerankedBothWays(Reranked(SMRConfig(t=8.0)), Reranked(beta=0.25))
    )
    checkpoint = open_checkpoint(str(saved.folder))
    assert checkpoint.config == tiny_model_config()
    assert checkpoint.name == "tiny"
    assert checkpoint.provenance == {"data": ["drawn"], "seed": 0}
    assert checkpoint.card().startswith("# Tiny")
    assert checkpoint.tokenizer().get_vocab_size() == len(vocabulary())
    bank = checkpoint.bank()
    assert [tuple(v.shape) for v in vars(bank).values()] == [(24, 16), (20, 16), (20, 16)]
    torch.testing.assert_close(bank.text_embeds.norm(dim=1), torch.ones(24), atol=1e-3, rtol=0)
    again = save_checkpoint(
        saved.folder.parent / "ranked",
        checkpoint.model(),
        bank,
        tiny_tokenizer_json(),
        ranking=ranking,
        provenance={},
    )
    assert again.config.ranking == ranking
    assert again.fingerprint == saved.fingerprint  # an index need not be built again for it


def test_fingerprints_say_what_an_index_must_be_built_again_for(saved, folder):
    """Weights, and settings under which the same weights embed otherwise; not the bank."""

    def other_join(content):
        content["model"]["vision"]["join"] = "local"

    change_config(folder, other_join)
    changed = open_checkpoint(folder)
    changed.image_tower()  # the same weights fit
    assert changed.fingerprint != saved.fingerprint
    other = tiny_checkpoint(folder, seed=1)
    assert other.fingerprint != saved.fingerprint
    assert other.bank_fingerprint != saved.bank_fingerprint


def test_an_index_is_built_again_when_bank_scores_are_weighed_otherwise(saved, monkeypatch):
    """Its soft extremes hold the weights, so another floor under them is another bank to it."""
    before = saved.bank_fingerprint
    monkeypatch.setattr("cmpagl.model.bank_vectors.LEAST", 0.0)
    assert saved.bank_fingerprint != before


@pytest.mark.parametrize(
    ("before", "after"),
    [('"t": 12.0', '"t": 13.0'), ('"views": 1', '"views": 4'), ('"seed": 0', '"seed": 1')],
)
def test_settings_of_which_one_is_another_now_are_refused(folder, before, after):
    """The weights fit them, and nothing would show but another ranking; unsealed, it was meant."""
    path = folder / "config.json"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    assert "says something else than what was written" in refusal(lambda: open_checkpoint(folder))
    change_config(folder, lambda content: None)
    load_everything(folder)


def test_settings_that_say_a_thing_twice_are_refused(folder):
    """Of two values the last would count, and nothing say so."""
    path = folder / "config.json"
    path.write_text(path.read_text().replace('"views": 1', '"views": 4, "views": 1'))
    assert "says 'views' twice in one object" in refusal(lambda: open_checkpoint(folder))


def test_a_ranking_stays_sealed_when_it_is_tuned_anew(saved, folder):
    """Written with its report, it opens, and its digest is of what it says now."""
    checkpoint = replace_ranking(open_checkpoint(folder), UNTUNED, {"tuning": {"a": (1, 2.5e-7)}})
    assert checkpoint.config.ranking == UNTUNED
    assert json.loads((folder / "config.json").read_text())[SEAL]


def test_weights_of_a_ranking_are_bounded(folder):
    """Scores of more are no numbers in the end."""
    for name, wrong in (("alpha", 1e30), ("xi", 2e4), ("beta", 1e30)):
        one = {"beta": wrong} if name == "beta" else {"smr": {name: wrong}}
        ranking = {"bank_only": {"t2i": one}}
        change_config(folder, lambda content, r=ranking: content["model"].update(ranking=r))
        message = refusal(lambda: open_checkpoint(folder))
        assert name in message
        assert "10000" in message


def test_a_config_with_the_old_flat_ranking_opens(folder):
    """Checkpoints of before the nested form: the same settings, and the same fingerprint."""
    before = open_checkpoint(folder)
    ranking = replace(UNTUNED, fused=FusedBothWays(Fused(0.2), Fused(0.3)))
    change_config(folder, lambda content: content["model"].update(ranking=flat(ranking)))
    after = open_checkpoint(folder)
    assert after.config.ranking == ranking
    assert after.fingerprint == before.fingerprint


@pytest.mark.parametrize("name", MODEL_FILES)
def test_truncated_file_is_refused(folder, name):
    """By its size, before its content is believed."""
    path = folder / name
    os.truncate(path, path.stat().st_size // 2)
    message = refusal(lambda: load_everything(folder))
    assert name in message
    assert "truncated" in message


@pytest.mark.parametrize("name", MODEL_FILES)
@pytest.mark.parametrize("at", [0, -1], ids=["first byte", "last byte"])
def test_flipped_bit_is_refused(folder, name, at):
    """One bit of the header or of the last weight."""
    flip_a_bit(folder / name, at)
    message = refusal(lambda: load_everything(folder))
    assert name in message
    assert "damaged" in message


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
@pytest.mark.parametrize("name", [name for name in MODEL_FILES if name != "tokenizer.json"])
def test_a_weight_that_is_no_number_is_refused(folder, name, value):
    """By the file and the weight, with a digest that fits: it would come out as a score."""
    tensors = load_file(folder / name)
    last = sorted(tensors)[-1]
    tensors[last].view(-1)[-1] = value
    save_file(tensors, folder / name)
    content = (folder / name).read_bytes()
    said = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    change_config(folder, lambda config: config["files"].update({name: said}))
    message = refusal(lambda: load_everything(folder))
    assert f"{name} holds values that are no finite numbers (in {last})" in message


@pytest.mark.parametrize("name", MODEL_FILES)
def test_missing_file_is_refused_at_once(folder, name):
    """Already when the checkpoint is opened."""
    (folder / name).unlink()
    assert f"lacks {name}" in refusal(lambda: open_checkpoint(folder))


@pytest.mark.parametrize(
    ("part", "key", "value", "file"),
    [
        ("vision", "dim", 32, "vision.safetensors"),
        ("vision", "depths", [3], "vision.safetensors"),
        ("text", "vocab_size", 40, "text.safetensors"),
        ("fusion", "depth", 1, "fusion.safetensors"),
    ],
)
def test_weights_of_other_sizes_are_refused(folder, part, key, value, file):
    """Settings that do not fit the weights beside them: neither missing nor spare ones pass."""

    def change(content):
        content["model"][part][key] = value

    change_config(folder, change)
    message = refusal(lambda: load_everything(folder))
    assert file in message
    assert "does not fit config.json" in message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["model"].update(embed_dimm=16), "'embed_dimm'; did you mean 'embed_dim'?"),
        (lambda c: c["model"]["vision"].update(window=4), "'window'; did you mean 'window_size'?"),
        (lambda c: c["model"].update(embed_dim="16"), "embed_dim is '16'"),
        (lambda c: c["model"].update(views=5), "views is 5; choose 1, 2, 4 or 8"),
        (lambda c: c.update(model=None), "model must be a JSON object, not NoneType"),
        (lambda c: c.update(format=3), "format 3, but this version reads format 2"),
        (lambda c: c.pop("format"), "format None"),
        (lambda c: c.pop("files"), "does not describe vision.safetensors"),
        (lambda c: c["files"].pop("bank.safetensors"), "does not describe bank.safetensors"),
        (
            lambda c: c["files"]["text.safetensors"].update(bytes="many"),
            "does not describe text.safetensors",
        ),
    ],
)
def test_unusable_config_is_refused(folder, change, said):
    """An unknown key names the nearest, a newer format both numbers."""
    change_config(folder, change)
    message = refusal(lambda: open_checkpoint(folder))
    assert said in message
    assert "config.json" in message


@pytest.mark.parametrize("content", ["", "{", "[1]", '"text"', "\x00"])
def test_config_that_is_no_json_object_is_refused(folder, content):
    (folder / "config.json").write_text(content)
    assert "config.json" in refusal(lambda: open_checkpoint(folder))


def test_what_is_no_checkpoint_is_refused(tmp_path):
    """An empty folder, a file, a path that is not there, and a hub id out of reach."""
    file = tmp_path / "file"
    file.write_text("x")
    for source in (tmp_path, file, tmp_path / "nothing", tmp_path / "a" / "b"):
        assert "is not a checkpoint" in refusal(lambda source=source: open_checkpoint(source))
    message = refusal(lambda: open_checkpoint("nobody/nothing"))
    assert "'nobody/nothing' is not on this machine, and the hub is out of reach" in message


def test_a_tower_reads_only_its_own_files(saved, folder):
    """With every other weights file damaged, text queries still work; so do the other parts."""
    parts = {
        "text_tower": {"text.safetensors", "word_embeddings.safetensors"},
        "image_tower": {"vision.safetensors"},
        "fusion": {"fusion.safetensors"},
        "bank": {"bank.safetensors"},
        "tokenizer": {"tokenizer.json"},
    }
    for part, own in parts.items():
        for name in MODEL_FILES:
            shutil.copy(saved.folder / name, folder / name)
            if name not in own:
                flip_a_bit(folder / name, -1)
        checkpoint = open_checkpoint(folder)
        getattr(checkpoint, part)()
        for other in parts.keys() - {part}:
            with pytest.raises(CheckpointError, match="damaged"):
                getattr(checkpoint, other)()


def test_float16_on_disk_and_the_table_apart(saved):
    """Half the bytes; the word table in its file and in no other."""
    word_table = "encoder.bert.embeddings.word_embeddings.weight"
    stored = {
        name: load_file(saved.folder / name) for name in MODEL_FILES if name.endswith("safetensors")
    }
    assert {t.dtype for tensors in stored.values() for t in tensors.values()} == {torch.float16}
    assert stored["word_embeddings.safetensors"].keys() == {word_table}
    assert [name for name, tensors in stored.items() if word_table in tensors] == [
        "word_embeddings.safetensors"
    ]


@pytest.mark.parametrize("value", [float("nan"), 1e6])
def test_model_that_diverged_is_not_saved(saved, folder, value):
    """A weight that float16 cannot hold: the old checkpoint stays, whole."""
    model = tiny_model()
    with torch.no_grad():
        model.image.head.linear.bias[0] = value

    def save():
        save_checkpoint(
            folder,
            model,
            saved.bank(),
            tiny_tokenizer_json(),
            ranking=RankingConfig(),
            provenance={},
        )

    assert "head.linear.bias holds values that are not finite" in refusal(save)
    assert open_checkpoint(folder).fingerprint == saved.fingerprint
    load_everything(folder)


def test_checkpoint_whose_replacement_was_killed_comes_back(saved, folder):
    """Killed between the two renames, the old folder stands aside; opening puts it back."""
    os.replace(folder, folder.with_name(f".{folder.name}.old"))
    assert open_checkpoint(folder).fingerprint == saved.fingerprint
    load_everything(folder)
