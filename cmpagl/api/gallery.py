"""A gallery for people who write code: `build` or `open` it, then `search`, `teach`, `save`."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cmpagl.api.outcome import Result, scene_row
from cmpagl.collections.here import rank_by_here
from cmpagl.data.adding import with_more
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import QueryError
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.rank.stage import FINAL, LIVE, said_equal, stage_named
from cmpagl.search.query import Query
from cmpagl.search.retriever import Retriever
from cmpagl.search.teaching import split_unwanted
from cmpagl.store.build import grow_index
from cmpagl.store.gallery import Gallery as Index
from cmpagl.store.gallery import open_gallery

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

__all__ = ["Gallery", "build", "open"]

SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints" / "cmpagl-small"


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
        self._retriever = Retriever(index, checkpoint)
        self.index, self.checkpoint = index, checkpoint
        rank_by_here(self._retriever)

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

        return pd.DataFrame([scene_row(self.index, n) for n in range(len(self))])

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
