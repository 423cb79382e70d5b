"""Pictures embedded on Ray: by processes of this machine, or by those of a cluster.

Ray Data reads pictures in tasks; one actor a device embeds them and writes them as Lance fragments,
files that belong to no version yet. The run itself only commits these, in the order of the data
set, so what is committed and how a run goes on are those of `cmpagl.store.images_step`. A process
that dies is started again by Ray, and does its part anew.

Every process must reach the pictures, the model and the index by the names that the run has for
them, and have this package: a folder that all machines share, or an object store.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from cmpagl.errors import CheckpointError, UsageError
from cmpagl.model.precision import Precision
from cmpagl.store.embedding import scene_columns
from cmpagl.store.ray_worker import Contents, Device, read_pictures
from cmpagl.store.work import IMAGE_BATCH, Work

__all__ = ["Answer", "embedded_on_ray"]

ROWS = 8 * IMAGE_BATCH
"""Pictures that are read, embedded and written as one: lost where a process dies."""

LOCAL: dict[str, Any] = {"object_store_memory": 10**9}
"""How a cluster of this machine alone is started; its store is of bytes."""


@dataclass(frozen=True)
class Answer:
    """What became of some consecutive records."""

    records: Sequence[tuple[int, str | None, bytes, bool]]
    """Of each its number, why it cannot be read, its content, and whether that was known."""
    fragments: Sequence[str]  # of new scenes, as Lance writes them down
    features: Sequence[str]  # likewise
    changed: pa.Table | None  # rows that take the place of others
    precision: Precision | None  # of the device; None: it has embedded nothing yet

    @property
    def last(self) -> int:
        """The number of the last record."""
        return self.records[-1][0]

    @property
    def embedded(self) -> list[int]:
        """The numbers of those that were embedded."""
        return [n for n, error, _, known in self.records if error is None and not known]


def embedded_on_ray(work: Work, *, keep_features: bool) -> Iterator[Answer]:
    """What becomes of the data set's records, in order; what is new is written, not committed.

    Args:
        work: the run.
        keep_features: also write what the tower pools.

    Raises:
        UsageError: Ray is not installed.
        CheckpointError: the model gives embeddings that are not finite.
    """
    with _cluster() as ray:
        from ray.data import ActorPoolStrategy, DataContext, from_arrow_refs

        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        plan = work.plan()
        reading = {
            "root": work.dataset.root,
            "size": plan.checkpoint.config.vision.preprocessing.size,
            "known": ray.put(Contents.of(work.by_content).packed),
        }
        features = str(work.features.path) if keep_features else None
        sent = [ray.put(table) for table in _sent(work)]
        device, actors = _devices(ray.cluster_resources())
        answers = (
            from_arrow_refs(sent)
            .map_batches(
                read_pictures,
                fn_kwargs=reading,
                batch_size=IMAGE_BATCH,
                batch_format="pyarrow",
                num_cpus=0.5,  # it waits for disks; and another share keeps it out of the actors
            )
            .map_batches(
                Device,
                fn_constructor_args=(plan, str(work.scenes.path), features),
                batch_size=ROWS,
                batch_format="pyarrow",
                compute=ActorPoolStrategy(size=min(actors, len(sent))),
                **device,
            )
        )
        for batch in answers.iter_batches(batch_size=1, batch_format="pyarrow"):
            yield _answer(batch.to_pylist()[0])


def _answer(said: dict[str, Any]) -> Answer:
    if said["failed"]:
        raise CheckpointError(said["failed"])
    changed, precision = said["changed"], said["precision"]
    parts = ("numbers", "errors", "contents", "known")
    return Answer(
        list(zip(*(said[name] for name in parts), strict=True)),
        said["fragments"],
        said["features"],
        pa.ipc.open_stream(changed).read_all() if changed else None,
        Precision(precision, said["gain"]) if precision else None,
    )


def _sent(work: Work) -> Iterator[pa.Table]:
    """The records as tables that every process can read."""
    schema = work.scenes.data.schema
    records = work.dataset.records
    for start in range(0, len(records), ROWS):
        some = records[start : start + ROWS]
        columns = {
            name: pa.array(values, schema.field(name).type)
            for name, values in scene_columns(some, work.dataset.root).items()
        }
        columns["number"] = pa.array(range(start, start + len(some)), pa.int64())
        columns["taken"] = pa.array([record.image_id in work.by_name for record in some])
        yield pa.table(columns)


def _devices(there: dict[str, float]) -> tuple[dict[str, int], int]:
    """What an actor occupies, and how many embed: one a GPU, else most of the cores."""
    gpus, cores = int(there.get("GPU", 0)), int(there.get("CPU", 1))
    if gpus:
        return {"num_gpus": 1}, gpus
    return {"num_cpus": 1}, max(1, cores - max(1, cores // 4))


@contextmanager
def _cluster() -> Iterator[Any]:
    """Ray, connected to the cluster that RAY_ADDRESS names, else to one of this machine alone."""
    try:
        import ray
    except ImportError as error:
        raise UsageError(
            "--engine ray needs Ray, which is not installed; install it with "
            "`pip install 'cmpagl[scale]'`, or leave --engine out."
        ) from error
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:  # from its start on: what was begun until then ends as well
        if os.environ.get("RAY_ADDRESS"):
            ray.init(**quiet)
        else:
            ray.init(address="local", include_dashboard=False, **quiet, **LOCAL)
        yield ray
    finally:
        ray.shutdown()
