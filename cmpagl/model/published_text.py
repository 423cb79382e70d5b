"""The text tower of a published model, and its tokenizer with what its processor does to a text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn.functional import normalize

from cmpagl.config.model import TextConfig
from cmpagl.errors import CheckpointError
from cmpagl.model.filled import padding_of, tokenizer_settings
from cmpagl.model.text import load_tokenizer, require_apart
from cmpagl.model.towers import TextFeatures

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["PublishedTextTower", "published_tokenizer"]


class PublishedTextTower(nn.Module):
    """Word pieces to the joint space, padded as the model was trained.

    Args:
        model: the text model of transformers.
        projection: of its pooled vector.
        config: its sizes.
        embed_dim: E.
        folder: of the model; its tokenizer's settings say what it is padded with.
        templates: that every text is read in, if any.
        fills: whether every text is filled up to the greatest length, and no place is masked
            (SigLIP: the last place is what is pooled).
    """

    def __init__(
        self,
        model: nn.Module,
        projection: nn.Module,
        config: TextConfig,
        *,
        embed_dim: int,
        folder: Path,
        fills: bool,
        templates: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self.templates = templates
        self.model, self.projection, self.config = model, projection, config
        self.embed_dim, self.max_length, self.fills = embed_dim, config.max_length, fills
        self.padding = padding_of(folder, getattr(model.config, "pad_token_id", None))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> TextFeatures:
        """Encode word pieces (B, L)."""
        model: Any = self.model
        if not self.fills:
            out = model(input_ids=input_ids, attention_mask=attention_mask)
            tokens = out.last_hidden_state
        else:
            filled = self.padding.fill(input_ids, attention_mask, self.max_length)
            out = model(input_ids=filled.input_ids)
            tokens = filled.own(out.last_hidden_state)
        embeds = normalize(self.projection(out.pooler_output), dim=-1)
        return TextFeatures(embeds, tokens)


_USUAL = {"siglip": "SiglipTokenizer", "siglip2": "GemmaTokenizer"}
"""Whose processor a family was trained with, where nothing beside tokenizer.json says so."""


def published_tokenizer(folder: Path, family: str = "") -> Tokenizer:
    """A model's tokenizer, with what its processor does to a text before.

    Args:
        folder: of the model.
        family: of `cmpagl.config.vit.FAMILIES`; empty: of another kind.

    Raises:
        CheckpointError: there is no ``tokenizer.json``.
    """
    from tokenizers import Regex, normalizers

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise CheckpointError(
            f"{folder} has no tokenizer.json, so its text tower cannot be used; give a folder with "
            "one (`tokenizer.save_pretrained` of transformers writes it)."
        )
    tokenizer = load_tokenizer(path)
    require_apart(tokenizer, path)
    kind = str(tokenizer_settings(folder).get("tokenizer_class") or _USUAL.get(family, ""))
    first: list[Any] = []
    if kind.startswith(("Siglip", "Gemma")):
        first.append(normalizers.Lowercase())
    if kind.startswith("SiglipTokenizer"):  # SigLIP was trained without punctuation
        punctuation = Regex(r"[!-/:-@\[-`{-~]")
        first += [
            normalizers.Replace(punctuation, ""),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
        ]
    if first:
        own = tokenizer.normalizer
        tokenizer.normalizer = normalizers.Sequence([*first, *([own] if own else [])])
    return tokenizer
