"""The folder of a training run: its settings, its log, and a state to go on from.

The state holds everything that decides the rest of the run (weights, moving averages, AdamW's
moments, the place in the schedule); randomness is a function of seed, phase, step, so it needs no
state. It is written under a temporary name and renamed: a kill at any moment leaves the last whole
one.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from cmpagl.config.run import TrainConfig
from cmpagl.errors import CheckpointError, ConfigError
from cmpagl.files import atomic_path, hold_folder, remove_left, write_json
from cmpagl.model.part_file import finite
from cmpagl.model.weights import tensors_digest
from cmpagl.train.given import differing

__all__ = ["OutOfTime", "RunFolder", "State", "only_one"]

STATE = "state.safetensors"
GIVEN = "given.json"
LOG = "log.jsonl"


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder of a run, which is made if need be; a process that is killed holds nothing.

    What such a one was writing is removed.

    Raises:
        ConfigError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held = ConfigError(
        f"Another process is training into {folder}; wait until it has ended, or give "
        "another --out."
    )
    with hold_folder(folder, held):
        for place in (folder, folder / "work"):
            remove_left(place)
        yield


class OutOfTime(Exception):
    """The time budget is spent and the state is saved."""


class State:
    """A place in a run: phase, step, and tensors by name."""

    def __init__(self, phase: str, step: int, tensors: dict[str, Tensor]) -> None:
        self.phase, self.step, self.tensors = phase, step, tensors

    def group(self, prefix: str) -> dict[str, Tensor]:
        """The tensors of one kind, without the kind's prefix."""
        start = prefix + "/"
        return {k[len(start) :]: v for k, v in self.tensors.items() if k.startswith(start)}


