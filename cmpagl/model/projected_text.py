"""What CLIP's and SigLIP's text towers have in common: the same names for the same parts."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor, nn

__all__ = ["ProjectedTextEncoder"]


class ProjectedTextEncoder(nn.Module):
    """See `cmpagl.model.encoder.TextEncoder`; a `transformers` model stands under the name `part`.

    Kinds of their own add what they are built from and what they pool.
    """

    part: ClassVar[str]

    @property
    def _model(self) -> Any:  # noqa: ANN401 (transformers')
        return getattr(self, self.part)

    @property
    def word_embeddings(self) -> Tensor:
        """The word-piece table (vocab, D)."""
        weight: Tensor = self._model.embeddings.token_embedding.weight
        return weight

    def parameter_groups(self) -> list[dict[str, nn.Parameter]]:
        """The parameters of each layer, from the lowest, and last those of the norm after all."""
        layers = {f"encoder.layers.{i}": one for i, one in enumerate(self._model.encoder.layers)}
        layers["final_layer_norm"] = self._model.final_layer_norm
        return [
            {f"{self.part}.{at}.{name}": p for name, p in layer.named_parameters()}
            for at, layer in layers.items()
        ]

    def load_pretrained(self, source: str) -> None:
        """Start from its authors' weights; see `cmpagl.model.pretrained_text`."""
        from cmpagl.model.pretrained_text import load_text_model

        load_text_model(self._model, source)
