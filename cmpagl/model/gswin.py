"""The Gswin image encoder: local window self-attention + global-local window cross-attention.

Our reading of the abstract of Sun et al. (TGRS 2024): each token asks two sets of keys at
once, the tokens of its own (shifted) window and one global window of G x G cell means.
`GswinConfig.join` says how the two meet:

- ``joint``: one softmax over both sets (and the class token), so a gate per token and head that the
  data sets; a cell's score gets + log n, n = its tokens the query does not see locally. With every
  token a cell this is full attention, so the weights of a pretrained ViT fit.
- ``scale``: timm's Swin plus a global branch with weights of its own, times a scale that starts at
  zero.
- ``local``, ``global``: one set only, for the ablation.

Names and order follow timm's `swin_transformer.py`, so readers and checkpoints know them. There is
one attention implementation: the maps that are shown are the weights that were used.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cmpagl.config.vision import GswinConfig
from cmpagl.model.attention_pool import AttentionPool
from cmpagl.model.encoder import BlockAttention, EncodedImages
from cmpagl.model.feed_forward import Mlp
from cmpagl.model.gswin_attention import GswinAttention

__all__ = [
    "GswinBlock",
    "GswinTransformer",
    "PatchMerging",
]


class LayerScale(nn.Module):
    """A factor per channel, as in DINOv2."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        return x * self.gamma


class GswinBlock(nn.Module):
    """``x + attention(norm(x))``, then ``x + mlp(norm(x))``."""

    def __init__(self, dim: int, config: GswinConfig, *, stage: int, shifted: bool) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=config.norm_eps)
        self.attn = GswinAttention(
            dim,
            grid=config.stage_grid(stage),
            window_size=config.window_size,
            shift_size=config.window_size // 2 if shifted else 0,
            global_size=config.global_size,
            num_heads=config.num_heads[stage],
            join=config.join,
            class_token=config.class_token,
            relative_position_bias=config.relative_position_bias,
        )
        self.ls1 = LayerScale(dim) if config.layer_scale else nn.Identity()
        self.norm2 = nn.LayerNorm(dim, eps=config.norm_eps)
        self.mlp = Mlp(dim, int(dim * config.mlp_ratio), config.act)
        self.ls2 = LayerScale(dim) if config.layer_scale else nn.Identity()

    def forward(
        self, x: Tensor, need_weights: bool = False
    ) -> tuple[Tensor, BlockAttention | None]:
        """(B, T + N, C) -> the same shape, and the attention weights if asked for."""
        attended, weights = self.attn(self.norm1(x), need_weights)
        x = x + self.ls1(attended)
        return x + self.ls2(self.mlp(self.norm2(x))), weights


