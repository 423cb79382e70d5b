"""The tables of a further model's column group while they are written; `beside` reads them.

Shapes: k rows, E embedding width.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cmpagl.progress import Progress
from cmpagl.store.description import Description, described_as, weighed_as
from cmpagl.store.digest import digest_column, digest_rows
from cmpagl.store.joint_maps import embeds_in_parts, embeds_of, fit_joint, place_new, write_places
from cmpagl.store.lance_table import Table
from cmpagl.store.location import Location
from cmpagl.store.penalties import BankQueries, pack
from cmpagl.store.rows import check_vectors, list_array, vector_rows
from cmpagl.store.schema import map_field, vector_field

__all__ = ["ColumnGroup"]

FloatArray = npt.NDArray[np.float32]


class ColumnGroup:
    """One model's rows: of scenes by their pictures' content, of captions by their keys."""

    def __init__(
        self, place: Location, description: Description, bank: BankQueries, dim: int
    ) -> None:
        """Go on with the rows that are there, where this model made them.

        Args:
            place: folder of the group.
            description: of the model, without what its rows add up to.
            bank: the model's; where it is another than that of the rows, these are weighed anew.
            dim: E.
        """
        self._bank, self._description = bank, description
        self.scenes, self.captions = Table(place, "scenes"), Table(place, "captions")
        tables = (self.scenes, self.captions)
        said = self.scenes.description() if all(table.exists for table in tables) else None
        if said is None or not described_as(said, description):
            said = None
            self.scenes.start(_schema("content", pa.string(), dim))
            self.captions.start(_schema("key", pa.uint64(), dim))
        else:
            self._description = replace(description, fitted=said.fitted)
        for table in tables:
            table.finish_columns(("map", "map_digest"))
            table.finish_columns(("vector", "vector_digest"))
            _take_out_damaged(table)
        if said is None or not weighed_as(said, description):
            self._weigh_again()

    def _weigh_again(self) -> None:
        """Write the soft extremes of the model's bank; no bank is vouched for in between."""
        self.scenes.describe(replace(self._description, bank_fingerprint=""))
        of = (self._bank.of_images, self._bank.of_captions)
        for table, extremes in zip((self.scenes, self.captions), of, strict=True):
            name = table.data.schema.names[0]
            if table.data.count_rows():
                keys = table.data.to_table(columns=[name]).column(name)
                rows = _rows(name, keys, embeds_of(table), extremes)
                table.set_columns(rows.select(["vector", "vector_digest"]))
        self.scenes.describe(self._description)

    def missing(self, contents: Sequence[str]) -> list[int]:
        """Which pictures have no vector here, the first of each content; old rows go."""
        there = set(self.scenes.data.to_table(columns=["content"]).column(0).to_pylist())
        first: dict[str, int] = {}
        for number, content in enumerate(contents):
            first.setdefault(content, number)
        if gone := there - first.keys():
            self.scenes.delete("content", sorted(gone))
        return [number for content, number in first.items() if content not in there]

    def missing_captions(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Which captions have no vector here; old rows go."""
        there = self.captions.data.to_table(columns=["key"]).column(0).to_numpy()
        if len(old := there[~np.isin(there, keys)]):
            self.captions.delete("key", old.tolist())
        return np.flatnonzero(~np.isin(keys, there))

    def scene_rows(self, contents: Sequence[str], embeds: FloatArray) -> pa.Table:
        """Rows of pictures by content, their embeddings ``(k, E)``, with what the bank takes."""
        keys = pa.array(contents, pa.string())
        return _rows("content", keys, embeds, self._bank.of_images)

    def caption_rows(self, keys: npt.NDArray[np.uint64], embeds: FloatArray) -> pa.Table:
        """Rows of captions by key, their embeddings ``(k, E)``, with what the bank takes."""
        return _rows("key", pa.array(keys, pa.uint64()), embeds, self._bank.of_captions)

    def add_maps(self, tell: Progress) -> None:
        """Give every row its places on the maps of the joint space, fitted once."""
        tables = (self.scenes, self.captions)
        if self._description.fitted:
            place_new(tables)
            return
        images, captions = map(embeds_of, tables)
        joint = fit_joint(images, captions, tell)
        unknown = np.full((len(joint), 2), np.nan, np.float32)  # what the towers say: not kept
        write_places(tables, np.concatenate([joint, unknown], axis=1), len(images))
        self._description = replace(self._description, fitted=True)

    def finish(self, tell: Progress) -> None:
        """Lay the rows together, describe them, and say that they are whole."""
        for table in (self.scenes, self.captions):
            table.compact()
        tell("bank", 0, 1)
        tables = (self.scenes, self.captions)
        images, captions = map(embeds_in_parts, tables)
        best = self._bank.best({"images": images, "captions": captions})
        tell("bank", 1, 1)
        self.scenes.describe(
            replace(
                self._description,
                scenes=self.scenes.add_up("vector_digest"),
                captions=self.captions.add_up("vector_digest"),
                captions_version=self.captions.data.version,
                modality_gap=best.gap(*(table.data.count_rows() for table in tables)),
                made=time.time(),
                best=pack(best.scores),
                sums=pack(best.sums),
            )
        )
        self.captions.tag()
        self.scenes.tag()


def _schema(key: str, kind: pa.DataType, dim: int) -> pa.Schema:
    return pa.schema([pa.field(key, kind, nullable=False), *vector_field(dim), *map_field()])


def _rows(
    name: str,
    keys: pa.Array | pa.ChunkedArray,
    embeds: FloatArray,
    of: Callable[[FloatArray], FloatArray],
) -> pa.Table:
    """Rows of a group's table without places, with what the bank takes from each."""
    vectors = list_array(vector_rows(embeds, of(np.ascontiguousarray(embeds))))
    digests = digest_rows(digest_column(keys), digest_column(vectors))
    nowhere = {field.name: pa.nulls(len(keys), field.type) for field in map_field()}
    own = {"vector": vectors, "vector_digest": pa.array(digests, pa.uint64())}
    return pa.table({name: keys, **own, **nowhere})


def _take_out_damaged(table: Table) -> None:
    """Rows that are not what was written are as good as not there."""
    name = table.data.schema.names[0]
    rows = table.data.to_table(columns=[name, "vector", "vector_digest"])
    sound = check_vectors(digest_column(rows.column(0)), rows)
    if not sound.all():
        table.delete(name, rows.column(0).filter(pa.array(~sound)).to_pylist())
