"""An image encoder that is no Gswin: one convolution, a few layers of their own, no attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from cmpagl.config.vision import ImageEncoderConfig, Preprocessing
from cmpagl.errors import CheckpointError
from cmpagl.model.encoder import BlockAttention, EncodedImages


@dataclass(frozen=True)
class PatchConfig(ImageEncoderConfig):
    """Its settings, and its preset: the defaults."""

    encoder: ClassVar[str] = "other_encoder:PatchEncoder"

    kind: str = "patches"
    image_size: int = 32
    width: int = 12
    depth: int = 2

    @property
    def num_blocks(self) -> int:
        return self.depth

    @property
    def out_dim(self) -> int:
        return self.width

    @property
    def out_grid(self) -> int:
        return self.image_size // 8

    @property
    def block_pooled_dim(self) -> int:
        return self.width

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(self.image_size, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


class PatchEncoder(nn.Module):
    """Patches of 8 x 8 pixels, each through ``depth`` layers, and their mean."""

    def __init__(self, config: PatchConfig) -> None:
        super().__init__()
        self.config = config
        self.patches = nn.Conv2d(3, config.width, 8, 8)
        self.blocks = nn.ModuleList(nn.Linear(config.width, config.width) for _ in range(2))
        self.norm = nn.LayerNorm(config.width)

    @property
    def num_blocks(self) -> int:
        return len(self.blocks)

    def block_input(self, block: int) -> tuple[int, int]:
        return self.config.out_grid**2, self.config.width

    def embed(self, pixel_values: Tensor) -> Tensor:
        return self.patches(pixel_values).flatten(2).transpose(1, 2)

    def run_blocks(
        self,
        x: Tensor,
        start: int = 0,
        stop: int | None = None,
        need_weights: bool = False,
        *,
        kept: list[Tensor] | None = None,
    ) -> tuple[Tensor, list[BlockAttention]]:
        for block in self.blocks[start:stop]:
            x = x + torch.tanh(block(x))
        return x, []

    def pool(self, x: Tensor, kept: Sequence[Tensor] = ()) -> tuple[Tensor, Tensor]:
        tokens = self.norm(x)
        return tokens, tokens.mean(dim=1)

    def parameter_groups(self) -> list[dict[str, nn.Parameter]]:
        blocks = [
            {f"blocks.{i}.{n}": p for n, p in block.named_parameters()}
            for i, block in enumerate(self.blocks)
        ]
        return [*blocks, {f"norm.{n}": p for n, p in self.norm.named_parameters()}]

    def load_pretrained(self, source: str) -> None:
        raise CheckpointError(f"{source} has no weights for patches; give random.")

    def forward(self, pixel_values: Tensor, need_weights: bool = False) -> EncodedImages:
        x, _ = self.run_blocks(self.embed(pixel_values))
        return EncodedImages(*self.pool(x), None)
