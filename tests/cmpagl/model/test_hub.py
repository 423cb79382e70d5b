"""Files of a model from a folder or a hub; whatever goes wrong is one sentence."""

import json

import pytest
from loopback_hub import asked, running_hub

from cmpagl.errors import CheckpointError
from cmpagl.model.hub import is_hub_id, source_file, source_folder, weights_files

LARGE = 24_000_000  # beyond what the hub's client keeps in memory of a download


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(100_000))
    (folder / "large.safetensors").write_bytes(bytes(LARGE))
    repositories = {"somebody/vit": folder, "somebody/secret": folder}
    with running_hub(repositories, {"somebody/secret"}) as running:
        yield running


BOTH = ["config.json", "model.safetensors"]


def test_what_was_fetched_once_needs_no_hub(hub, tmp_path):
    """Whole, each file once; then from the cache, with the hub out of reach or switched off."""
    question = ["hf:somebody/vit", BOTH]
    hub.fetched.clear()
    (first,) = asked(tmp_path, question, HF_ENDPOINT=hub.url)
    assert first == [2, 100_000]
    assert hub.fetched == [("config.json", 0), ("model.safetensors", 0)]
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9"}
    for environment in (nowhere, {**nowhere, "HF_HUB_OFFLINE": "1"}):
        again, lacking = asked(
            tmp_path, question, ["somebody/vit", ["tokenizer.json"]], **environment
        )
        assert again == first
        assert lacking.startswith("somebody/vit holds no tokenizer.json")
    assert len(hub.fetched) == 2


def test_a_download_that_broke_goes_on(hub, tmp_path):
    """By itself, and ends with the whole file."""
    hub.fetched.clear()
    hub.breaking.add("model.safetensors")
    assert asked(tmp_path, ["somebody/vit", BOTH], HF_ENDPOINT=hub.url) == [[2, 100_000]]
    assert [name for name, _ in hub.fetched] == ["config.json", *BOTH[1:], *BOTH[1:]]


def test_a_large_download_goes_on_where_it_broke(hub, tmp_path):
    """By itself it asks for the rest alone, from a byte on that had come before."""
    hub.fetched.clear()
    hub.breaking.add("large.safetensors")
    wanted = ["somebody/vit", ["large.safetensors"]]
    assert asked(tmp_path, wanted, HF_ENDPOINT=hub.url) == [[LARGE]]
    (_, first), (_, then) = hub.fetched
    assert first == 0
    assert 0 < then <= LARGE // 2


def test_a_hub_that_refuses_is_one_sentence(hub, tmp_path):
    """Gated, not there, no such revision, no such file: each with what to do."""
    answers = asked(
        tmp_path,
        ["somebody/secret", BOTH],
        ["somebody/nothing", BOTH],
        ["somebody/vit@v9", BOTH],
        ["somebody/vit", ["tokenizer.json"]],
        HF_ENDPOINT=hub.url,
    )
    for answer, part in zip(
        answers,
        (
            "'somebody/secret' is gated: accept its terms",
            "no model 'somebody/nothing' that this login may read",
            "'somebody/vit' has no revision 'v9'",
            "somebody/vit holds no tokenizer.json",
        ),
        strict=True,
    ):
        assert part in answer
        assert "\n" not in answer


def test_out_of_reach_and_never_fetched(tmp_path):
    (answer,) = asked(tmp_path, ["somebody/vit", BOTH], HF_ENDPOINT="http://127.0.0.1:9")
    assert "is not on this machine, and the hub is out of reach" in answer


def test_a_folder_is_read_as_it_is(tmp_path):
    """One file or shards; pickles alone are refused, and no shard lies elsewhere."""
    source = str(tmp_path)
    with pytest.raises(CheckpointError, match=r"holds no model\.safetensors"):
        weights_files(source)
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(CheckpointError, match="only as a pickle"):
        weights_files(source)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}))
    for name in ("one.safetensors", "two.safetensors"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in weights_files(source)] == ["one.safetensors", "two.safetensors"]
    for wrong in ({"weight_map": {"a": "../one.safetensors"}}, {"weight_map": 1}, []):
        index.write_text(json.dumps(wrong))
        with pytest.raises(CheckpointError, match=r"index\.json (names|is no)"):
            weights_files(source)
    assert source_file(source, "one.safetensors") == tmp_path / "one.safetensors"
    assert source_folder(source, ["one.safetensors"], ["nothing.json"]) == tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("facebook/dinov2-small", True),
        ("hf:facebook/dinov2-small@refs/pr/3", True),
        ("checkpoints", False),
        ("./checkpoints/mine", False),
        ("~/models/mine", False),
        ("a/b/c", False),
    ],
)
def test_the_form_of_a_hub_id(source, expected):
    assert is_hub_id(source) is expected


def test_a_folder_goes_before_a_hub_id(tmp_path, monkeypatch):
    (tmp_path / "somebody" / "vit").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert not is_hub_id("somebody/vit")
