"""How far windows and cells move what pretrained blocks say: a Gswin beside its own full attention.

Blocks that were trained with full attention are not trained with windows; the cosine between what
the tower says with and without them tells how much is left to learn back.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from cmpagl.model.gswin import GswinTransformer

__all__ = ["unwindowed_cosines"]


def unwindowed_cosines(encoder: GswinTransformer, pixel_values: Tensor) -> Tensor | None:
    """The cosine of what each picture is to its authors, with and without windows, (B,).

    That is what attention pools, or the last class token, or else the mean token.

    Args:
        encoder: of one stage, whose join is one softmax over window and cells.
        pixel_values: (B, 3, S, S) normalised pixels, on the encoder's device.

    Returns:
        None for an encoder that no full attention stands behind: of several stages, or with a
        branch of its own weights for the cells.
    """
    config = encoder.config
    if len(config.depths) != 1 or config.join != "joint" or config.relative_position_bias:
        return None
    grid = config.stage_grid(0)
    with torch.random.fork_rng():  # its weights are drawn before they are replaced
        plain = GswinTransformer(replace(config, window_size=grid, global_size=grid))
    plain.load_state_dict(encoder.state_dict())
    plain.to(pixel_values.device).eval()
    with torch.inference_mode():
        said = []
        for one in (encoder, plain):
            tokens = one.norm(one.run_blocks(one.embed(pixel_values))[0])
            if one.attention_pool is not None:
                said.append(one.attention_pool(tokens))
            else:
                said.append(tokens[:, 0] if config.class_token else tokens.mean(dim=1))
    return cosine_similarity(said[0], said[1], dim=-1)
