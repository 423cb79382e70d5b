"""index.json: what an index says of itself, written last and read first.

It holds the records with their captions and content hashes, where the pictures lie, which
checkpoint made it, and of every other file its size, digest and shape.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cmpagl.data.dataset import ImageRecord, RetrievalDataset, Skipped
from cmpagl.data.picture import open_picture
from cmpagl.errors import GalleryError
from cmpagl.files import recover_folder, write_json
from cmpagl.growing import map_array

if TYPE_CHECKING:
    from cmpagl.model.checkpoint import Checkpoint

__all__ = [
    "FORMAT",
    "Manifest",
    "file_digest",
    "picture_root",
    "read_manifest",
    "thumbnail_name",
    "write_manifest",
]

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Manifest:
    """The description of an index of n images and d distinct captions."""

    folder: Path
    dataset: RetrievalDataset  # paths lie below where the pictures are found now
    content_hashes: tuple[str, ...]  # of each picture's file when it was indexed
    checkpoint_name: str
    fingerprint: str  # Checkpoint.fingerprint
    bank_fingerprint: str  # Checkpoint.bank_fingerprint
    files: Mapping[str, Mapping[str, Any]]  # name -> bytes, digest, shape
    modality_gap: float | None

    def __len__(self) -> int:
        """n, the number of images."""
        return len(self.dataset.records)

    @property
    def name(self) -> str:
        """The data set's name."""
        return self.dataset.name

    @property
    def split(self) -> str | None:
        """The data set's split; None for all images."""
        return self.dataset.split

    @property
    def root(self) -> Path:
        """The data folder, below which the pictures lie (or lay)."""
        return self.dataset.root

    @property
    def records(self) -> tuple[ImageRecord, ...]:
        """The images in order: id, path, captions as written, class."""
        return self.dataset.records

    @property
    def data_sets(self) -> tuple[str, ...]:
        """The names of the data sets that the images come from; mostly `name` alone."""
        return self.dataset.data_sets

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was left out when the index was made."""
        return self.dataset.skipped

    @property
    def captions(self) -> list[str]:
        """All captions as written, image after image."""
        return self.dataset.captions

    @property
    def caption_to_image(self) -> npt.NDArray[np.int64]:
        """(n_captions,): the image that each caption belongs to."""
        return self.dataset.caption_to_image

    @property
    def distinct_captions(self) -> list[str]:
        """The d captions that differ word for word, normalised: the items of image->text."""
        return self.dataset.distinct_captions[0]

    @property
    def caption_groups(self) -> npt.NDArray[np.int64]:
        """(n_captions,): the distinct caption that each caption is."""
        return self.dataset.caption_groups


def thumbnail_name(image: int) -> str:
    """The file name of an image's thumbnail."""
    return f"{image:06d}.webp"


