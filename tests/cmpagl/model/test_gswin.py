"""Gswin: equal to full attention and to timm's Swin where it must be; honest maps."""

from __future__ import annotations

from dataclasses import replace

import pytest
import timm
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from cmpagl.config.vision import JOINS, PRESETS, GswinConfig
from cmpagl.model.gswin import GswinTransformer
from cmpagl.model.gswin_attention import GswinAttention
from cmpagl.model.pretrained import load_timm_swin

VIT = GswinConfig(
    image_size=64, patch_size=8, dim=16, depths=(4,), num_heads=(2,), window_size=4, global_size=2
)
SWIN = replace(
    VIT,
    patch_size=4,
    depths=(2, 2, 2),
    num_heads=(1, 2, 4),
    class_token=False,
    position_table=False,
    relative_position_bias=True,
    layer_scale=False,
    patch_norm=True,
    join="scale",
)


def random_tower(config, seed=0):
    """Every parameter drawn anew, so that no zero and no one hides a mistake."""
    torch.manual_seed(seed)
    tower = GswinTransformer(config)
    for parameter in tower.parameters():
        nn.init.normal_(parameter, std=0.3)
    return tower.eval()


def pixels(config, n=2):
    return torch.randn(n, 3, config.image_size, config.image_size)


def vit_reference(tower, images):
    """A plain ViT with the tower's weights: every token sees every token."""
    x = tower.embed(images)
    for block in tower.layers[0].blocks:
        heads = block.attn.num_heads
        B, L, C = x.shape
        qkv = block.attn.qkv(block.norm1(x)).view(B, L, 3, heads, C // heads)
        mixed = scaled_dot_product_attention(*qkv.permute(2, 0, 3, 1, 4))
        x = x + block.ls1(block.attn.proj(mixed.transpose(1, 2).reshape(B, L, C)))
        x = x + block.ls2(block.mlp(block.norm2(x)))
    return tower.norm(x)[:, int(tower.config.class_token) :]


@pytest.mark.parametrize("class_token", [True, False])
@pytest.mark.parametrize(
    ("window_size", "global_size"),
    [(4, 8), (2, 8), (8, 2)],
    ids=["cells are tokens", "cells are tokens, small windows", "the window is the whole map"],
)
def test_joint_with_all_in_sight_is_full_attention(class_token, window_size, global_size):
    """With every token a cell, or one window, `joint` equals a plain ViT with its weights."""
    config = replace(VIT, window_size=window_size, global_size=global_size, class_token=class_token)
    tower = random_tower(config)
    images = pixels(config)
    with torch.no_grad():
        expected = vit_reference(tower, images)
        torch.testing.assert_close(tower(images).tokens, expected, rtol=1e-4, atol=1e-4)


def test_joint_with_larger_cells_is_not_full_attention():
    """The reference notices a difference: with four cells only, something is lost."""
    tower = random_tower(VIT)
    images = pixels(VIT)
    with torch.no_grad():
        difference = (tower(images).tokens - vit_reference(tower, images)).abs().max()
    assert difference > 0.01


def test_scale_starts_as_timms_swin():
    """With timm's weights and the scale at its start: bit for bit timm's features."""
    torch.manual_seed(0)
    swin = timm.create_model("swin_tiny_patch4_window7_224", pretrained=False).eval()
    for name, parameter in swin.named_parameters():  # the tables and biases start near zero
        if parameter.ndim == 1 or "bias_table" in name:
            nn.init.normal_(parameter, mean=float("norm" in name), std=0.1)
    for module in swin.modules():
        if hasattr(module, "fused_attn"):
            module.fused_attn = False  # the fused kernel sums in another order
    tower = GswinTransformer(PRESETS["gswin_tiny_4"]).eval()
    load_timm_swin(tower, swin.state_dict())
    images = torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        expected = swin.forward_features(images).flatten(1, 2)
        assert torch.equal(tower(images).tokens, expected)
        tower.layers[0].blocks[0].attn.global_scale.fill_(0.1)
        assert not torch.equal(tower(images).tokens, expected)


def test_local_sees_its_window_only():
    """A change of one corner reaches no token beyond its window; with `joint` it reaches all."""
    far = slice(-1, None)
    for join, reaches in (("local", False), ("joint", True)):
        config = replace(VIT, depths=(1,), join=join, class_token=False)
        tower = random_tower(config)
        images = pixels(config, 1)
        changed = images.clone()
        changed[:, :, :8, :8] += 1
        with torch.no_grad():
            before, after = tower(images).tokens, tower(changed).tokens
        assert not torch.equal(before[:, 0], after[:, 0])
        assert torch.equal(before[:, far], after[:, far]) != reaches


def test_global_sees_cells_only():
    """Two tokens of one cell swapped: nobody else notices, as their means are the same."""
    attention = GswinAttention(
        16,
        grid=8,
        window_size=4,
        shift_size=2,
        global_size=2,
        num_heads=2,
        join="global",
        class_token=False,
        relative_position_bias=False,
    )
    x = torch.randn(1, 64, 16)
    swapped = x.clone()
    swapped[:, [0, 9]] = x[:, [9, 0]]
    others = [t for t in range(64) if t not in (0, 9)]
    with torch.no_grad():
        out, weights = attention(x, need_weights=True)
        torch.testing.assert_close(attention(swapped)[0][:, others], out[:, others])
    assert weights.local is None
    torch.testing.assert_close(weights.share, torch.ones(1, 2, 64))


def test_a_window_over_the_whole_map_has_no_global_branch():
    """The last stages of the Swin arrangement are one window: nothing lies beyond it."""
    config = replace(SWIN, image_size=64, window_size=4)  # maps of 16, 8 and 4 tokens a side
    tower = random_tower(config)
    branches = [
        any("global_" in name for name, _ in stage.named_parameters()) for stage in tower.layers
    ]
    assert branches == [True, True, False]
    maps = tower(pixels(config), need_weights=True).attention
    assert [m.global_ is None for m in maps] == [False] * 4 + [True] * 2
    assert [m.share is None for m in maps] == [False] * 4 + [True] * 2


CONFIGURATIONS = [
    pytest.param(replace(config, join=join), id=f"{name}-{join}")
    for name, config in (("vit", VIT), ("swin", SWIN))
    for join in JOINS
]


def values_of(attention, x):
    """The values that a block's attention mixes: (B, heads, T + N, C / heads)."""
    return attention._heads(attention.qkv(x).chunk(3, dim=-1)[2])


def cell_means(values, grid, cells):
    B, H, _, K = values.shape
    step = grid // cells
    return values.view(B, H, cells, step, cells, step, K).mean((3, 5)).flatten(2, 3)


@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_maps_are_the_weights_that_were_used(config):
    """Each block's attention output, rebuilt from the maps it returned and its values."""
    tower = random_tower(config)
    attentions = [block.attn for stage in tower.layers for block in stage.blocks]
    inputs, outputs = [], []

    def keep(_, args, result):
        inputs.append(args[0])
        outputs.append(result[0])

    for attention in attentions:
        attention.register_forward_hook(keep)
    with torch.no_grad():
        maps = tower(pixels(config), need_weights=True).attention
        for attention, x, out, used in zip(attentions, inputs, outputs, maps, strict=True):
            T = int(config.class_token)
            values = values_of(attention, x)
            mixed = torch.zeros_like(values[:, :, T:])
            if used.local is not None:
                of_token = used.local_index[used.window_of()]  # N, M*M
                mixed += torch.einsum(
                    "bhnk,bhnkc->bhnc", used.local, values[:, :, T:][:, :, of_token]
                )
            branch = 0
            if used.global_ is not None and attention.join == "scale":
                other = attention._heads(attention.global_qkv(x[:, T:]).chunk(3, dim=-1)[2])
                seen = used.global_ @ cell_means(other, used.grid, attention.global_size)
                branch = attention.global_proj(seen.transpose(1, 2).flatten(2))
                branch = branch * attention.global_scale
            elif used.global_ is not None:
                mixed += used.global_ @ cell_means(
                    values[:, :, T:], used.grid, attention.global_size
                )
            if T:
                mixed += used.to_class.unsqueeze(-1) * values[:, :, :1]
                from_class = (used.from_class.unsqueeze(2) @ values).transpose(1, 2).flatten(2)
                torch.testing.assert_close(
                    attention.proj(from_class), out[:, :1], rtol=1e-4, atol=1e-4
                )
            rebuilt = attention.proj(mixed.transpose(1, 2).flatten(2)) + branch
            torch.testing.assert_close(rebuilt, out[:, T:], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_rows_sum_to_one_and_shares_lie_between(config):
    """A token's weights are a distribution over what it saw; its share is part of it."""
    tower = random_tower(config)
    with torch.no_grad():
        maps = tower(pixels(config), need_weights=True).attention
    assert len(maps) == sum(config.depths)
    for used in maps:
        one_softmax = [None if used.local is None else used.local.sum(-1), used.to_class]
        if used.global_ is not None and config.join == "scale":
            torch.testing.assert_close(used.global_.sum(-1), torch.ones_like(used.share))
        elif used.global_ is not None:
            one_softmax.append(used.global_.sum(-1))
        total = sum(part for part in one_softmax if part is not None)
        torch.testing.assert_close(total, torch.ones_like(total))
        if used.from_class is not None:
            ones = torch.ones(used.from_class.shape[:2])
            torch.testing.assert_close(used.from_class.sum(-1), ones)
        if used.share is not None:
            assert used.share.min() >= 0
            assert used.share.max() <= 1 + 1e-6


def test_share_is_what_lies_beyond_the_window():
    """For `joint` it is the weight on the cells, the rest is local or on the class token."""
    tower = random_tower(VIT)
    with torch.no_grad():
        maps = tower(pixels(VIT), need_weights=True).attention
    for used in maps:
        torch.testing.assert_close(used.share, 1 - used.local.sum(-1) - used.to_class)
        assert 0 < used.share.mean() < 1


@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_asking_for_weights_changes_nothing(config):
    """Bit for bit the same output with and without maps."""
    tower = random_tower(config)
    images = pixels(config)
    with torch.no_grad():
        plain, asked = tower(images), tower(images, need_weights=True)
    assert torch.equal(plain.tokens, asked.tokens)
    assert torch.equal(plain.pooled, asked.pooled)
    assert plain.attention is None


@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_every_parameter_gets_a_gradient(config):
    """No dead branch, in any join; the scale of `scale` is moved off its zero first."""
    torch.manual_seed(0)
    tower = GswinTransformer(config)
    for name, parameter in tower.named_parameters():
        if name.endswith("global_scale"):
            nn.init.normal_(parameter)
    pooled = tower(pixels(config)).pooled
    (pooled * torch.randn_like(pooled)).sum().backward()
    without = [
        name
        for name, parameter in tower.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert without == []


@pytest.mark.parametrize("config", [VIT, SWIN], ids=["vit", "swin"])
def test_blocks_can_be_run_in_two_parts(config):
    """Split before any block: bit for bit the whole, and the maps in the same order."""
    tower = random_tower(config)
    with torch.no_grad():
        x = tower.embed(pixels(config))
        whole, maps = tower.run_blocks(x, need_weights=True)
        for split in range(tower.num_blocks + 1):
            half, first = tower.run_blocks(x, 0, split, need_weights=True)
            rest, second = tower.run_blocks(half, split, need_weights=True)
            assert torch.equal(rest, whole)
            assert [m.grid for m in first + second] == [m.grid for m in maps]


def test_pooled_is_class_token_mean_and_deviation():
    """In that order; without a class token only mean and deviation."""
    for config in (VIT, replace(VIT, class_token=False)):
        tower = random_tower(config)
        with torch.no_grad():
            x, _ = tower.run_blocks(tower.embed(pixels(config)))
            tokens, pooled = tower.pool(x)
            normed = tower.norm(x)
        parts = pooled.split(config.dim, dim=1)
        assert pooled.shape == (2, config.pooled_dim)
        if config.class_token:
            assert torch.equal(parts[0], normed[:, 0])
        torch.testing.assert_close(parts[-2], tokens.mean(1))
        torch.testing.assert_close(parts[-1], tokens.std(1, correction=0), rtol=1e-3, atol=1e-4)


def test_pooled_blocks_are_those_of_shallower_towers():
    """A block's part is what a tower that ends there would pool; the last one's part comes last."""
    config = replace(VIT, pooled_blocks=(1, 4))
    tower, first = random_tower(config), random_tower(VIT)
    images = pixels(config)
    with torch.no_grad():
        pooled = tower(images).pooled
        at_one, _ = first.run_blocks(first.embed(images), 0, 1)
        parts = (first.pool(at_one)[1], first(images).pooled)
    assert pooled.shape == (2, config.pooled_dim) == (2, 2 * VIT.pooled_dim)
    assert torch.equal(pooled, torch.cat(parts, dim=1))


def test_shipped_arrangement_has_the_sizes_of_vit_small():
    """As many parameters as DINOv2-S has at this resolution, with and without a global window."""
    block = 12 * 384**2 + 13 * 384 + 2 * 384  # projections, MLP, their biases and norms, scales
    around = 3 * 14 * 14 * 384 + 384 + 384 + 257 * 384 + 2 * 384
    for join in ("joint", "local"):
        with torch.device("meta"):
            tower = GswinTransformer(replace(PRESETS["gswin_small_14"], join=join))
        assert sum(p.numel() for p in tower.parameters()) == 12 * block + around
