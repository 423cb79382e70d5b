"""Drawn scenes as a data set on disk: Karpathy's layout and the truth.

    DIR/dataset_drawn.json   images: filename, split, sentences[].raw; also seed and format
    DIR/truth.json           a list of `SceneTruth.to_json()`, one line each, in the same order
    DIR/images/              224 x 224 pictures named after their scenes

Every picture is written atomically and its truth noted in ``truth.part.jsonl`` right after, so that
a run that was stopped goes on where it was, and a longer run keeps what a shorter one drew.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from itertools import accumulate
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from cmpagl.errors import ConfigError, DataError
from cmpagl.files import hold_folder, write_bytes, write_json, write_text
from cmpagl.progress import Progress
from cmpagl.scenes.drawing import draw_group, group_of
from cmpagl.scenes.planning.truth import SceneTruth

__all__ = [
    "DATASET_FILE",
    "FORMATS",
    "TRUTH_FILE",
    "draw_encoded",
    "read_truths",
    "write_dataset",
]

DATASET_FILE = "dataset_drawn.json"
TRUTH_FILE = "truth.json"
PART_FILE = "truth.part.jsonl"
FORMATS = ("webp", "jpg")
QUALITY = 85  # of both formats

_Encoded = list[tuple[int, bytes, SceneTruth]]  # index, content of the picture's file, truth


@dataclass(frozen=True)
class _Settings:
    """What the scenes of a folder have in common; one folder holds one of these."""

    seed: int
    split: str
    format: str


def write_dataset(
    out: Path,
    count: int,
    seed: int,
    *,
    split: str = "train",
    image_format: str = "webp",
    workers: int = 1,
    progress: Progress | None = None,
) -> int:
    """Draw ``count`` scenes into ``out``; what is there already of the same settings is kept.

    Args:
        out: A new or empty folder, or one written by this function with the same settings.
        count: How many scenes; the first ones do not depend on it.
        seed: The same seed draws the same bytes, whatever the number of workers.
        split: The split that all scenes are in.
        image_format: "webp" or "jpg".
        workers: Processes that draw at once.
        progress: Called with how many are done and how many wanted, at first and after each.

    Returns:
        How many scenes were drawn now.

    Raises:
        ConfigError: An argument is out of range, ``out`` holds something else, or
            another process draws into it.
        DataError: A scene found no room, or the notes of an earlier run are damaged.
    """
    _check(count, seed, split, image_format, workers)
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out} is a file; give a folder to draw into.")
    held = (
        f"Another process is drawing into {out}; wait until it has ended, or give another folder."
    )
    with hold_folder(out, ConfigError(held)):
        return _write(out, count, _Settings(seed, split, image_format), workers, progress)


def _write(
    out: Path,
    count: int,
    settings: _Settings,
    workers: int,
    progress: Progress | None,
) -> int:
    truths = _drawn_before(out, settings, count)
    before = len(truths)
    missing = [index for index in range(count) if index not in truths]
    groups = list(dict.fromkeys(group_of(index) for index in missing))
    (out / "images").mkdir(parents=True, exist_ok=True)
    if progress is not None:
        progress("scenes", before, count)
    with open(out / PART_FILE, "a", encoding="utf-8") as notes, _mapping(workers) as mapped:
        if notes.tell() == 0:
            print(json.dumps(asdict(settings)), file=notes, flush=True)
        for drawn in mapped(
            partial(_draw_encoded, seed=settings.seed, image_format=settings.format), groups
        ):
            for index, content, truth in drawn:
                if index >= count or index in truths:
                    continue  # the other scene of a pair
                write_bytes(out / "images" / _file_name(truth, settings), content)
                note = {"index": index, "truth": truth.to_json()}
                print(json.dumps(note), file=notes, flush=True)
                truths[index] = truth
                if progress is not None:
                    progress("scenes", len(truths), count)
    _finish(out, settings, [truths[index] for index in range(count)])
    return len(truths) - before


def draw_encoded(
    indices: Iterable[int], seed: int, *, workers: int = 1
) -> Iterator[tuple[int, bytes, SceneTruth]]:
    """Draw scenes of ``seed`` as `write_dataset` stores them as WebP, without a folder.

    Args:
        indices: Which scenes; the other one of a hard pair is drawn with it and left out.
        seed: The same seed draws the same bytes.
        workers: Processes that draw at once.

    Yields:
        Index, the content of the picture's file and the truth, by index.

    Raises:
        ConfigError: A negative index or seed.
        DataError: A scene found no room.
    """
    wanted = sorted(set(indices))
    groups = list(dict.fromkeys(group_of(index) for index in wanted))
    keep = set(wanted)
    with _mapping(workers) as mapped:
        for drawn in mapped(partial(_draw_encoded, seed=seed, image_format="webp"), groups):
            yield from (scene for scene in drawn if scene[0] in keep)


def read_truths(folder: Path) -> list[SceneTruth]:
    """The truths of a folder of drawn scenes, in order.

    Raises:
        DataError: There is no ``truth.json`` or it does not hold truths.
    """
    path = folder / TRUTH_FILE
    if not path.is_file():
        raise DataError(f"{folder} has no {TRUTH_FILE}; draw scenes into it first.")
    try:
        return [SceneTruth.from_json(entry) for entry in json.loads(path.read_text("utf-8"))]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(f"{path} does not hold the truth of drawn scenes ({error!r}).") from error


def _check(count: int, seed: int, split: str, image_format: str, workers: int) -> None:
    if count < 1:
        raise ConfigError(f"The number of scenes is {count}; give at least 1.")
    if seed < 0:
        raise ConfigError(f"The seed is {seed}; give a number from 0 on.")
    if not split.strip():
        raise ConfigError("The name of the split is empty; give one such as train or test.")
    if image_format not in FORMATS:
        raise ConfigError(f"The format is {image_format!r}; give one of {', '.join(FORMATS)}.")
    if workers < 1:
        raise ConfigError(f"The number of workers is {workers}; give at least 1.")


def _draw_encoded(group: tuple[int, ...], *, seed: int, image_format: str) -> _Encoded:
    """A group with its pictures encoded; module level, so that worker processes find it."""
    result = []
    for index, (image, truth) in zip(group, draw_group(group, seed), strict=True):
        buffer = io.BytesIO()
        if image_format == "webp":
            image.save(buffer, "WEBP", quality=QUALITY, method=4)
        else:
            image.save(buffer, "JPEG", quality=QUALITY)
        result.append((index, buffer.getvalue(), truth))
    return result


_Mapped = Callable[
    [Callable[[tuple[int, ...]], _Encoded], Iterable[tuple[int, ...]]], Iterable[_Encoded]
]


@contextmanager
def _mapping(workers: int) -> Iterator[_Mapped]:
    """`map`, over processes if there is more than one; the order is the same."""
    if workers == 1:
        yield map
        return
    others = set(active_children())
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            yield pool.map
        except BrokenProcessPool as error:
            raise DataError(
                "A process that draws was ended from outside, as for want of memory; run the same "
                "command again with fewer --workers, which goes on where it was."
            ) from error
        except BaseException:  # stopped: what they are drawing is not waited for
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in set(active_children()) - others:
                worker.terminate()
            raise


def _file_name(truth: SceneTruth, settings: _Settings) -> str:
    return f"{truth.spec.scene_id}.{settings.format}"


def _drawn_before(out: Path, settings: _Settings, count: int) -> dict[int, SceneTruth]:
    """Index -> truth of what an earlier run with these settings left in ``out``."""
    if not out.exists():
        return {}
    truths: dict[int, SceneTruth] = {}
    if (out / DATASET_FILE).is_file():
        _same_settings(out, _read_json(out / DATASET_FILE), settings)
        truths.update(enumerate(read_truths(out)))
    if (out / PART_FILE).is_file():
        truths.update(_read_notes(out, settings))
    elif not truths and any(entry.name != "images" for entry in out.iterdir()):
        raise ConfigError(f"{out} holds other files; give a new or empty folder.")
    if truths and max(truths) >= count:
        raise ConfigError(
            f"{out} holds {max(truths) + 1} scenes already; ask for at least as many or give "
            "another folder."
        )
    images = out / "images"
    return {
        index: truth
        for index, truth in truths.items()
        if (images / _file_name(truth, settings)).is_file()
    }


def _read_json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is no JSON file ({error}); draw into another folder.") from error


def _same_settings(out: Path, found: Any, settings: _Settings) -> None:  # noqa: ANN401
    for key, value in asdict(settings).items():
        known = found.get(key) if isinstance(found, dict) else None
        if known != value:
            raise ConfigError(
                f"{out} holds drawn scenes of {key} {known!r}, not {value!r}; give another folder."
            )


def _read_notes(out: Path, settings: _Settings) -> dict[int, SceneTruth]:
    """The notes of a run that was stopped; a last line cut short is cut off the file."""
    path = out / PART_FILE
    lines = path.read_text("utf-8").split("\n")
    whole = lines[:-1]
    if lines[-1]:
        write_text(path, "".join(line + "\n" for line in whole))
    if not whole:
        return {}
    try:
        _same_settings(out, json.loads(whole[0]), settings)
        notes = [json.loads(line) for line in whole[1:]]
        return {note["index"]: SceneTruth.from_json(note["truth"]) for note in notes}
    except (KeyError, TypeError, IndexError, json.JSONDecodeError) as error:
        raise DataError(f"{path} is damaged ({error!r}); draw into another folder.") from error


def _finish(out: Path, settings: _Settings, truths: list[SceneTruth]) -> None:
    """Write the truth, then the description that makes the folder a data set; drop the notes."""
    lines = ",\n".join(json.dumps(truth.to_json(), ensure_ascii=False) for truth in truths)
    write_text(out / TRUTH_FILE, f"[\n{lines}\n]\n")
    first = list(accumulate((len(truth.captions) for truth in truths), initial=0))
    images = [
        {
            "filename": _file_name(truth, settings),
            "imgid": index,
            "split": settings.split,
            "sentences": [
                {"raw": caption, "imgid": index, "sentid": first[index] + number}
                for number, caption in enumerate(truth.captions)
            ],
        }
        for index, truth in enumerate(truths)
    ]
    write_json(out / DATASET_FILE, {"dataset": "drawn", **asdict(settings), "images": images})
    (out / PART_FILE).unlink()
