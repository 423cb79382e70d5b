"""From what a visitor gives to a `Query`: a sentence, a picture, both, or a scene of the gallery.

Towers are loaded when the first query needs them, once, whichever thread comes first.

Shapes: G scenes, E embedding width, N image tokens of F channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cmpagl.data.picture import SIDE, read_image, square_pixels
from cmpagl.errors import GalleryError, QueryError
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.embed import TextTokens, embed_images, embed_texts, image_tokens
from cmpagl.rank.arrays import IntArray
from cmpagl.search.bank_likeness import likeness_of_bank, share_as_unlike
from cmpagl.search.batching import TextBatches
from cmpagl.search.hits import Hits
from cmpagl.search.no_text import NoText
from cmpagl.search.part import Part
from cmpagl.search.query import MatchCache, Query, QueryText, read_text
from cmpagl.search.scene_tokens import SceneTokens
from cmpagl.store.gallery import Gallery

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from cmpagl.model.fusion import FusionEncoder
    from cmpagl.model.towers import ImageTower, TextTower

__all__ = ["QueryEncoder"]


class QueryEncoder:
    """Makes queries against one gallery with the checkpoint that made it."""

    def __init__(self, gallery: Gallery, checkpoint: Checkpoint) -> None:
        """Remember both; nothing is loaded yet.

        Raises:
            GalleryError: the gallery was made with another checkpoint.
        """
        if gallery.fingerprint != checkpoint.fingerprint:
            raise GalleryError(
                f"The index {gallery.folder} was made with the checkpoint "
                f"'{gallery.checkpoint_name}', whose weights are not those of '{checkpoint.name}': "
                "build the index again, or use the other checkpoint."
            )
        self.gallery, self.checkpoint = gallery, checkpoint
        self._text_tower = Part(checkpoint.text_tower)
        self._tokenizer = Part(checkpoint.tokenizer)
        self._image_tower = Part(checkpoint.image_tower)
        self._fusion = Part(checkpoint.fusion)
        self._bank = Part(checkpoint.bank)
        self._likeness = Part(lambda: likeness_of_bank(self._bank_texts()))
        self._batches = TextBatches(self._embed)
        self._scene_tokens = SceneTokens(
            gallery,
            checkpoint.config.vision.preprocessing.size,
            lambda squares: image_tokens(self._image_tower(), self._fusion(), squares),
        )

    def over(self, gallery: Gallery) -> Self:
        """The same model over another version of the gallery; what is loaded is shared.

        Raises:
            GalleryError: the gallery was made with another checkpoint.
        """
        other = type(self)(gallery, self.checkpoint)
        other._text_tower, other._tokenizer = self._text_tower, self._tokenizer
        other._image_tower, other._fusion = self._image_tower, self._fusion
        other._bank, other._likeness = self._bank, self._likeness
        other._batches = self._batches
        return other

    def load(self, *, images: bool = False) -> None:
        """Load what a text query needs (with ``images``, also what a picture needs) ahead of it."""
        self._text_tower(), self._tokenizer(), self._fusion()
        if images:
            self._image_tower()

    def towers(self) -> tuple[ImageTower, TextTower, FusionEncoder, Tokenizer]:
        """The parts of the model, loaded where they are not yet: what attention maps stand on.

        Of a model that reads no text, `NoText` stands for what would read it.
        """
        if not self.checkpoint.reads_text:
            none: Any = NoText(self.checkpoint.name)
            return self._image_tower(), none, self._fusion(), none
        return self._image_tower(), self._text_tower(), self._fusion(), self._tokenizer()

    @property
    def towers_loaded(self) -> bool:
        """Whether `towers` answers at once."""
        texts = (self._text_tower, self._tokenizer) if self.checkpoint.reads_text else ()
        return all(part.loaded for part in (self._image_tower, self._fusion, *texts))

    # Queries

    def query_text(self, text: object, *, strike: int = 0) -> Query:
        """Encode a sentence.

        Args:
            text: what a person wrote.
            strike: where it has 2 to so many words, it is encoded without each of them as well, in
                the same pass: `cmpagl.search.explain.strike_words` then needs none.

        Raises:
            QueryError: it is no text, empty, or too long; see `read_text`.
        """
        read = read_text(text, self._tokenizer())
        if (known := self.checkpoint.known_texts) is not None:
            read = read.as_one_of(known)
        struck = read.without_each_word if 2 <= len(read.words) <= strike else ()
        embeds, tokens = self._batches([read.text, *struck])
        return self.text_query(read, embeds[0], tokens[0], embeds[1:] if struck else None)

    def text_query(
        self,
        text: QueryText,
        text_embeds: NDArray[np.float32],
        tokens: TextTokens | None,
        struck: NDArray[np.float32] | None = None,
    ) -> Query:
        """The query of a text that is encoded already; ``text_embeds (E,)``, ``struck (n, E)``."""
        scores, hits, moments = self._scored(text_embeds)
        return Query(
            "text",
            scores,
            hits=hits,
            moments=moments,
            text=text,
            text_embeds=text_embeds,
            tokens=tokens,
            struck=struck,
            matches=MatchCache(),
        )

    def _scored(
        self, embeds: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], Hits | None, tuple[float, float] | None]:
        """A query's scores (G,): all of them, or where the index is searched, none yet."""
        engine = self.gallery.engine
        if engine is None:
            return self.gallery.image_embeds @ embeds, None, None
        scores = np.full(len(self.gallery), -np.inf, np.float32)
        width = len(embeds)
        hits = Hits(engine, scores, lambda _, vectors: vectors[:, :width] @ embeds)
        return scores, hits, engine.moments(embeds)

    def query_image(self, image: Image.Image | NDArray[np.uint8] | Path) -> Query:
        """Encode a picture.

        Args:
            image: a file, an RGB picture, or pixels (height, width, 3) uint8.

        Raises:
            DataError: the file cannot be read.
            QueryError: pixels of another shape or type.
        """
        if isinstance(image, Path):
            image = read_image(image, side=SIDE)  # as an index reads it
        if isinstance(image, np.ndarray):
            if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
                raise QueryError(
                    f"The picture has the shape {image.shape} and the type {image.dtype}; give RGB "
                    "pixels (height, width, 3) of 0 to 255."
                )
            image = Image.fromarray(image)
        size = self.checkpoint.config.vision.preprocessing.size
        square = square_pixels(image.convert("RGB"), size)
        batch = next(embed_images(self._image_tower(), self._fusion(), [square], batch_size=1))
        embeds = batch.image_embeds[0]
        scores, hits, moments = self._scored(embeds)
        return Query(
            "image",
            scores,
            hits=hits,
            moments=moments,
            image_embeds=embeds,
            token_values=batch.token_values[0],
            token_scales=batch.token_scales[0],
        )

    def query_scene(self, scene: int) -> Query:
        """Ask with a scene of the gallery; it is no answer to itself, and no tower is needed.

        Raises:
            QueryError: there is no such scene, or no other.
        """
        self.check_scene(scene)
        embeds = self.gallery.embeds_of(np.array([scene]))[0]
        scores, hits, moments = self._scored(embeds)
        return Query("scene", scores, hits=hits, moments=moments, image_embeds=embeds, scene=scene)

    def same_query(self, other: Query) -> Query:
        """A text or picture that was encoded for another gallery of this model, asked of this one.

        A scene of the other is a picture here.
        """
        if other.text is not None and other.text_embeds is not None:
            return self.text_query(other.text, other.text_embeds, other.tokens)
        assert other.image_embeds is not None
        scores, hits, moments = self._scored(other.image_embeds)
        return Query("image", scores, hits=hits, moments=moments, image_embeds=other.image_embeds)

    def query_mixed(self, text: Query, image: Query, weight: float) -> Query:
        """Mix a text query and one with a picture.

        Args:
            text: of `query_text`.
            image: of `query_image` or `query_scene`.
            weight: of the text, 0 to 1.

        Raises:
            QueryError: the weight is out of range, or the queries are of other kinds.
        """
        if not 0 <= weight <= 1:
            raise QueryError(f"The weight of the text is {weight}; it must lie from 0 to 1.")
        if text.kind != "text" or image.kind not in ("image", "scene"):
            raise QueryError(
                f"A mixed query needs a text and a picture, but was given {text.kind} and "
                f"{image.kind}."
            )
        parts = ((text, weight), (image, 1.0 - weight))
        if text.hits is None:
            rows = [share * (part.scores - part.mean) / part.spread for part, share in parts]
            scores, hits = rows[0] + rows[1], None
        else:
            scores = np.full(len(self.gallery), -np.inf, np.float32)
            hits = Hits(text.hits.engine, scores, lambda *rows: _mixed_scores(parts, *rows))
        return Query(
            "mixed",
            scores,
            hits=hits,
            moments=None if hits is None else (0.0, 1.0),
            text=text.text,
            text_embeds=text.text_embeds,
            image_embeds=image.image_embeds,
            tokens=text.tokens,
            weight=float(weight),
            parts=(text, image),
            scene=image.scene,
        )

    def encode_texts(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], list[TextTokens]]:
        """Embeddings ``(n, E)`` and tokens of texts that are already in their normal form.

        Texts of callers in other threads share the passes; see `cmpagl.search.batching`.
        """
        return self._batches(texts)

    def _embed(self, texts: list[str]) -> tuple[NDArray[np.float32], list[TextTokens]]:
        return embed_texts(self._text_tower(), self._tokenizer(), texts, keep_tokens=True)

    def tokens_of(self, query: Query) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
        """What fusion reads of a query's picture: ``(N, F)`` and ``(N,)``.

        Raises:
            QueryError: the query has no picture, or it is a scene whose picture cannot be read.
        """
        if query.token_values is not None and query.token_scales is not None:
            return query.token_values, query.token_scales
        if query.scene is None:
            raise QueryError("Only a picture can be matched with captions; give one.")
        values, scales = self.scene_tokens(np.array([query.scene]))
        return values[0], scales[0]

    def scene_tokens(
        self, scenes: NDArray[np.int64]
    ) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
        """What fusion reads of scenes, ``(n, N, F)`` and ``(n, N)``: kept, or read again.

        Raises:
            QueryError: nothing is kept of them, and a picture cannot be read or is another one now.
        """
        return self._scene_tokens(scenes)

    def share_as_unlike(self, text_embeds: NDArray[np.float32]) -> float | None:
        """The share of training captions that are as unlike the others as a text is, 0 to 1.

        Near 0, the model has learned from nothing of the kind, so what it says of the text is a
        guess, however high the best score. None for a bank that is too small to tell.

        Args:
            text_embeds: ``(E,)``.
        """
        return share_as_unlike(text_embeds, self._bank_texts(), self._likeness())

    def _bank_texts(self) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self._bank().text_embeds.float().numpy()
        return found

    def check_scene(self, scene: int) -> None:
        """Refuse a number that no scene has.

        Raises:
            QueryError: there is none.
        """
        if not 0 <= scene < len(self.gallery):
            raise QueryError(
                f"Scene {scene} does not exist; the gallery has 0 to {len(self.gallery) - 1}."
            )


def _mixed_scores(
    parts: Sequence[tuple[Query, float]], items: IntArray, vectors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The weighted z-scores (k,) of scenes by their vectors; the parts learn theirs as well."""
    total = np.zeros(len(items), np.float32)
    for part, share in parts:
        embeds = part.text_embeds if part.text_embeds is not None else part.image_embeds
        assert embeds is not None
        part.scores[items] = own = vectors[:, : len(embeds)] @ embeds
        total += share * (own - part.mean) / part.spread
    return total
