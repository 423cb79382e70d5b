"""An index in the making: a hidden folder beside its final place, from which a killed run goes on.

    .NAME.partial/index/     the files of the index, growing
    .NAME.partial/work/      what is needed only until it is finished: the state, a line per record,
                             the towers' pooled features (for the raw maps)

Images and captions are encoded in batches of fixed composition, so a run that was stopped and gone
on with ends with the same bytes. The state counts what has safely reached the disk; what lies
behind that in a file is cut off when the work goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from cmpagl.config.model import ModelConfig
from cmpagl.errors import GalleryError
from cmpagl.files import atomic_path, recover_folder, replace_folder, write_json
from cmpagl.growing import FLUSH_SECONDS, GrowingArray, map_array
from cmpagl.model.embed import ImageBatch
from cmpagl.store.manifest import thumbnail_name

__all__ = ["PartialIndex"]


class PartialIndex:
    """The working folder of one index; use it as a context, which holds its lock.

    Args:
        out: where the finished index goes.
        config: of the model, for the widths of the arrays.
        key: JSON values that decide the index's content; work with another key starts anew.

    Raises:
        GalleryError: ``out`` is something else than an index, or another run works on it.
    """

    def __init__(self, out: Path, config: ModelConfig, key: Mapping[str, Any]) -> None:
        recover_folder(out)
        _check_place(out)
        self.out = out
        self.folder = out.with_name(f".{out.name}.partial")
        self.index, self.work = self.folder / "index", self.folder / "work"
        self._config = config
        self._key = hashlib.blake2b(
            json.dumps(key, sort_keys=True).encode(), digest_size=16
        ).hexdigest()
        self._arrays: dict[str, GrowingArray] = {}
        self._log: IO[bytes] | None = None
        self._log_bytes = 0  # of it that tell of records done
        self._lock: IO[bytes] | None = None
        self._flushed = 0.0
        self.records_done = 0  # records looked at, skipped ones included
        self.captions_done = 0
        self.images = 0  # records that are in the index

    def __enter__(self) -> PartialIndex:
        """Take the lock, then open the work that is there or start anew."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self.folder / "lock", self.out)
        try:
            state = self._read_state()
            try:
                self._open(state)
            except (OSError, ValueError, KeyError):
                if not state:
                    raise
                self._open({})  # the work is damaged: start anew
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the files and give the lock back; what work there is stays."""
        if error is not None and self._log is not None:
            with suppress(OSError):  # a full disk; what counts was flushed before
                self.flush()
        if self._lock is not None and not self.records_done:
            shutil.rmtree(self.folder, ignore_errors=True)
        for file in (*self._arrays.values(), self._log, self._lock):
            if file is not None:
                with suppress(OSError):  # a full disk, as above
                    file.close()

    def _read_state(self) -> dict[str, Any]:
        try:
            state = json.loads((self.work / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        fits = isinstance(state, dict) and state.get("key") == self._key
        return state if fits else {}

    def _open(self, state: Mapping[str, Any]) -> None:
        if not state:
            shutil.rmtree(self.index, ignore_errors=True)
            shutil.rmtree(self.work, ignore_errors=True)
        (self.index / "thumbnails").mkdir(parents=True, exist_ok=True)
        self.work.mkdir(exist_ok=True)
        vision, text, fusion = self._config.vision, self._config.text, self._config.fusion
        length, width = vision.out_grid**2, self._config.embed_dim
        images, captions = state.get("images", 0), state.get("captions_done", 0)
        self._arrays = {
            name: GrowingArray(folder / f"{name}.npy", shape, dtype, rows)
            for name, folder, shape, dtype, rows in (
                ("image_embeds", self.index, (width,), np.float32, images),
                ("token_values", self.index, (length, fusion.dim), np.int8, images),
                ("token_scales", self.index, (length,), np.float16, images),
                ("pooled_images", self.work, (vision.block_pooled_dim,), np.float32, images),
                ("caption_embeds", self.index, (width,), np.float32, captions),
                ("pooled_captions", self.work, (text.dim,), np.float32, captions),
            )
        }
        self._log = open(self.work / "records.jsonl", "ab")  # noqa: SIM115 - closed by __exit__
        self._log_bytes = state.get("log_bytes", 0)
        self._log.truncate(self._log_bytes)
        self._log.seek(0, os.SEEK_END)
        self.records_done = state.get("records_done", 0)
        self.images, self.captions_done = images, captions
        for path in (self.index / "thumbnails").iterdir():
            if path.name >= thumbnail_name(images):
                path.unlink()
        for path in self.index.glob(".*.tmp"):  # of a run that was killed while it wrote one
            path.unlink()
        self.flush()

    # Adding

    def add_images(
        self, batch: ImageBatch | None, thumbnails: list[bytes], lines: list[Any]
    ) -> None:
        """Add what became of the next records.

        Args:
            batch: of those that could be read, None if none could.
            thumbnails: one for each of these.
            lines: one JSON value for each record, skipped ones included.
        """
        assert self._log is not None
        for offset, content in enumerate(thumbnails):
            path = self.index / "thumbnails" / thumbnail_name(self.images + offset)
            path.write_bytes(content)
        if batch is not None:
            self._arrays["image_embeds"].append(batch.image_embeds)
            self._arrays["token_values"].append(batch.token_values)
            self._arrays["token_scales"].append(batch.token_scales)
            self._arrays["pooled_images"].append(batch.pooled)
        self._log.write("".join(json.dumps(line) + "\n" for line in lines).encode())
        self.images += len(thumbnails)
        self.records_done += len(lines)
        self._log_bytes = self._log.tell()
        self._flush_in_time()

    def add_captions(
        self, embeds: npt.NDArray[np.float32], pooled: npt.NDArray[np.float32]
    ) -> None:
        """Add the next distinct captions: (k, E) and (k, P)."""
        self._arrays["caption_embeds"].append(embeds)
        self._arrays["pooled_captions"].append(pooled)
        self.captions_done += len(embeds)
        self._flush_in_time()

    def _flush_in_time(self) -> None:
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Bring all to the disk, then count it as done."""
        assert self._log is not None
        for array in self._arrays.values():
            array.flush()
        self._log.flush()
        os.fsync(self._log.fileno())
        write_json(
            self.work / "state.json",
            {
                "key": self._key,
                "records_done": self.records_done,
                "captions_done": self.captions_done,
                "images": self.images,
                "log_bytes": self._log_bytes,
            },
        )
        self._flushed = time.monotonic()

    # Reading

    def array(self, name: str) -> npt.NDArray[Any]:
        """What was added under a name so far, mapped."""
        self.flush()
        for folder in (self.index, self.work):
            if (path := folder / f"{name}.npy").is_file():
                return map_array(path)
        raise KeyError(name)

    def lines(self) -> list[Any]:
        """The JSON value of each record done."""
        self.flush()
        text = (self.work / "records.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def make(self, name: str, write: Callable[[Path], None]) -> None:
        """Write a file of the index unless an earlier run has; ``write`` gets a temporary path."""
        path = self.index / name
        if not path.exists():
            with atomic_path(path) as temporary:
                write(temporary)

    # The end

    def finish(self) -> None:
        """Put the finished index in its place, as a whole, and clean up."""
        self.__exit__(None, None, None)
        replace_folder(self.index, self.out)
        shutil.rmtree(self.folder, ignore_errors=True)


def _check_place(out: Path) -> None:
    """What stands at ``out`` is replaced, so it must be an index or nothing."""
    if out.exists() and not (out / "index.json").is_file():
        if not out.is_dir():
            raise GalleryError(f"{out} is a file; give --out the folder of an index, or a new one.")
        if any(out.iterdir()):
            raise GalleryError(
                f"{out} holds other things than an index, and would be replaced; give --out a new "
                "folder."
            )


def _locked(path: Path, out: Path) -> IO[bytes]:
    """Hold a file's lock, which ends with the process; systems without `fcntl` go without."""
    file = open(path, "ab")  # noqa: SIM115 - held until __exit__
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        pass
    except OSError as error:
        file.close()
        raise GalleryError(
            f"Another run is making the index {out}; wait until it has ended, or stop it."
        ) from error
    return file
