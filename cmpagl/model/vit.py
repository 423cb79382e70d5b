"""A published Vision Transformer as an image encoder: CLIP, SigLIP, SigLIP 2, DINOv2, DINOv3, timm.

The blocks are those of transformers or timm themselves; what differs between families (what comes
before the first block, what a block is given beside its tokens, what is pooled) stands here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cmpagl.config.vit import ViTConfig
from cmpagl.model.encoder import BlockAttention, EncodedImages

__all__ = ["ViTEncoder"]

CLASSES = {
    "clip": ("CLIPVisionConfig", "CLIPVisionModel"),
    "siglip": ("SiglipVisionConfig", "SiglipVisionModel"),
    "siglip2": ("Siglip2VisionConfig", "Siglip2VisionModel"),
    "dinov2": ("Dinov2Config", "Dinov2Model"),
    "dinov3_vit": ("DINOv3ViTConfig", "DINOv3ViTModel"),
}
"""What transformers calls the settings and the image tower of a family."""


class ViTEncoder(nn.Module):
    """See `cmpagl.model.encoder.ImageEncoder`. ``prefix`` tokens stand for no place."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.config = config
        self.model = _build(config)
        self.prefix = _prefix(self.model, config.family)

    @property
    def blocks(self) -> nn.ModuleList:
        """Its blocks, from the lowest."""
        return _blocks(self.model, self.config.family)

    @property
    def num_blocks(self) -> int:
        """How many blocks run one after the other."""
        return len(self.blocks)

    def block_input(self, block: int) -> tuple[int, int]:
        """Tokens and channels that a block reads."""
        return self.prefix + self.config.grid**2, self.config.dim

    def embed(self, pixel_values: Tensor) -> Tensor:
        """Normalised pixels (B, 3, S, S) to the first block's input (B, prefix + N, C)."""
        model: Any = self.model
        family = self.config.family
        if family == "timm":
            x = model.norm_pre(model.patch_drop(model._pos_embed(model.patch_embed(pixel_values))))
        elif family == "clip":
            x = model.pre_layrnorm(model.embeddings(pixel_values))
        elif family == "siglip2":
            shapes = torch.full((len(pixel_values), 2), self.config.grid)
            x = model.embeddings(_patches(pixel_values, self.config.grid), shapes)
        else:
            x = model.embeddings(pixel_values)
        out: Tensor = x
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
        """Run some blocks; timm's give no maps."""
        more: dict[str, Any] = {}
        if self.config.family != "timm":
            more["attention_mask"] = None
        if self.config.family == "dinov3_vit":
            side = self.config.image_size
            more["position_embeddings"] = self.model.rope_embeddings(  # type: ignore[operator]
                torch.zeros(1, 3, side, side, device=x.device)
            )
        maps: list[BlockAttention] = []
        for block in self.blocks[start:stop]:
            if not need_weights or self.config.family == "timm":
                x = block(x, **more)
                continue
            found: list[Tensor] = []
            attention: Any = getattr(block, "self_attn", None) or block.attention
            hook = attention.register_forward_hook(
                lambda module, given, out, found=found: found.append(out[1])
            )
            try:
                x = block(x, **more)
            finally:
                hook.remove()
            maps += [self._maps(weights) for weights in found]
        return x, maps

    def _maps(self, weights: Tensor) -> BlockAttention:
        """Weights (B, heads, L, L) of full attention: one window of all places."""
        T, N = self.prefix, self.config.grid**2
        places = weights[:, :, T:]
        return BlockAttention(
            grid=self.config.grid,
            local_index=torch.arange(N, device=weights.device)[None],
            local=places[..., T:],
            global_=None,
            to_class=places[..., :T].sum(dim=-1) if T else None,
            from_class=torch.cat([weights[:, :, 0, :1], weights[:, :, 0, T:]], -1) if T else None,
            share=None,
        )

    def pool(self, x: Tensor, kept: Sequence[Tensor] = ()) -> tuple[Tensor, Tensor]:
        """The last block's output to (tokens, what the authors pool)."""
        model: Any = self.model
        family = self.config.family
        norms = {"clip": "post_layernorm", "siglip": "post_layernorm", "siglip2": "post_layernorm"}
        norms["dinov2"] = "layernorm"
        x = getattr(model, norms.get(family, "norm"))(x)
        if family == "timm":
            pooled = model.forward_head(x, pre_logits=True)
        elif family == "siglip":
            pooled = model.head(x)
        elif family == "siglip2":
            pooled = model.head(x, None)
        else:
            pooled = x[:, 0]
        return x[:, self.prefix :], pooled

    def parameter_groups(self) -> list[dict[str, nn.Parameter]]:
        """The parameters of each block, from the lowest, and last of what comes after all."""
        names = {id(p): name for name, p in self.named_parameters()}
        groups = [{names[id(p)]: p for p in block.parameters()} for block in self.blocks]
        after = [
            module
            for name in ("post_layernorm", "layernorm", "norm", "head", "attn_pool", "fc_norm")
            if isinstance(module := getattr(self.model, name, None), nn.Module)
        ]
        return [*groups, {names[id(p)]: p for module in after for p in module.parameters()}]

    def load_pretrained(self, source: str) -> None:
        """Take the image tower of a published model of the same settings."""
        from cmpagl.model.published import load_image_tower

        load_image_tower(self, source)

    def forward(self, pixel_values: Tensor, need_weights: bool = False) -> EncodedImages:
        """Encode (B, 3, S, S) normalised pixels."""
        x, maps = self.run_blocks(self.embed(pixel_values), need_weights=need_weights)
        return EncodedImages(*self.pool(x), tuple(maps) or None)


def _build(config: ViTConfig) -> nn.Module:
    """The image tower with random weights, as its library builds it."""
    settings = json.loads(config.settings)
    if config.family == "timm":
        import timm

        model: nn.Module = timm.create_model(num_classes=0, **settings)
        return model
    import transformers

    of_settings, of_model = (getattr(transformers, name) for name in CLASSES[config.family])
    # Only so are the weights given out that attention used.
    built: nn.Module = of_model(of_settings(**settings, attn_implementation="eager"))
    return built


def _blocks(model: Any, family: str) -> nn.ModuleList:  # noqa: ANN401 (another library's)
    if family == "timm":
        found = model.blocks
    elif family == "dinov3_vit":
        found = model.model.layer
    else:
        found = model.encoder.layer if family == "dinov2" else model.encoder.layers
    return found if isinstance(found, nn.ModuleList) else nn.ModuleList(found)


def _prefix(model: Any, family: str) -> int:  # noqa: ANN401 (another library's)
    """Tokens that stand for no place: a class token, perhaps registers."""
    if family == "timm":
        return int(model.num_prefix_tokens)
    if family == "dinov3_vit":
        return 1 + int(model.config.num_register_tokens)
    return int(family in ("clip", "dinov2"))


def _patches(pixels: Tensor, grid: int) -> Tensor:
    """(B, 3, S, S) to patches (B, N, p * p * 3) as SigLIP 2 reads them: rows, columns, channels."""
    B, C, S, _ = pixels.shape
    p = S // grid
    cut = pixels.view(B, C, grid, p, grid, p).permute(0, 2, 4, 3, 5, 1)
    return cut.reshape(B, grid * grid, p * p * C)