class PatchEmbed(nn.Module):
    """Pixels to tokens: (B, 3, S, S) -> (B, N, C)."""

    def __init__(self, config: GswinConfig) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, config.dim, config.patch_size, config.patch_size)
        self.norm = (
            nn.LayerNorm(config.dim, config.norm_eps) if config.patch_norm else nn.Identity()
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """Project each patch, in reading order."""
        out: Tensor = self.norm(self.proj(pixels).flatten(2).transpose(1, 2))
        return out


class PatchMerging(nn.Module):
    """Halve the grid and double the width, as in Swin: (B, N, C) -> (B, N / 4, 2 C)."""

    def __init__(self, dim: int, grid: int, eps: float) -> None:
        super().__init__()
        self.grid = grid
        self.norm = nn.LayerNorm(4 * dim, eps=eps)
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Join each 2 x 2 block of tokens, in timm's order of the four."""
        B, _, C = x.shape
        x = x.view(B, self.grid // 2, 2, self.grid // 2, 2, C).permute(0, 1, 3, 4, 2, 5).flatten(3)
        out: Tensor = self.reduction(self.norm(x)).flatten(1, 2)
        return out


class GswinStage(nn.Module):
    """Patch merging (but for the first stage), then blocks with every other one shifted."""

    def __init__(self, config: GswinConfig, stage: int) -> None:
        super().__init__()
        dim = config.stage_dim(stage)
        self.downsample: nn.Module = nn.Identity()
        if stage:
            before = stage - 1
            grid = config.stage_grid(before)
            self.downsample = PatchMerging(config.stage_dim(before), grid, config.norm_eps)
        self.blocks = nn.ModuleList(
            GswinBlock(dim, config, stage=stage, shifted=i % 2 == 1)
            for i in range(config.depths[stage])
        )


class GswinTransformer(nn.Module):
    """The image tower: pixels to tokens and a pooled vector.

    Args:
        config: sizes and switches; see `GswinConfig` and its presets.
    """

    def __init__(self, config: GswinConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_embed = PatchEmbed(config)
        self.cls_token: nn.Parameter | None = None
        self.pos_embed: nn.Parameter | None = None
        if config.class_token:
            self.cls_token = nn.Parameter(torch.zeros(1, 1, config.dim))
        if config.position_table:
            length = config.stage_grid(0) ** 2 + int(config.class_token)
            self.pos_embed = nn.Parameter(torch.zeros(1, length, config.dim))
        self.pre_norm = (
            nn.LayerNorm(config.dim, config.norm_eps) if config.pre_norm else nn.Identity()
        )
        self.layers = nn.ModuleList(GswinStage(config, i) for i in range(len(config.depths)))
        self.norm = nn.LayerNorm(config.out_dim, eps=config.norm_eps)
        self.attention_pool: AttentionPool | None = None
        if config.attention_pool:
            hidden, heads = int(config.out_dim * config.mlp_ratio), config.num_heads[-1]
            self.attention_pool = AttentionPool(
                config.out_dim, heads, hidden, config.norm_eps, config.act
            )
        self._init_weights()

    def _init_weights(self) -> None:
        """Truncated normal 0.02 for linear, convolution and tables; zero bias."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for table in (self.cls_token, self.pos_embed):
            if table is not None:
                nn.init.trunc_normal_(table, std=0.02)

    @property
    def num_blocks(self) -> int:
        """Blocks over all stages."""
        return self.config.num_blocks

    def block_input(self, block: int) -> tuple[int, int]:
        """Tokens and channels that a block reads, counted from 0 over all stages."""
        # Patch merging belongs to the block after it: the input comes from the block before.
        depths = self.config.depths
        before = (s for s in range(1, len(depths)) if sum(depths[:s]) < block)
        stage = max(before, default=0)
        tokens = self.config.stage_grid(stage) ** 2 + int(self.config.class_token)
        return tokens, self.config.stage_dim(stage)

    def parameter_groups(self) -> list[dict[str, nn.Parameter]]:
        """The parameters of each block, from the lowest, and last of what comes after all."""
        groups = [
            {f"layers.{i}.blocks.{j}.{name}": p for name, p in block.named_parameters()}
            for i, stage in enumerate(self.layers)
            for j, block in enumerate(stage.blocks)  # type: ignore[arg-type]
        ]
        after = {"norm": self.norm, "attention_pool": self.attention_pool or nn.Identity()}
        last = {f"{n}.{name}": p for n, m in after.items() for name, p in m.named_parameters()}
        return [*groups, last]

    def load_pretrained(self, source: str) -> None:
        """Start from a ViT's weights or timm's Swin; see `cmpagl.model.pretrained`."""
        from cmpagl.model.pretrained import load_gswin

        load_gswin(self, source)

    def embed(self, pixel_values: Tensor) -> Tensor:
        """Pixels (B, 3, S, S) to the first block's input (B, T + N, C)."""
        x: Tensor = self.patch_embed(pixel_values)
        if self.cls_token is not None:
            x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], dim=1)
        x = x if self.pos_embed is None else x + self.pos_embed
        out: Tensor = self.pre_norm(x)
        return out

    def run_blocks(
        self,
        x: Tensor,
        start: int = 0,
        stop: int | None = None,
        need_weights: bool = False,
        *,
        kept: list[Tensor] | None = None,
    ) -> tuple[Tensor, list[BlockAttention]]:
        """Run blocks ``start`` (inclusive) to ``stop`` (exclusive), counted over all stages.

        A trainer caches the output of the frozen lower blocks and starts from there. What `pool`
        reads of the blocks that run is added to ``kept``.
        """
        stop = self.num_blocks if stop is None else stop
        maps: list[BlockAttention] = []
        number = 0
        for stage in self.layers:
            for i, block in enumerate(stage.blocks):  # type: ignore[arg-type]
                if start <= number < stop:
                    x, weights = block(stage.downsample(x) if i == 0 else x, need_weights)  # type: ignore[operator]
                    if weights is not None:
                        maps.append(weights)
                    if kept is not None and number + 1 in self.config.pooled_blocks:
                        kept.append(x)
                number += 1
        return x, maps

    def pool(self, x: Tensor, kept: Sequence[Tensor] = ()) -> tuple[Tensor, Tensor]:
        """Last block's output to (tokens (B, N, D) after the last norm, pooled (B, P)).

        ``kept`` are the outputs of `GswinConfig.pooled_blocks`; each passes the last norm too.
        What `GswinConfig.attention_pool` makes of the last block comes first.
        """
        skip = int(self.config.class_token)
        last = self.norm(x)
        parts = [] if self.attention_pool is None else [self.attention_pool(last)]
        for one in [self.norm(block) for block in kept] or [last]:
            tokens = one[:, skip:]
            std = tokens.var(dim=1, unbiased=False).add(1e-6).sqrt()
            parts += [one[:, i] for i in range(skip)] + [tokens.mean(dim=1), std]
        return last[:, skip:], torch.cat(parts, dim=-1)

    def forward(self, pixel_values: Tensor, need_weights: bool = False) -> EncodedImages:
        """Encode (B, 3, S, S) normalised pixels; see `EncodedImages`."""
        kept: list[Tensor] = []
        x, maps = self.run_blocks(self.embed(pixel_values), need_weights=need_weights, kept=kept)
        tokens, pooled = self.pool(x, kept)
        return EncodedImages(tokens, pooled, tuple(maps) if need_weights else None)
