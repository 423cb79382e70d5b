"""The contracts of encoders: what the rest of the library asks of one, whatever it is.

A kind of image encoder is one module (its class fulfils `ImageEncoder`, as `cmpagl.model.gswin`
does) and its settings (a dataclass below `ImageEncoderConfig`, as `GswinConfig` is, which names the
class). Training, the index and attention maps know no more of it than what stands here. The same
holds of a text encoder, `TextEncoder` and `TextConfig`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Protocol

from torch import Tensor, nn

from cmpagl.config.model import TextConfig
from cmpagl.config.vision import ImageEncoderConfig

__all__ = [
    "BlockAttention",
    "EncodedImages",
    "ImageEncoder",
    "TextEncoder",
    "build_image_encoder",
    "build_text_encoder",
]


@dataclass(frozen=True)
class BlockAttention:
    """The attention weights one block used, per image and head.

    For ``joint`` the parts of a token's row sum to 1; for ``scale`` local + to_class and global
    each do. Absent parts are None. An encoder that attends to all places alike has one window of
    all of them.
    """

    grid: int
    local_index: Tensor  # (nW, M*M) token at each place of each window
    local: Tensor | None  # (B, heads, N, M*M): keys in the order of the token's row of local_index
    global_: Tensor | None  # (B, heads, N, G*G)
    to_class: Tensor | None  # (B, heads, N)
    from_class: Tensor | None  # (B, heads, N + 1): class token first
    share: Tensor | None  # (B, heads, N): how far the token looked beyond its window, in [0, 1]

    def window_of(self) -> Tensor:
        """The window each token lies in, (N,)."""
        return self.local_index.flatten().argsort() // self.local_index.shape[1]


@dataclass(frozen=True)
class EncodedImages:
    """What an encoder gives for a batch of images."""

    tokens: Tensor  # (B, N, D) after the last norm, without tokens that stand for no place
    pooled: Tensor  # (B, P): what the head reads
    attention: tuple[BlockAttention, ...] | None  # None where not asked for, or it has no maps


class ImageEncoder(Protocol):
    """Pixels to tokens and a pooled vector, block by block. An ``nn.Module``.

    Shapes: pixel_values (B, 3, S, S), a block's input (B, L, C), tokens (B, N, D), pooled (B, P);
    N = ``config.out_grid`` squared in reading order, D = ``config.out_dim``.
    """

    config: Any  # its `ImageEncoderConfig`, of its own kind

    @property
    def num_blocks(self) -> int:
        """How many blocks run one after the other."""

    def block_input(self, block: int) -> tuple[int, int]:
        """Tokens and channels (L, C) that a block reads; blocks count from 0."""

    def embed(self, pixel_values: Tensor) -> Tensor:
        """Normalised pixels to the first block's input."""

    def run_blocks(
        self,
        x: Tensor,
        start: int = 0,
        stop: int | None = None,
        need_weights: bool = False,
        *,
        kept: list[Tensor] | None = None,
    ) -> tuple[Tensor, list[BlockAttention]]:
        """Run blocks ``start`` (inclusive) to ``stop`` (exclusive; None: all that are left).

        A trainer caches the output of the frozen lower blocks and starts from there. The outputs
        of ``config.pooled_blocks`` are added to ``kept``. Without maps to give, the list is empty.
        """

    def pool(self, x: Tensor, kept: Sequence[Tensor] = ()) -> tuple[Tensor, Tensor]:
        """The last block's output to (tokens, pooled); ``kept`` as `run_blocks` filled it."""

    def parameter_groups(self) -> list[dict[str, nn.Parameter]]:
        """Parameters by name: of each block, from the lowest, and last of what comes after all."""

    def load_pretrained(self, source: str) -> None:
        """Start from a folder's or hub id's weights.

        Raises:
            CheckpointError: the source cannot be read, or does not fit.
        """

    def __call__(self, pixel_values: Tensor, need_weights: bool = False) -> EncodedImages:
        """All of it at once."""

    # What it is as an ``nn.Module``.

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters."""

    def state_dict(self) -> Mapping[str, Tensor]:
        """All weights by name."""


class TextEncoder(Protocol):
    """Word pieces to tokens and a pooled vector. An ``nn.Module``.

    Shapes: input_ids, attention_mask (B, L) int64, mask 1 on real pieces; tokens (B, L, D), pooled
    (B, P); D = ``config.dim``, P = ``config.pooled_dim``.
    """

    config: Any  # its `TextConfig`, of its own kind
    word_table: ClassVar[str]  # the name of `word_embeddings`: frozen, in a file of its own

    @property
    def word_embeddings(self) -> Tensor:
        """The word-piece table (vocab, D)."""

    def parameter_groups(self) -> list[dict[str, nn.Parameter]]:
        """Parameters by name: of each layer, from the lowest, and last of what comes after all.

        What lies below the first layer (words and places) is in none: it stays as it came.
        """

    def load_pretrained(self, source: str) -> None:
        """Start from a folder's or hub id's weights.

        Raises:
            CheckpointError: the source cannot be read, or does not fit.
        """

    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Encode word pieces: tokens and pooled, in which padding has no part."""

    # What it is as an ``nn.Module``.

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters."""

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """The same by name."""

    def state_dict(self) -> Mapping[str, Tensor]:
        """All weights by name."""

    def eval(self) -> Any:  # noqa: ANN401 (itself)
        """Ready for inference."""

    def train(self, mode: bool = True) -> Any:  # noqa: ANN401 (itself)
        """Ready for training."""


def build_text_encoder(config: TextConfig) -> TextEncoder:
    """The encoder of some settings, with random weights."""
    encoder: TextEncoder = _built(config.encoder, config)
    return encoder


def build_image_encoder(config: ImageEncoderConfig) -> ImageEncoder:
    """The encoder of some settings, with random weights."""
    encoder: ImageEncoder = _built(config.encoder, config)
    return encoder


def _built(place: str, config: object) -> Any:  # noqa: ANN401 (any kind of encoder)
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)(config)
