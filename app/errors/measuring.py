"""Measuring rankings in the background: each once for all visitors, with progress, stoppable.

A measurement goes on while somebody asks for it: who stops or leaves asks no more, and it ends by
itself. What it has matched by then is kept.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from app.words.errors import ERRORS
from cmpagl.errors import CmpaglError, DataError
from cmpagl.measure.gallery import BothBenchmark, GalleryBenchmark, StageFigures
from cmpagl.rank.stage import ALIGNED, Stage

if TYPE_CHECKING:
    from cmpagl.search.retriever import Retriever

__all__ = ["Measuring", "MeasuringJob", "measuring_job"]

LOG = logging.getLogger("cmpagl.explorer")

PATIENCE = 15.0
"""Seconds without a question after which nobody is waiting; on a busy machine, some come late."""


@dataclass(frozen=True)
class Measuring:
    """How far a measurement is."""

    stage: Stage
    what: str = "start"  # or "captions", "matches"
    done: int = 0
    total: int = 0


class _NobodyWaits(Exception):
    """Ends a measurement."""


class MeasuringJob:
    """The rankings of one gallery that were measured so far."""

    def __init__(self, *retrievers: Retriever) -> None:
        """Measure nothing yet.

        Args:
            retrievers: of one model, or of two that rank at once.

        Raises:
            DataError: the gallery cannot be measured.
        """
        made = GalleryBenchmark if len(retrievers) == 1 else BothBenchmark
        self.benchmark = made(*retrievers)
        self._found: dict[Stage, StageFigures] = {}
        self._lock = threading.Lock()
        self._wanted: dict[Stage, float] = {}  # when each was last asked for
        self._failed: dict[Stage, str] = {}  # why, told once
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition(self._lock)
        self.progress = Measuring(ALIGNED)  # until something is asked for

    def ask(self, stages: Sequence[Stage], wait: float) -> tuple[StageFigures, ...] | Measuring:
        """Give stages that are measured; else begin, and say after ``wait`` seconds how far it is.

        Raises:
            DataError: measuring one of them failed.
        """
        until = time.monotonic() + wait
        with self._changed:
            while True:
                for stage in stages:
                    if sentence := self._failed.pop(stage, ""):
                        raise DataError(sentence)
                missing = [stage for stage in stages if stage not in self._found]
                if not missing:
                    return tuple(self._found[stage] for stage in stages)
                now = time.monotonic()
                self._wanted |= dict.fromkeys(missing, now)
                if self._thread is None:
                    self.progress = Measuring(missing[0])
                    thread = threading.Thread(target=self._run, name="errors", daemon=True)
                    thread.start()  # where there is no room for one, the next who asks tries again
                    self._thread = thread
                if now >= until:
                    return self.progress
                self._changed.wait(min(until - now, 1.0))

    def _run(self) -> None:
        while (stage := self._next()) is not None:
            try:
                found = self.benchmark.measure(stage, lambda *told: self._tell(stage, *told))
                with self._changed:
                    self._found[stage] = found
            except _NobodyWaits:
                pass
            except CmpaglError as error:
                self._failed[stage] = str(error)
            except BaseException as error:  # a panic of a library in Rust is no Exception
                LOG.exception("measuring %s failed", stage.name)
                self._failed[stage] = ERRORS.failed.format(kind=type(error).__name__)
            with self._changed:
                self._wanted.pop(stage, None)
                self._changed.notify_all()

    def _next(self) -> Stage | None:
        """What somebody still waits for; the thread ends where it is nothing."""
        with self._changed:
            now = time.monotonic()
            waiting = [s for s, asked in self._wanted.items() if now - asked < PATIENCE]
            if not waiting:
                self._wanted.clear()
                self._thread = None
                return None
            self.progress = Measuring(waiting[0])
            return waiting[0]

    def _tell(self, stage: Stage, what: str, done: int, total: int) -> None:
        if time.monotonic() - self._wanted.get(stage, 0.0) > PATIENCE:
            raise _NobodyWaits
        self.progress = Measuring(stage, what, done, total)


_MAKING = threading.Lock()


def measuring_job(*retrievers: Retriever) -> MeasuringJob:
    """The one `MeasuringJob` of a gallery by one model, or by two at once.

    Raises:
        DataError: the gallery cannot be measured.
    """
    with _MAKING:
        return _job(*retrievers)


@lru_cache(maxsize=6)
def _job(*retrievers: Retriever) -> MeasuringJob:
    return MeasuringJob(*retrievers)
