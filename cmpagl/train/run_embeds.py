"""What the model of a run, as it is now, makes of the run's images and captions.

Images come from cached features, so only what is tuned is computed. What takes long is kept on disk
in a folder that names the weights it was made with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from cmpagl.growing import Rows, grow
from cmpagl.model.embed import embed_texts
from cmpagl.model.towers import CMPAGL
from cmpagl.model.weights import weights_digest
from cmpagl.train.aligning import AlignmentSet
from cmpagl.train.fusion_epochs import MatchingSet
from cmpagl.train.images import IMAGES_AT_ONCE, ImageRows
from cmpagl.train.run_data import RunData
from cmpagl.train.run_progress import RunProgress

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["RunEmbeddings"]


@dataclass
class RunEmbeddings:
    """Embeddings, tokens and pooled vectors by the model as it is."""

    model: CMPAGL
    tokenizer: Tokenizer
    data: RunData
    pairs: AlignmentSet
    cache: Path  # of frozen features, may be shared by runs
    work: Path  # of this run alone
    progress: RunProgress

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.pairs.device

    @cached_property
    def aligned_work(self) -> Path:
        """Where work on the aligned towers is kept; other towers or data have another folder."""
        told = [weights_digest(self.model.image), weights_digest(self.model.text)]
        records = [record for data in self.data.train_sets for record in data.records]
        told += [record.picture.name for record in records]
        told += self.data.captions.texts
        key = hashlib.blake2b("\n".join(told).encode(), digest_size=12)
        return self.work / key.hexdigest()

    # Texts

    def pooled_texts(self) -> Tensor:
        """Pooled vectors of all distinct captions by the text tower as it is, kept in the cache."""
        encoder, captions = self.model.text.encoder, self.data.captions
        config = self.model.config.text
        told = [
            weights_digest(encoder),
            str(config.pooled_layers),
            str(config.bag),
            *captions.texts,
        ]
        key = hashlib.blake2b("\n".join(told).encode(), digest_size=12)
        order = captions.by_length

        def encode(start: int, end: int) -> list[NDArray[np.float32]]:
            encoder.eval()
            batch = captions.batch(order[start:end]).to(self.device)
            with torch.inference_mode():
                return [encoder(batch.input_ids, batch.attention_mask)[1].cpu().numpy()]

        found = grow(
            self.cache / f"text-{key.hexdigest()}",
            {"pooled": Rows((config.pooled_dim,), np.float32)},
            len(order),
            encode,
            at_once=256,
            progress=partial(self.progress.kept, "captions"),
        )["pooled"]
        return torch.from_numpy(found[np.argsort(order)]).to(self.device)

    def text_embeds(self, texts: list[str]) -> NDArray[np.float32]:
        """Embeddings (n, E) of texts."""
        self.model.eval()
        return embed_texts(self.model.text, self.tokenizer, texts)[0]

    def _text_tokens(self, texts: list[str]) -> tuple[NDArray[np.float32], list[Tensor]]:
        embeds, kept = embed_texts(self.model.text, self.tokenizer, texts, keep_tokens=True)
        return embeds, [text.tokens for text in kept]

    # Images

    def image_embeds(self, images: ImageRows, label: str, views: int) -> NDArray[np.float32]:
        """Embeddings (n, E) of cached images, averaged over their first ``views`` views."""
        found = []
        for start in range(0, len(images), IMAGES_AT_ONCE):
            rows = np.arange(start, min(start + IMAGES_AT_ONCE, len(images)))
            found.append(self.embed(images, rows, views))
            self.progress.told(label, int(rows[-1]) + 1, len(images))
        return np.concatenate(found)

    def embed(self, images: ImageRows, rows: NDArray[np.int64], views: int) -> NDArray[np.float32]:
        """Embeddings (n, E) of some cached images."""
        self.model.eval()
        with torch.inference_mode():
            embeds = sum(
                (
                    normalize(self.model.image.head(self._pooled(images, rows, view)), dim=-1)
                    for view in range(views)
                ),
                torch.zeros(()),
            )
            return normalize(embeds, dim=-1).cpu().numpy()

    def _pooled(self, images: ImageRows, rows: NDArray[np.int64], view: int) -> Tensor:
        views = np.full(len(rows), view)
        if not self.pairs.config.tunes_vision:
            return images.pooled(rows, views).to(self.device)
        return self.pairs.upper_blocks(images.tokens(rows, views))

    def image_tokens(self, images: ImageRows, rows: NDArray[np.int64]) -> Tensor:
        """Image tokens (n, N, D) of cached images by the tower as it is, upright."""
        x = images.tokens(rows, np.zeros_like(rows)).to(self.device)
        encoder = self.model.image.vision
        with torch.inference_mode():
            return encoder.pool(encoder.run_blocks(x, self.pairs.first_tuned)[0])[0]

    def _upright(self) -> NDArray[np.float32]:
        """Embeddings (I, E) of the training images by the aligned towers, kept."""
        images = self.data.images
        return grow(
            self.aligned_work / "embeds",
            {"images": Rows((self.model.config.embed_dim,), np.float32)},
            len(images),
            lambda start, end: [self.embed(images, np.arange(start, end), 1)],
            at_once=IMAGES_AT_ONCE,
            progress=partial(self.progress.kept, "embeddings"),
        )["images"]

    # Both

    def matching_set(self) -> MatchingSet:
        """What fusion is trained on: tokens of both aligned towers, and hard negatives."""
        self.model.eval()
        return MatchingSet.build(
            self.data.captions,
            image_embeds=self._upright(),
            image_tokens=lambda rows: self.image_tokens(self.data.images, rows),
            text_tokens=self._text_tokens,
            config=self.model.config,
            folder=self.aligned_work,
            progress=self.progress.kept,
        )
