"""Where a model's files come from: a local folder, or the Hugging Face hub.

A source is the path of a folder, or ``OWNER/NAME`` with or without ``hf:`` before it and
``@REVISION`` behind it. What was fetched once is read from Hugging Face's cache from then on, with
or without a network. Whatever goes wrong is one sentence.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cmpagl.data.formats import LFS
from cmpagl.errors import CheckpointError
from cmpagl.model.other_forms import PICKLES as ENDINGS
from cmpagl.model.other_forms import weights_clause

__all__ = [
    "cached_snapshot",
    "first_file",
    "is_hub_id",
    "repository_of",
    "source_file",
    "source_folder",
    "weights_files",
]

HUB_ID = re.compile(r"(?:hf:)?([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
SECONDS = 10.0  # that the hub may take to answer at all
WEIGHTS = "model.safetensors"
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json", "open_clip_pytorch_model.bin")


def is_hub_id(source: str) -> bool:
    """Whether a source is no folder that is there, and has the form of a hub id."""
    return not Path(source).is_dir() and bool(_hub_id(source))


def source_file(source: str, name: str) -> Path:
    """One file of a source.

    Raises:
        CheckpointError: the source is not there or out of reach, or holds no such file.
    """
    path = _find(source, name)
    if path is None:
        raise CheckpointError(f"{source} holds no {name}; give a folder or hub id with one.")
    return path


def first_file(source: str, names: Iterable[str]) -> Path | None:
    """The first of these files that a source holds; None where it holds none of them.

    Raises:
        CheckpointError: the source is not there or out of reach.
    """
    return next((path for name in names if (path := _find(source, name)) is not None), None)


def source_folder(source: str, needed: Iterable[str], optional: Iterable[str] = ()) -> Path:
    """The folder in which a source's files lie, those that are named fetched.

    Raises:
        CheckpointError: as `source_file`, for one that is needed.
    """
    paths = [source_file(source, name) for name in needed]
    for name in optional:
        _find(source, name)
    return paths[0].parent


def weights_files(source: str, name: str = WEIGHTS) -> list[Path]:
    """The safetensors files that hold a source's weights: one, or the shards that an index names.

    Raises:
        CheckpointError: as `source_file`; with weights as pickles alone, a sentence of its own.
    """
    return [_fetched(path) for path in _weights_files(source, name)]


def _weights_files(source: str, name: str) -> list[Path]:
    whole = _find(source, name)
    if whole is not None:
        return [whole]
    index = _find(source, f"{name}.index.json")
    if index is not None:
        try:
            shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise CheckpointError(f"{index} is no index of weights; restore it.") from error
        if not all(isinstance(shard, str) and Path(shard).name == shard for shard in shards):
            raise CheckpointError(f"{index} names files outside its folder; restore it.")
        return [source_file(source, shard) for shard in sorted(shards)]
    folder = Path(source)
    names = sorted(path.name for path in (*folder.glob("*"), *folder.glob("onnx/*")))
    pickles = [one for one in PICKLES if _find(source, one)]
    pickles += [one for one in names if Path(one).suffix.lower() in ENDINGS]
    if pickles:
        raise CheckpointError(
            f"{source} has its weights only as a pickle ({pickles[0]}), which may run code when it "
            f"is read and so never is; give a folder or a revision of it with {name}, or make one "
            "(`save_pretrained` of transformers; `python -m cmpagl convert` for open_clip's)."
        )
    raise CheckpointError(
        f"{source} holds no {name}{weights_clause(names)}; give a folder or hub id with one."
    )


def _fetched(path: Path) -> Path:
    """A file of weights that is one.

    Raises:
        CheckpointError: Git LFS has not fetched it yet.
    """
    with open(path, "rb") as file:
        if file.read(len(LFS)) == LFS:
            raise CheckpointError(
                f"{path} is not here: in its place stands what Git LFS leaves; run `git lfs pull` "
                "in its folder."
            )
    return path


def cached_snapshot(source: Path | str) -> Path | str:
    """Of a folder as the hub's cache keeps a model, the one with its files; others as they are."""
    folder = Path(source)
    if not folder.name.startswith("models--") or not (folder / "snapshots").is_dir():
        return source
    main = folder / "refs" / "main"
    revision = main.read_text(encoding="utf-8").strip() if main.is_file() else ""
    snapshots = sorted(path for path in (folder / "snapshots").iterdir() if path.is_dir())
    own = [path for path in snapshots if path.name == revision]
    return (own or snapshots or [folder])[-1]


def repository_of(folder: Path) -> str | None:
    """Whose snapshot in the hub's cache a folder is; None where it is none."""
    kept = folder.absolute().parent.parent.name
    is_one = folder.absolute().parent.name == "snapshots" and kept.startswith("models--")
    return kept.removeprefix("models--").replace("--", "/") if is_one else None


def _hub_id(source: str) -> tuple[str, str | None] | None:
    """Repository and revision; None for what does not have the form."""
    found = HUB_ID.fullmatch(source)
    if found is None or source.startswith((".", "~")):
        return None
    return found[1], found[2]


def _find(source: str, name: str) -> Path | None:
    """A file of a source, fetched if need be; None where the source holds none."""
    if Path(source).is_dir():
        path = Path(source) / name
        return path if path.is_file() else None
    place = _hub_id(source)
    if place is None:
        raise CheckpointError(
            f"There is no folder {source!r}, nor is that a hub id (OWNER/NAME or "
            "OWNER/NAME@REVISION); give one of the two."
        )
    return _fetch(*place, name)


def _fetch(repository: str, revision: str | None, name: str) -> Path | None:
    from huggingface_hub import errors, hf_hub_download

    what = f"{repository!r}" + (f" at {revision!r}" if revision else "")
    try:
        return Path(
            hf_hub_download(
                repository, name, revision=revision, local_files_only=not _answers(_period())
            )
        )
    except errors.GatedRepoError as error:
        raise CheckpointError(
            f"The model {what} is gated: accept its terms on its page at the hub and log in with "
            "`hf auth login`, or give a folder with its files."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise CheckpointError(
            f"The model {repository!r} has no revision {revision!r}; see its page at the hub."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise CheckpointError(
            f"The hub has no model {what} that this login may read; check the name, log in with "
            "`hf auth login`, or give a folder with its files."
        ) from error
    except errors.RemoteEntryNotFoundError:
        return None
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        if _is_cached(repository, revision):
            return None  # what was fetched of it, when it was, did not hold the file
        raise CheckpointError(
            f"The model {what} is not on this machine, and the hub is out of reach; connect to "
            "fetch it once, or give a folder with its files."
        ) from error
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"The file {name} of the model {what} cannot be fetched from the hub "
            f"({type(error).__name__}); try again, or give a folder with its files."
        ) from error


def _period() -> int:
    """Changes every minute: as long as the hub is not asked again whether it is there."""
    return int(time.monotonic() // 60)


@lru_cache(maxsize=1)
def _answers(period: int) -> bool:
    """Whether the hub is there; its client would try again and again, for each file anew."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        with urlopen(Request(constants.ENDPOINT, method="HEAD"), timeout=SECONDS):
            return True
    except HTTPError:
        return True  # it answers, if only to refuse
    except (OSError, ValueError):
        return False


def _is_cached(repository: str, revision: str | None) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return any(
        isinstance(try_to_load_from_cache(repository, name, revision=revision), str)
        for name in ("config.json", "open_clip_config.json")
    )