class RunFolder:
    """What a run keeps on disk.

    Args:
        folder: where.
        config: of the run; a resumed run must have the same.
        data: names of the data it is trained on, likewise.
        resume: go on where the run stopped; otherwise a folder with a run in it is refused.
        time_budget: seconds until `check_time` ends the run, or None. A process that has kept
            nothing yet goes on until it has: any budget, given often enough, ends the run.

    Raises:
        ConfigError: a run is there and ``resume`` is not asked for, or its settings differ.
    """

    def __init__(
        self,
        folder: Path,
        config: TrainConfig,
        data: list[str],
        *,
        resume: bool,
        time_budget: float | None,
    ) -> None:
        self.folder = folder
        settings = json.loads(json.dumps({"config": asdict(config), "data": data}))
        for name in ("run.json", GIVEN, LOG):  # a named pipe would wait for ever
            if (folder / name).exists() and not (folder / name).is_file():
                raise ConfigError(
                    f"{folder / name} is no regular file; move it away, or give another --out."
                )
        path = folder / "run.json"
        # Without a state there is nothing to lose, and the run begins.
        self.goes_on = path.exists() and (folder / STATE).exists()
        if self.goes_on:
            if not resume:
                raise ConfigError(
                    f"{folder} already holds a run; add --resume to go on with it, or give another "
                    "--out."
                )
            if _told(path) != settings:
                raise ConfigError(
                    f"The run in {folder} has other settings or data ({path}); resume it with "
                    "those, or give another --out."
                )
        folder.mkdir(parents=True, exist_ok=True)
        write_json(path, settings)
        self._started = time.monotonic()
        self._deadline = None if time_budget is None else self._started + time_budget
        self._saved = self._started
        self._kept = False  # anything new that a later process finds
        self._interval = config.checkpoint_seconds
        self.work.mkdir(exist_ok=True)  # what stands in its way is told of now

    def hold_to(self, given: Mapping[str, str], *, unseen: Collection[str] = ()) -> None:
        """Let the run go on only with what it was begun with.

        Args:
            given: a digest of each thing, by what a sentence calls it, in order.
            unseen: what else it was begun with, which is not looked at.

        Raises:
            ConfigError: something is not what it was.
        """
        path = self.folder / GIVEN
        if not (self.goes_on and path.exists()):  # a run of an earlier version does not tell
            if not unseen:
                write_json(path, dict(given))
            return
        before = _told(path)
        if not isinstance(before, dict) or not all(isinstance(v, str) for v in before.values()):
            raise ConfigError(
                f"{path} is damaged, so nobody can tell whether the run in {self.folder} was begun "
                "with the same data; restore it, or give another --out."
            )
        if found := differing({k: v for k, v in before.items() if k not in unseen}, given):
            more = f", and {len(found) - 1:,} more" if len(found) > 1 else ""
            raise ConfigError(
                f"The run in {self.folder} was begun with other data: {found[0][:200]}{more}; "
                "resume it with what it was begun with, or give another --out."
            )

    def elapsed(self) -> float:
        """Seconds since this process took up the run."""
        return time.monotonic() - self._started

    def log(self, **values: object) -> None:
        """Append one JSON line to ``log.jsonl``."""
        line = json.dumps({"seconds": round(self.elapsed(), 1), **values})
        with open(self.folder / LOG, "a", encoding="utf-8") as handle:
            handle.write(line + "\n")

    def has_logged(self, **values: object) -> bool:
        """Whether a line of the log holds all of ``values``."""
        try:
            text = (self.folder / LOG).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return False
        for line in text.splitlines():
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):  # of a process that was killed while it wrote
                continue
            if isinstance(found, dict) and values.items() <= found.items():
                return True
        return False

    @property
    def state(self) -> Path:
        """Where the last saved state lies."""
        return self.folder / STATE

    @property
    def checkpoint(self) -> Path:
        """Where the finished checkpoint lies; it is there as a whole, or not at all."""
        return self.folder / "checkpoint"

    @property
    def work(self) -> Path:
        """What is kept of work between the phases, until the run is finished."""
        return self.folder / "work"

    def clear_work(self) -> None:
        """Remove `work`."""
        shutil.rmtree(self.work, ignore_errors=True)

    def out_of_time(self) -> bool:
        """Whether the time budget is spent."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def check_time(self) -> None:
        """End the run when time is up and this process has kept something new.

        Raises:
            OutOfTime: the time budget is spent.
        """
        if self._kept and self.out_of_time():
            raise OutOfTime

    def mark_kept(self) -> None:
        """Tell of work that keeps its own state, such as caching."""
        self._kept = True

    def save_due(self) -> bool:
        """Whether the last saved state is old enough to save a new one, or time is up."""
        return self.out_of_time() or time.monotonic() - self._saved >= self._interval

    def save(self, state: State) -> None:
        """Replace the saved state."""
        with atomic_path(self.state) as temporary:
            tensors = {k: v.detach().cpu().contiguous() for k, v in state.tensors.items()}
            said = {"phase": state.phase, "step": str(state.step)}
            save_file(tensors, temporary, {**said, "digest": _digest(tensors, said)})
        self._saved = time.monotonic()
        self.mark_kept()

    def load(self) -> State | None:
        """The saved state, or None when the run has not got that far.

        One of an earlier version has no digest, and is taken as it is.

        Raises:
            CheckpointError: the file is damaged.
        """
        path = self.state
        if not path.exists():
            return None
        try:
            if not path.is_file():  # a named pipe would wait for ever
                raise ValueError(path)
            with safe_open(path, framework="pt") as stored:
                meta: Mapping[str, str] = stored.metadata() or {}
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            # Runs begun before phases were called so said "stage".
            phase, step = meta.get("phase") or meta["stage"], meta["step"]
            if re.fullmatch(r"[0-9]{1,15}", step) is None:
                raise ValueError(step)
            said = {"phase": phase, "step": step}
            if meta.get("digest", "") not in ("", _digest(tensors, said)):
                raise ValueError(path)
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            raise CheckpointError(f"{path} is damaged; remove it to start the run anew.") from error
        return State(phase, int(step), finite(tensors, path))


def _digest(tensors: Mapping[str, Tensor], said: Mapping[str, str]) -> str:
    """A hash of all that a state says."""
    parts = [tensors_digest(tensors), *(f"{name} {value}" for name, value in said.items())]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _told(path: Path) -> object:
    """What a file of the run says; None where it is not there or says nothing."""
    try:
        told: object = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    return told
