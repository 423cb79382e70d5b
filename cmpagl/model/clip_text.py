"""CLIP's text tower as a text encoder: its own blocks, and what it pools itself."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from cmpagl.config.model import ClipTextConfig
from cmpagl.model.projected_text import ProjectedTextEncoder
from cmpagl.model.text import piece_means, sizes

__all__ = ["ClipTextEncoder"]


class ClipTextEncoder(ProjectedTextEncoder):
    """See `cmpagl.model.encoder.TextEncoder`; a `transformers` CLIP text model.

    Pooled is what CLIP projects (the state at the piece that closes the text, after the last
    norm), then the mean over the word pieces of each pooled layer.
    """

    part: ClassVar[str] = "clip"
    word_table: ClassVar[str] = "clip.embeddings.token_embedding.weight"

    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        from transformers import CLIPTextConfig, CLIPTextModel

        self.config = config
        self.clip = CLIPTextModel(
            CLIPTextConfig(
                **sizes(config),
                hidden_act=config.act,
                layer_norm_eps=config.norm_eps,
                eos_token_id=config.closing,
                bos_token_id=None,
                pad_token_id=None,
            )
        )

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Encode word pieces."""
        layers = self.config.pooled_layers
        out = self.clip(
            input_ids=input_ids,
            attention_mask=attention_mask,
            output_hidden_states=bool(layers),
        )
        tokens: Tensor = out.last_hidden_state
        states = [out.hidden_states[layer] for layer in layers]
        means = piece_means(states, attention_mask.to(tokens.dtype))
        return tokens, torch.cat([out.pooler_output, *means], dim=1)
