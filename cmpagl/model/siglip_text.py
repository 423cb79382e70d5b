"""SigLIP's and SigLIP 2's text tower as a text encoder: its own blocks, and what it pools."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from cmpagl.config.model import SiglipTextConfig
from cmpagl.model.filled import Padding
from cmpagl.model.projected_text import ProjectedTextEncoder
from cmpagl.model.text import piece_means, sizes

__all__ = ["SiglipTextEncoder"]


class SiglipTextEncoder(ProjectedTextEncoder):
    """See `cmpagl.model.encoder.TextEncoder`; a `transformers` SigLIP text model without its head.

    Every text is filled up to the greatest length. Pooled is the last place's state after the last
    norm, which SigLIP projects, then the mean over the word pieces of each pooled layer.
    """

    part: ClassVar[str] = "siglip"
    word_table: ClassVar[str] = "siglip.embeddings.token_embedding.weight"

    def __init__(self, config: SiglipTextConfig) -> None:
        super().__init__()
        from transformers import SiglipTextConfig as TheirConfig
        from transformers import SiglipTextModel

        self.config = config
        self.padding = Padding(config.filling, config.fills_left)
        model: Any = SiglipTextModel(
            TheirConfig(
                **sizes(config),
                projection_size=config.dim,
                hidden_act=config.act,
                layer_norm_eps=config.norm_eps,
                eos_token_id=None,
                bos_token_id=None,
                pad_token_id=None,
            )
        )
        model.head = nn.Identity()  # the tower's own head begins as what it projects with
        self.siglip = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Encode word pieces."""
        layers = self.config.pooled_layers
        filled = self.padding.fill(input_ids, attention_mask, self.config.max_positions)
        out = self.siglip(input_ids=filled.input_ids, output_hidden_states=bool(layers))
        tokens = filled.own(out.last_hidden_state)
        states = [filled.own(out.hidden_states[layer]) for layer in layers]
        means = piece_means(states, attention_mask.to(tokens.dtype))
        return tokens, torch.cat([out.pooler_output, *means], dim=1)
