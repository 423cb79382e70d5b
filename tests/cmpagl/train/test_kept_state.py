"""A saved state that lies is refused by name: no phase is passed over, no weight kept by chance."""

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from cmpagl.config.run import TrainConfig
from cmpagl.errors import CheckpointError, ConfigError
from cmpagl.train.kept_state import require_phase, require_trained, require_tuned
from cmpagl.train.run_folder import RunFolder, State
from cmpagl.train.schedule import Rated

WEIGHT = nn.Parameter(torch.ones(2, 3))
RATED = [Rated("head.weight", WEIGHT, 0.1)]
SOUND = {
    "model/head.weight": torch.ones(2, 3),
    "average/head.weight": torch.ones(2, 3),
    "step/head.weight": torch.tensor(4.0),
    "exp_avg/head.weight": torch.zeros(2, 3),
    "exp_avg_sq/head.weight": torch.zeros(2, 3),
}
HEADER = {"phase": "align", "step": "4"}


def loaded(folder, tensors=SOUND, header=HEADER):
    """A state as a run reads it again, held against what it is to be."""
    run = RunFolder(folder, TrainConfig(), ["data"], resume=True, time_budget=None)
    run.state.write_bytes(tensors if isinstance(tensors, bytes) else save(tensors, header))
    state = run.load()
    require_phase(state, run.state)
    require_trained(state, {"head.weight": WEIGHT}, run.state)
    require_tuned(state, RATED, 10, run.state)
    return state


def without(name):
    return {key: value for key, value in SOUND.items() if key != name}


def test_a_sound_state_is_taken(tmp_path):
    state = loaded(tmp_path)
    assert (state.phase, state.step) == ("align", 4)
    assert state.tensors.keys() == SOUND.keys()


@pytest.mark.parametrize("name", SOUND)
def test_what_is_missing_unknown_or_of_another_form_is_named(tmp_path, name):
    """Any one of its tensors, without which the run would go on with something else."""
    value = SOUND[name]
    for said, tensors in (
        ("lacks", without(name)),
        ("has the unknown", {**SOUND, f"{name}s": value.clone()}),
        (r"of the shape \(1,", SOUND | {name: value[None]}),
        ("torch.float64", SOUND | {name: value.double()}),
        ("no finite numbers", SOUND | {name: value * np.nan}),
    ):
        with pytest.raises(CheckpointError, match=said) as told:
            loaded(tmp_path, tensors)
        assert name in str(told.value)


def test_a_flipped_bit_is_seen(tmp_path):
    """Also where the value stays a number; a state of an earlier version has no digest."""
    run = RunFolder(tmp_path, TrainConfig(), ["data"], resume=True, time_budget=None)
    run.save(State("align", 4, dict(SOUND)))
    kept = run.state.read_bytes()
    assert run.load().tensors.keys() == SOUND.keys()
    for at in (*range(len(kept) - 100, len(kept), 7), kept.index(b'"4"') + 1, kept.index(b"align")):
        run.state.write_bytes(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :])
        with pytest.raises(CheckpointError, match="is damaged"):
            run.load()


def test_a_finished_state_without_weights(tmp_path):
    """A checkpoint would be made of weights drawn at random."""
    with pytest.raises(CheckpointError, match=r"lacks model/head\.weight"):
        loaded(tmp_path, {}, {"phase": "done", "step": "0"})


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (None, "is damaged"),
        ({"step": "4"}, "is damaged"),
        (HEADER | {"step": "x"}, "is damaged"),
        (HEADER | {"step": "-5"}, "is damaged"),
        (HEADER | {"step": "9" * 5000}, "is damaged"),
        (HEADER | {"step": "11"}, "is at step 11 of 10"),
        (HEADER | {"phase": "zzz"}, "names the phase 'zzz'"),
    ],
)
def test_a_place_in_the_run_that_there_is_not(tmp_path, header, said):
    """A step beyond the last would pass the phase over, one below 0 go through it twice."""
    with pytest.raises(CheckpointError, match=said) as told:
        loaded(tmp_path, header=header)
    assert "remove it to start the run anew" in str(told.value)


def test_a_state_that_is_no_file(tmp_path):
    """A named pipe would be waited for."""
    run = RunFolder(tmp_path, TrainConfig(), ["data"], resume=True, time_budget=None)
    run.state.mkdir()
    with pytest.raises(CheckpointError, match="is damaged"):
        run.load()


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"null", b'{"a": [1]}', b"\xff"])
def test_a_damaged_note_of_what_a_run_was_given(tmp_path, content):
    """It is not taken for one of an earlier version, which has no such note."""
    run = RunFolder(tmp_path, TrainConfig(), ["data"], resume=True, time_budget=None)
    run.save(State("align", 4, dict(SOUND)))
    again = RunFolder(tmp_path, TrainConfig(), ["data"], resume=True, time_budget=None)
    again.hold_to({"a picture": "its digest"})
    (tmp_path / "given.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"given\.json is damaged"):
        again.hold_to({"a picture": "its digest"})
