"""CLIP's text tower as a text encoder: its own blocks, and what it pools itself."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from cmpagl.config.model import ClipTextConfig
from cmpagl.model.text import piece_means

__all__ = ["ClipTextEncoder"]


class ClipTextEncoder(nn.Module):
    """See `cmpagl.model.encoder.TextEncoder`; a `transformers` CLIP text model.

    Pooled is what CLIP projects (the state at the piece that closes the text, after the last
    norm), then the mean over the word pieces of each pooled layer.
    """

    word_table: ClassVar[str] = "clip.embeddings.token_embedding.weight"

    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        from transformers import CLIPTextConfig, CLIPTextModel

        self.config = config
        self.clip = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=config.vocab_size,
                hidden_size=config.dim,
                num_hidden_layers=config.depth,
                num_attention_heads=config.num_heads,
                intermediate_size=config.mlp_dim,
                max_position_embeddings=config.max_positions,
                hidden_act=config.act,
                layer_norm_eps=config.norm_eps,
                eos_token_id=config.closing,
                bos_token_id=None,
                pad_token_id=None,
            )
        )

    @property
    def word_embeddings(self) -> Tensor:
        """The word-piece table (vocab, D)."""
        weight: Tensor = self.clip.embeddings.token_embedding.weight
        return weight

    def parameter_groups(self) -> list[dict[str, nn.Parameter]]:
        """The parameters of each layer, from the lowest, and last those of the norm after all."""
        groups = [
            {f"clip.encoder.layers.{i}.{name}": p for name, p in layer.named_parameters()}
            for i, layer in enumerate(self.clip.encoder.layers)
        ]
        norm = self.clip.final_layer_norm
        return [*groups, {f"clip.final_layer_norm.{n}": p for n, p in norm.named_parameters()}]

    def load_pretrained(self, source: str) -> None:
        """Start from CLIP's weights; see `cmpagl.model.pretrained_text`."""
        from cmpagl.model.pretrained_text import load_text_model

        load_text_model(self.clip, source)

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
