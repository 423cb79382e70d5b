"""A gallery for people who write code: `build` or `open` it, then `search`, `teach`, `save`."""

from __future__ import annotations

import base64
import html
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cmpagl.data.adding import with_more
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import QueryError
from cmpagl.export.answer import answer_of
from cmpagl.export.chips import write_chips
from cmpagl.export.geojson import write_geojson
from cmpagl.export.geoparquet import write_geoparquet
from cmpagl.export.scene_table import write_csv
from cmpagl.measure.here import measure_here, read_here
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.rank.arrays import IntArray
from cmpagl.rank.stage import ALIGNED, FINAL, LIVE, Stage, said_equal, stage_named
from cmpagl.search.explain import explain_scene
from cmpagl.search.query import Query
from cmpagl.search.ranking import Ranking
from cmpagl.search.retriever import Retriever
from cmpagl.search.teaching import Taught, split_unwanted
from cmpagl.store.build import grow_index
from cmpagl.store.gallery import Gallery as Index
from cmpagl.store.gallery import open_gallery

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

__all__ = ["Gallery", "Result", "Why", "build", "open"]

SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints" / "cmpagl-small"
_SHOWN = 24  # pictures of a result in a notebook


def build(
    data: str | Path,
    index: str | Path,
    checkpoint: str | Path | None = None,
    **options: Any,  # noqa: ANN401 (of `grow_index`)
) -> Gallery:
    """Embed the pictures of a folder into an index, which is made or grown, and open it.

    Args:
        data: a folder, or a data set in one of the known layouts.
        index: the index's folder; only what is new or changed is embedded where there is one.
        checkpoint: the model's folder; the shipped one where none is named.
        options: of `cmpagl.store.build.grow_index`.

    Raises:
        CmpaglError: the folder cannot be read, or the index cannot be written.
    """
    opened = _model(checkpoint)
    growth = grow_index(load_dataset(Path(data)), opened, Path(index), **options)
    return Gallery(growth.gallery, opened)


def open(index: str | Path, checkpoint: str | Path | None = None) -> Gallery:
    """Open an index that `build`, `Gallery.add` or `python -m cmpagl index` made.

    Args:
        index: its folder, or its address in an object store.
        checkpoint: the model's folder; the shipped one where none is named.

    Raises:
        CmpaglError: there is no such index or checkpoint, or the index is of another one.
    """
    opened = _model(checkpoint)
    return Gallery(open_gallery(index, opened), opened)


def _model(checkpoint: str | Path | None) -> Checkpoint:
    return open_checkpoint(Path(checkpoint) if checkpoint is not None else SHIPPED)


class Gallery:
    """Scenes that can be searched."""

    def __init__(self, index: Index, checkpoint: Checkpoint) -> None:
        """Use `cmpagl.open`."""
        self._retriever = retriever = Retriever(index, checkpoint)
        self.index, self.checkpoint = index, checkpoint
        here = read_here(retriever) or measure_here(retriever)
        retriever.chosen = here.ranking if here else None

    def __len__(self) -> int:
        """How many scenes there are."""
        return len(self.index)

    def __repr__(self) -> str:
        """Its name and size."""
        return f"<Gallery {self.index.name}: {len(self):,} scenes, {self.checkpoint.name}>"

    @property
    def frame(self) -> pd.DataFrame:
        """All scenes: id, class, data set, path, captions."""
        import pandas as pd

        return pd.DataFrame([_scene(self.index, n) for n in range(len(self))])

    @property
    def embeddings(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """A row of length 1 for each scene of `frame`."""
        return np.asarray(self.index.image_embeds)

    def search(
        self,
        text: str = "",
        *,
        like: str | None = None,
        image: str | Path | Image.Image | None = None,
        weight: float = 0.5,
        unwanted: str = "",
        stage: str = FINAL.name,
        class_name: str | None = None,
        data_set: str | None = None,
    ) -> Result:
        """Rank the scenes for words, a scene of the gallery, a picture, or words and one of these.

        Args:
            text: in English; ``planes -terminal`` excludes what follows a minus.
            like: id of a scene.
            image: a file or a picture.
            weight: of the text beside a scene or picture, 0 to 1.
            unwanted: more words of which nothing should show.
            stage: what to rank by, such as "aligned" or "smr", the final ranking.
            class_name: only scenes of this class.
            data_set: only scenes of this data set, where several are joined.

        Raises:
            QueryError: nothing is asked for, or a name or value is not allowed.
        """
        chosen = stage_named(stage)
        if chosen is None:
            names = ", ".join(one.name for one in LIVE)
            raise QueryError(f"There is no ranking {stage!r}; choose one of {names}.")
        said = said_equal(chosen, self._retriever.ranking_config)
        if said and chosen is not FINAL:
            warnings.warn(said, stacklevel=2)
        wanted, excluded = split_unwanted(text)
        query = self._query(wanted, like, image, weight)
        candidates = self._retriever.candidates(query, class_name=class_name, data_set=data_set)
        words = " ".join(filter(None, [excluded, unwanted]))
        return Result(self, query, chosen, candidates, unwanted=words)

    def add(self, data: str | Path, **options: Any) -> Gallery:  # noqa: ANN401 (of `grow_index`)
        """Embed the pictures of a folder that are not in the index yet; gives the grown gallery.

        Args:
            data: a folder, or a data set in one of the known layouts.
            options: of `cmpagl.store.build.grow_index`.

        Raises:
            CmpaglError: the folder cannot be read, or the index cannot be written.
        """
        more, index = load_dataset(Path(data)), self.index
        both = with_more(index.records, index.root, more, set(index.content_hashes))
        both = replace(both, name=index.name, split=index.description.split)
        growth = grow_index(both, self.checkpoint, index.folder, **options)
        return Gallery(growth.gallery, self.checkpoint)

    def number(self, scene: int | str) -> int:
        """The number in `frame` of a scene's id.

        Raises:
            QueryError: there is none.
        """
        found = self.index.records.find(scene) if isinstance(scene, str) else scene
        if found is None:
            raise QueryError(f"There is no scene {scene!r} in this gallery.")
        self._retriever.check_scene(found)
        return found

    def _query(
        self, text: str, like: str | None, image: str | Path | Image.Image | None, weight: float
    ) -> Query:
        if like is not None and image is not None:
            raise QueryError("Ask with a scene or with a picture, not with both.")
        seen = None
        if like is not None:
            seen = self._retriever.query_scene(self.number(like))
        elif image is not None:
            given = Path(image) if isinstance(image, str) else image
            seen = self._retriever.query_image(given)
        if not text and seen is not None:
            return seen
        words = self._retriever.query_text(text)
        return words if seen is None else self._retriever.query_mixed(words, seen, weight)


@dataclass(frozen=True)
class Why:
    """Why a scene stands where it stands."""

    scene: str
    rank_before: int  # by the aligned similarity
    rank: int
    terms: dict[str, float]  # their sum is the score, but in a top that SMR's ratio form reordered
    score: float


@dataclass(frozen=True)
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
                | _scene(self.gallery.index, item)
                for item, rank, score in rows
            ]
        )

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
        asked = self.query.text.text if self.query.text else "a picture"
        answer = answer_of(index, asked, shown, self._ranked(ALIGNED, None), best)
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


def _scene(index: Index, number: int) -> dict[str, Any]:
    record = index.records[number]
    return {
        "scene": record.image_id,
        "class": record.class_name,
        "data_set": record.data_set,
        "path": str(record.path),
        "captions": list(record.captions),
    }