def file_digest(path: Path) -> str:
    """128 bits of BLAKE2b over a file, as hex."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def write_manifest(
    folder: Path,
    dataset: RetrievalDataset,
    content_hashes: Sequence[str],
    *,
    final_folder: Path,
    checkpoint: Checkpoint,
    modality_gap: float | None,
) -> None:
    """Describe the finished files in ``folder``, which is about to become ``final_folder``."""
    files = {}
    for path in sorted([*folder.glob("*.npy"), folder / "bank.safetensors"]):
        shape = None
        if path.suffix == ".npy":
            shape = list(map_array(path).shape)
        files[path.name] = {
            "bytes": path.stat().st_size,
            "digest": file_digest(path),
            "shape": shape,
        }
    root = dataset.root
    write_json(
        folder / "index.json",
        {
            "format": FORMAT,
            "name": dataset.name,
            "split": dataset.split,
            "root": picture_root(dataset.root, final_folder),
            "checkpoint": {
                "name": checkpoint.name,
                "fingerprint": checkpoint.fingerprint,
                "bank_fingerprint": checkpoint.bank_fingerprint,
            },
            "modality_gap": modality_gap,
            "files": files,
            "skipped": [{"name": s.name, "reason": s.reason} for s in dataset.skipped],
            "records": [
                {
                    "image_id": record.image_id,
                    "path": Path(os.path.relpath(record.path, dataset.root)).as_posix(),
                    "class_name": record.class_name,
                    "content_hash": content_hash,
                    "captions": list(record.captions),
                    # Of several data sets alone, so that an index of one is as it always was.
                    **({} if record.data_set is None else {"data_set": record.data_set}),
                    # Of pictures that are no files of their own alone, or are read otherwise.
                    **({} if record.source is None else {"picture": record.source.to_json(root)}),
                }
                for record, content_hash in zip(dataset.records, content_hashes, strict=True)
            ],
        },
    )


def picture_root(root: Path, index_folder: Path) -> dict[str, str | None]:
    """How an index remembers where its pictures lie.

    Relative to itself where they lie inside or beside it, so that the two can be moved together;
    absolute, and as the user wrote it, elsewhere.
    """
    relative = Path(os.path.relpath(root.resolve(), index_folder.resolve()))
    if relative.parts[:2] != ("..", ".."):
        return {"relative": relative.as_posix(), "absolute": None, "given": None}
    return {"relative": None, "absolute": root.resolve().as_posix(), "given": root.as_posix()}


def _find_root(said: Mapping[str, str | None], index_folder: Path) -> Path:
    """The first remembered place that is a folder; else the likeliest."""
    if (relative := said["relative"]) is not None:
        return Path(os.path.normpath(index_folder / relative))
    places = [Path(place) for place in (said["absolute"], said["given"]) if place is not None]
    return next((place for place in places if place.is_dir()), places[0])


def read_manifest(folder: Path) -> Manifest:
    """Read an index's description, and check that its files are there in full.

    Raises:
        GalleryError: nothing is there, or it is damaged, truncated or of another format.
    """
    recover_folder(folder)
    path = folder / "index.json"
    if not path.is_file():
        raise GalleryError(
            f"{folder} is no index (it has no index.json); make one with "
            "`python -m cmpagl index --data DIR --out DIR`."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GalleryError(f"{path} is not valid JSON; build the index again.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise GalleryError(
            f"{path} has the format {found!r}, but this version reads format {FORMAT}: update the "
            "program, or build the index again."
        )
    try:
        manifest = _parse(folder, content)
        _check_files(manifest)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        if isinstance(error, GalleryError):
            raise
        raise GalleryError(
            f"{path} is damaged ({type(error).__name__}: {error}); build the index again."
        ) from error
    return manifest


def _parse(folder: Path, content: Mapping[str, Any]) -> Manifest:
    root = _find_root(content["root"], folder)
    for r in content["records"]:
        # What an index names is opened and shown: nothing outside its data folder.
        if Path(r["path"]).is_absolute() or ".." in Path(r["path"]).parts:
            raise ValueError(f"the path {r['path']!r} leaves the data folder")
        if not isinstance(r["captions"], list):
            raise TypeError(f"the captions of {r['path']!r} are no list")
        if not isinstance(r.get("data_set", ""), str):
            raise TypeError(f"the data set of {r['path']!r} is no text")
    records = tuple(
        ImageRecord(
            image_id=r["image_id"],
            path=root / r["path"],
            captions=tuple(r["captions"]),
            class_name=r["class_name"],
            data_set=r.get("data_set"),
            source=open_picture(r["picture"], root) if "picture" in r else None,
        )
        for r in content["records"]
    )
    made_with = content["checkpoint"]
    gap = content["modality_gap"]
    return Manifest(
        folder=folder,
        dataset=RetrievalDataset(
            name=content["name"],
            root=root,
            split=content["split"],
            records=records,
            skipped=tuple(Skipped(s["name"], s["reason"]) for s in content["skipped"]),
        ),
        content_hashes=tuple(str(r["content_hash"]) for r in content["records"]),
        checkpoint_name=str(made_with["name"]),
        fingerprint=str(made_with["fingerprint"]),
        bank_fingerprint=str(made_with["bank_fingerprint"]),
        files=content["files"],
        modality_gap=None if gap is None else float(gap),
    )


def _check_files(manifest: Manifest) -> None:
    """Every file is there, as long as index.json says, and of the shape that the records need."""
    folder, files = manifest.folder, manifest.files
    n, d = len(manifest), len(manifest.distinct_captions)
    rows = {
        "image_embeds.npy": n,
        "caption_embeds.npy": d,
        "token_values.npy": n,
        "token_scales.npy": n,
        "map_aligned.npy": n + d,
        "map_centred.npy": n + d,
        "map_raw_image.npy": n,
        "map_raw_text.npy": d,
    }
    needed = {name for name in rows if not name.startswith("map_")} | {"bank.safetensors"}
    for name in needed - files.keys():
        raise GalleryError(f"{folder} does not describe {name}; build the index again.")
    for name, said in files.items():
        path = folder / name
        if name not in rows and name != "bank.safetensors":
            raise ValueError(f"it names {name!r}")
        if not path.is_file():
            raise GalleryError(f"The index {folder} lacks {name}; build the index again.")
        if (found := path.stat().st_size) != said["bytes"]:
            raise GalleryError(
                f"{path} has {found:,} bytes where index.json says {said['bytes']:,}: it is "
                "truncated or of another index; build the index again."
            )
        if name in rows and said["shape"][0] != rows[name]:
            raise GalleryError(
                f"{path} has the shape {said['shape']} where the index has {rows[name]:,} rows; "
                "build the index again."
            )
    thumbnails = folder / "thumbnails"
    count = sum(1 for _ in os.scandir(thumbnails)) if thumbnails.is_dir() else 0
    if count != n:
        raise GalleryError(
            f"{thumbnails} holds {count:,} files where the index has {n:,} images; build the "
            "index again."
        )
