"""What a search found, for people who write code: read it, ask why, teach it, save it."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmpagl.errors import QueryError
from cmpagl.export.answer import answer_of, asked_as
from cmpagl.export.chips import write_chips
from cmpagl.export.geojson import write_geojson
from cmpagl.export.geoparquet import write_geoparquet
from cmpagl.export.scene_table import write_csv
from cmpagl.rank.arrays import IntArray
from cmpagl.rank.stage import ALIGNED, Stage
from cmpagl.search.explain import explain_scene
from cmpagl.search.query import Query
from cmpagl.search.ranking import Ranking
from cmpagl.search.teaching import Taught
from cmpagl.store.gallery import Gallery as Index

if TYPE_CHECKING:
    import pandas as pd

    from cmpagl.api.gallery import Gallery

__all__ = ["Result", "Why", "scene_row"]

_SHOWN = 24  # pictures of a result in a notebook


@dataclass(frozen=True)
class Why:
    """Why a scene stands where it stands."""

    scene: str
    rank_before: int  # by the aligned similarity
    rank: int
    terms: dict[str, float]  # their sum is the score, but in a top that SMR's ratio form reordered
    score: float


@dataclass(frozen=True, repr=False)
class Result:
    """A ranking, best first; nothing in it changes, `teach` gives another."""

    gallery: Gallery
    query: Query
    stage: Stage
    candidates: IntArray
    unwanted: str = ""
    good: tuple[int, ...] = ()  # numbers of scenes
    bad: tuple[int, ...] = ()

    @property
    def ranking(self) -> Ranking:
        """The ranking as the library has it."""
        return self._ranked(self.stage, self._taught)

    @property
    def frame(self) -> pd.DataFrame:
        """All results, best first: rank, score, rank before reranking, and the scene."""
        import pandas as pd

        ranking = self.ranking
        before = self._ranked(ALIGNED, None).rank_by_item
        rows = zip(ranking.items.tolist(), ranking.ranks, ranking.scores, strict=True)
        return pd.DataFrame(
            [
                {"rank": int(rank), "score": float(score), "rank_before": int(before[item])}
                | scene_row(self.gallery.index, item)
                for item, rank, score in rows
            ]
        )

    def __repr__(self) -> str:
        """What was asked and taught, and of how many scenes."""
        return f"<Result of {self._asked!r}: {len(self):,} scenes by {self.stage.name}>"

    def __len__(self) -> int:
        """How many scenes are ranked."""
        return len(self.candidates)

    def __iter__(self) -> Iterator[str]:
        """Their ids, best first."""
        return (self.gallery.index.records[n].image_id for n in self.ranking.items.tolist())

    def why(self, scene: int | str) -> Why:
        """The terms of a score.

        Args:
            scene: its place in the ranking from 1, or its id.

        Raises:
            QueryError: there is no such scene among the results.
        """
        number = self._number(scene, self.ranking)
        told = explain_scene(
            self.gallery._retriever,
            self.query,
            number,
            self.stage,
            candidates=self.candidates,
            taught=self._taught,
        )
        name = self.gallery.index.records[number].image_id
        return Why(name, told.rank_before, told.rank_after, told.steps, told.final)

    def teach(
        self,
        good: Sequence[int | str] = (),
        bad: Sequence[int | str] = (),
        unwanted: str = "",
    ) -> Result:
        """The same search with examples, beside those that it has.

        Args:
            good: scenes like which more are wanted: places in this ranking from 1, or ids.
            bad: scenes like which fewer are wanted.
            unwanted: words of which nothing should show.

        Raises:
            QueryError: there is no such scene, or one is marked both ways.
        """
        ranking = self.ranking
        likes, dislikes = (
            [self._number(scene, ranking) for scene in scenes] for scenes in (good, bad)
        )
        words = " ".join(filter(None, [self.unwanted, unwanted]))
        found = replace(
            self,
            good=tuple(dict.fromkeys([n for n in self.good if n not in dislikes] + likes)),
            bad=tuple(dict.fromkeys([n for n in self.bad if n not in likes] + dislikes)),
            unwanted=words,
        )
        found._taught  # noqa: B018 (refuses what cannot be, here and not later)
        return found

    def save(self, out: str | Path, *, top: int = 60) -> tuple[str, ...]:
        """Write the first results to a file, which names query, ranking, model, gallery and date.

        Args:
            out: ends on .geojson (beside it a style for QGIS), .parquet (GeoParquet with the
                embeddings), .csv, or .zip (the pictures).
            top: how many.

        Returns:
            Names of scenes whose pictures could not be read and are not in the ZIP.

        Raises:
            QueryError: the ending is another one.
        """
        path = Path(out)
        shown, index = self.ranking, self.gallery.index
        best = shown.items[:top]
        index.records.load(best)
        answer = answer_of(index, self._asked, shown, self._ranked(ALIGNED, None), best)
        match path.suffix.lower():
            case ".geojson" | ".json":
                write_geojson(answer, path)
            case ".parquet":
                write_geoparquet(answer, index, path)
            case ".csv":
                write_csv(answer, path)
            case ".zip":
                return write_chips(answer, index, path)
            case _:
                raise QueryError(
                    f"Results are not written as {path.name}: let it end on .geojson, .parquet, "
                    ".csv or .zip."
                )
        return ()

    @property
    def _asked(self) -> str:
        text, picture = self.query.parts or (self.query, self.query)
        words = [text.text.text] if text.text else []
        if picture.scene is not None:
            words.append(self.gallery.index.records[picture.scene].image_id)
        elif picture.image_embeds is not None:
            words.append("a picture")
        return asked_as(words, self.unwanted, len(self.good), len(self.bad))

    @property
    def _taught(self) -> Taught | None:
        retriever = self.gallery._retriever
        excluded = retriever.query_text(self.unwanted) if self.unwanted else None
        return retriever.teach(self.query, self.good, self.bad, excluded)

    def _ranked(self, stage: Stage, taught: Taught | None) -> Ranking:
        return self.gallery._retriever.ranking(
            self.query, stage, candidates=self.candidates, taught=taught
        )

    def _number(self, scene: int | str, ranking: Ranking) -> int:
        if isinstance(scene, str):
            return self.gallery.number(scene)
        if not 1 <= scene <= len(ranking.items):
            raise QueryError(f"There is no result {scene}; there are 1 to {len(ranking.items)}.")
        return int(ranking.items[scene - 1])

    def _repr_html_(self) -> str:
        """The first of them with their pictures, for a notebook."""
        index = self.gallery.index
        cells = []
        for place, item in enumerate(self.ranking.items[:_SHOWN].tolist(), start=1):
            picture = base64.b64encode(index.thumbnail(item)).decode()
            name = html.escape(index.records[item].image_id)
            cells.append(
                f'<figure style="margin:4px;width:112px"><img alt="{name}" width="112" '
                f'src="data:image/webp;base64,{picture}"><figcaption style="font-size:11px;'
                f'overflow-wrap:anywhere">{place}. {name}</figcaption></figure>'
            )
        return f'<div style="display:flex;flex-wrap:wrap">{"".join(cells)}</div>'


def scene_row(index: Index, number: int) -> dict[str, Any]:
    """What a table says of a scene."""
    record = index.records[number]
    return {
        "scene": record.image_id,
        "class": record.class_name,
        "data_set": record.data_set,
        "path": str(record.path),
        "captions": list(record.captions),
    }
