"""An index of vectors that others have made: no model runs, but for a text tower beside them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.data.dataset import (
    ImageRecord,
    OnError,
    RetrievalDataset,
    Skipped,
    iter_prepared,
    normalise_caption,
)
from cmpagl.data.picture import SIDE, Picture, thumbnail_bytes
from cmpagl.data.vector_names import NameIndex
from cmpagl.data.vector_picture import VectorPicture
from cmpagl.data.vectors import Vectors
from cmpagl.errors import DataError
from cmpagl.model.given_vectors import keep_vectors_model
from cmpagl.progress import Progress
from cmpagl.store.captions_step import encode_captions
from cmpagl.store.disk import disk_errors
from cmpagl.store.embedding import feature_rows, scene_columns
from cmpagl.store.folder import check_place, lock
from cmpagl.store.gallery import Gallery, open_gallery
from cmpagl.store.maps_step import add_maps
from cmpagl.store.penalties import BankQueries
from cmpagl.store.rows import sealed, vector_rows
from cmpagl.store.tables_step import start_tables, work_on
from cmpagl.store.whole_step import finish
from cmpagl.store.work import FEATURES_SCHEMA, Work, decoding_threads

__all__ = ["Imported", "import_vectors"]

FloatArray = npt.NDArray[np.float32]

AT_ONCE = 1024  # rows of one commit


@dataclass(frozen=True)
class Imported:
    """What an import made of a file of vectors."""

    gallery: Gallery
    unmatched: int  # vectors of which the data set has no picture
    skipped: tuple[Skipped, ...] = ()  # pictures that cannot be read


def _digest(vectors: Vectors) -> str:
    """A hash of all vectors and what they are of."""
    digest = hashlib.sha256("\n".join(vectors.names).encode())
    digest.update(np.ascontiguousarray(vectors.embeds).data)
    return digest.hexdigest()


def import_vectors(
    vectors: Vectors,
    source: Path,
    out: Path,
    *,
    text_tower: str | None = None,
    texts: Vectors | None = None,
    dataset: RetrievalDataset | None = None,
    with_map: bool = True,
    on_error: OnError = "raise",
    progress: Progress | None = None,
) -> Imported:
    """Make an index of vectors; one that is there is replaced.

    Args:
        vectors: with the names of what they are of.
        source: the file that they came in.
        out: folder of the index; what describes the vectors lies in it and opens as their model.
        text_tower: folder or hub id of the model whose texts lie in the same space.
        texts: vectors of texts in that space instead; captions that have none are left out.
        dataset: pictures (and captions) by the same names, with or without folder and ending; None:
            each vector is shown as a tile of its own colour.
        with_map: also make the maps.
        on_error: a picture that cannot be read ends it ("raise") or is left out ("skip").
        progress: as `grow_index`.

    Raises:
        DataError: no vector is of a picture of the data set, or a picture cannot be read and
            ``on_error`` is "raise", or none can.
        GalleryError: ``out`` cannot be used.
        CheckpointError: the text tower cannot be used.
    """
    check_place(out)
    records, rows = _matched(vectors, source, dataset)
    if not records:
        raise DataError(
            f"No vector of {source} is of a picture of the data set: the first are called "
            f"{', '.join(vectors.names[:3])}; name another column with --ids."
        )
    root = dataset.root if dataset is not None else source.parent
    name = dataset.name if dataset is not None else source.stem
    used = RetrievalDataset(name, root, None, tuple(records))
    with lock(out), disk_errors(out):
        checkpoint = keep_vectors_model(
            out / "model",
            name=vectors.model or source.stem,
            dim=vectors.embeds.shape[1],
            digest=_digest(vectors),
            text=text_tower,
            known=texts,
        )
        checkpoint.require_text()
        if checkpoint.known_texts is not None:
            records = [_with_known(record, checkpoint.known_texts) for record in records]
            used = replace(used, records=tuple(records))
        work = work_on(used, checkpoint, out, progress=progress)
        start_tables(work)
        work.on_error = on_error
        kept, skipped = _add_scenes(work, records, vectors, rows, with_map)
        encode_captions(work, with_map)
        every = () if dataset is None else dataset.skipped
        work.description = replace(
            work.description, skipped=[(s.name, s.reason) for s in (*every, *skipped)]
        )
        if with_map:
            add_maps(work, kept, False)
        finish(work, True)
        gallery = open_gallery(out, checkpoint)
    return Imported(gallery, len(vectors.names) - len(rows), tuple(skipped))


def _with_known(record: ImageRecord, known: frozenset[str]) -> ImageRecord:
    """A record with those of its captions that have a vector."""
    captions = tuple(text for text in record.captions if normalise_caption(text) in known)
    return replace(record, captions=captions)


def _matched(
    vectors: Vectors, source: Path, dataset: RetrievalDataset | None
) -> tuple[list[ImageRecord], list[int]]:
    """The records to index, and the row of each one's vector."""
    if dataset is None:
        colours = _colours(vectors.embeds)
        records = [
            _tile(vectors, source, row, colour) for row, colour in enumerate(colours.tolist())
        ]
        return records, list(range(len(records)))
    if vectors.numbered:
        raise DataError(
            f"{source} does not say what its vectors are of, so none can be matched to a picture; "
            "name the column or file that does with --ids, or leave --data out."
        )
    by_name = NameIndex(vectors.names)
    found = [(record, by_name.row(record.image_id)) for record in dataset.records]
    claims = Counter(row for _, row in found)  # of two pictures, one vector tells of neither
    pairs = [(record, row) for record, row in found if row is not None and claims[row] == 1]
    return [record for record, _ in pairs], [row for _, row in pairs]


def _tile(vectors: Vectors, source: Path, row: int, colour: Sequence[int]) -> ImageRecord:
    name = vectors.names[row]
    content = hashlib.blake2b(name.encode() + vectors.embeds[row].tobytes(), digest_size=16)
    red, green, blue = colour
    picture = VectorPicture(source, name, content.hexdigest(), (red, green, blue))
    return ImageRecord(name, source, (), None, source=picture)


def _colours(embeds: FloatArray) -> npt.NDArray[np.int64]:
    """A colour for each vector ``(n, 3)``: its first three principal components, by their ranks."""
    centred = embeds - embeds.mean(axis=0)
    sample = centred[:: max(1, len(centred) // 4096)]
    axes = np.linalg.svd(sample, full_matrices=False)[2][:3]
    parts = np.zeros((len(embeds), 3))
    parts[:, : len(axes)] = centred @ axes.T
    places = parts.argsort(axis=0).argsort(axis=0) / max(1, len(embeds) - 1)
    return np.asarray(40 + 180 * places, np.int64)


def _add_scenes(
    work: Work,
    records: Sequence[ImageRecord],
    vectors: Vectors,
    of: Sequence[int],
    with_map: bool,
) -> tuple[list[ImageRecord], list[Skipped]]:
    """Write the rows of the scenes; ``of`` says which vector is each one's.

    Returns:
        those whose pictures can be read, and why others cannot.

    Raises:
        DataError: one cannot and that ends it, or none can.
    """
    bank, schema = BankQueries(work.checkpoint), work.scenes.data.schema
    kept: list[ImageRecord] = []
    skipped: list[Skipped] = []
    if with_map:
        work.features.start(FEATURES_SCHEMA)
    work.tell("images", 0, len(records))
    for start in range(0, len(records), AT_ONCE):
        chunk = records[start : start + AT_ONCE]
        read = list(
            iter_prepared(
                chunk,
                _prepared,
                on_error=work.on_error,
                workers=decoding_threads(),
                skipped=skipped,
            )
        )
        some, at = [chunk[n] for n, _ in read], [of[start + n] for n, _ in read]
        if some:
            rows = vectors.embeds[at]
            columns = scene_columns(some, work.dataset.root) | {
                "vector": vector_rows(rows, bank.of_images(rows)),
            }
            if vectors.corners is not None:
                columns |= _places(vectors.corners[at])
            for number, column in enumerate(("content_digest", "thumbnail", "width", "height")):
                columns[column] = [found[number] for _, found in read]
            work.scenes.append(sealed(columns, schema))
            if with_map:
                names = ["i:" + record.image_id for record in some]
                work.features.append(feature_rows(names, rows))
        kept += some
        work.tell("images", start + len(chunk), len(records))
    if not kept:
        raise DataError(
            f"{work.dataset.root} holds no image that can be read: {skipped[-1].reason}"
        )
    work.load()
    return kept, skipped


def _places(corners: npt.NDArray[np.float64]) -> dict[str, list[Any]]:
    """Where scenes lie, ``(n, 4, 2)``, as columns."""
    lie = [one.ravel().tolist() if np.isfinite(one).all() else None for one in corners]
    return {"footprint": lie, "crs": ["EPSG:4326" if one else None for one in lie]}


def _prepared(picture: Picture) -> tuple[bytes, bytes, int, int]:
    """Digest, thumbnail, width and height of a picture."""
    image = picture.read(side=SIDE)
    return bytes.fromhex(picture.digest()), thumbnail_bytes(image), image.width, image.height
