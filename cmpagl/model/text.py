"""Texts to word pieces, and a BERT-type encoder of `transformers` that reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import torch
from torch import Tensor, nn

from cmpagl.config.model import TextConfig
from cmpagl.errors import CheckpointError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "PROBE",
    "BagOfWords",
    "BertEncoder",
    "TextBatch",
    "goes_on",
    "load_tokenizer",
    "pad_word_pieces",
    "piece_means",
    "require_apart",
    "sizes",
    "tokenize",
    "tokenize_ids",
]


C = TypeVar("C", int, Tensor)

PROBE = "a harbour, zzxqj \u2603"
"""Words that a tokenizer of ours must be able to cut: plain ones, and what none knows."""
APART = ("a harbour", "two ships on water")
"""Texts that become other pieces; if not, every text is the same to the model."""
MOST_PIECES = 1000
MOST_GROWTH = 1000


@dataclass(frozen=True)
class TextBatch:
    """Word pieces of a batch of texts."""

    input_ids: Tensor  # (B, L) int64
    attention_mask: Tensor  # (B, L) int64, 1 on real word pieces
    cut: tuple[bool, ...]  # whether the text was longer than the tower reads

    def to(self, device: torch.device) -> TextBatch:
        """The batch on ``device``."""
        return TextBatch(self.input_ids.to(device), self.attention_mask.to(device), self.cut)


def load_tokenizer(path: Path) -> Tokenizer:
    """Read a ``tokenizer.json``; truncation and padding are ours, whatever the file says.

    Raises:
        CheckpointError: it is none, or it fails on words that it does not know.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        if _grows(tokenizer):
            raise ValueError("its normaliser makes a text longer without end")
        pieces = len(tokenizer.encode(PROBE).ids)
    except Exception as error:  # the library has no kind of its own
        raise CheckpointError(
            f"{path} is damaged, or no tokenizer that works; restore the file."
        ) from error
    if not 0 < pieces <= MOST_PIECES:
        raise CheckpointError(f"{path} makes {pieces:,} pieces of four words; restore the file.")
    return tokenizer


def require_apart(tokenizer: Tokenizer, path: Path) -> None:
    """Make sure that texts are told apart: else all would find the same, and nothing say so.

    Raises:
        CheckpointError: they are not.
    """
    first, second = (tokenizer.encode(text).ids for text in APART)
    if first == second:
        raise CheckpointError(
            f"{path} makes the same pieces of all texts, so none can be told from another; restore "
            "the file."
        )


def _grows(tokenizer: Tokenizer) -> bool:
    """Whether what comes before the pieces may make a text more than `MOST_GROWTH` times longer."""
    if tokenizer.normalizer is None:
        return False
    parts, growth = [json.loads(tokenizer.normalizer.__getstate__())], 1
    while parts:
        part = parts.pop()
        growth *= max(1, len(part.get("content") or ""), len(part.get("prepend") or ""))
        parts += part.get("normalizers") or []
    return growth > MOST_GROWTH


def tokenize_ids(
    tokenizer: Tokenizer, texts: list[str], max_length: int
) -> tuple[list[list[int]], tuple[bool, ...]]:
    """Texts to word-piece ids, cut at ``max_length``, and whether each was cut.

    Raises:
        CheckpointError: the tokenizer fails at one.
    """
    try:
        ids = [encoded.ids for encoded in tokenizer.encode_batch(texts)]
    except BaseException as error:  # the library has no kind of its own, and its Rust may panic
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise CheckpointError(
            "The model's tokenizer fails at a text that it has to cut into pieces; its "
            "tokenizer.json is damaged, so restore it, or take another checkpoint."
        ) from error
    cut = tuple(len(row) > max_length for row in ids)
    # The last word piece closes the text ([SEP]); a cut text keeps it.
    return [r[: max_length - 1] + r[-1:] if len(r) > max_length else r for r in ids], cut


def pad_word_pieces(rows: Sequence[Sequence[int]], cut: tuple[bool, ...] = ()) -> TextBatch:
    """Rows of word-piece ids to one batch, padded to the longest."""
    length = max((len(row) for row in rows), default=1)
    input_ids = torch.zeros(len(rows), length, dtype=torch.long)
    mask = torch.zeros(len(rows), length, dtype=torch.long)
    for i, row in enumerate(rows):
        input_ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    return TextBatch(input_ids, mask, cut or (False,) * len(rows))


def tokenize(tokenizer: Tokenizer, texts: list[str], max_length: int) -> TextBatch:
    """Texts to word pieces, padded to the longest of the batch, cut at ``max_length``."""
    return pad_word_pieces(*tokenize_ids(tokenizer, texts, max_length))


def sizes(config: TextConfig) -> dict[str, Any]:
    """What every text tower of `transformers` calls its sizes."""
    return {
        "vocab_size": config.vocab_size,
        "hidden_size": config.dim,
        "num_hidden_layers": config.depth,
        "num_attention_heads": config.num_heads,
        "intermediate_size": config.mlp_dim,
        "max_position_embeddings": config.max_positions,
    }


def piece_means(states: Sequence[Tensor], mask: Tensor) -> list[Tensor]:
    """The mean of each of some layers' states (B, L, D) over a text's own word pieces, (B, D).

    Args:
        states: one of each layer.
        mask: (B, L), 1 where a word piece stands, of the type that the mean is taken in.
    """
    mask = mask.unsqueeze(-1)
    return [(state * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1) for state in states]


CONTINUES = "##"
"""What BERT's word pieces begin with that go on with a word."""


def goes_on(tokenizer: Tokenizer, piece: int) -> bool:
    """Whether a word piece goes on with the word before it."""
    return str(tokenizer.id_to_token(piece)).startswith(CONTINUES)


class BagOfWords(nn.Module):
    """Which of some words a text has, whatever their place and number.

    The means of a tower's layers tell what a text is about; this tells the head the words
    themselves, those above all that the tower cuts into pieces. `TextConfig.bag` names them, each
    as its word pieces.
    """

    continues: Tensor  # (vocab,) 1 where a piece goes on with the word before it

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.vocab_size, self.words = config.vocab_size, len(config.bag)
        self.lengths = sorted({len(word) for word in config.bag})
        found = sorted((self._code(word), place) for place, word in enumerate(config.bag))
        self.codes, self.columns = [code for code, _ in found], [place for _, place in found]
        self.register_buffer("continues", torch.zeros(config.vocab_size))

    def _code(self, pieces: Iterable[C]) -> C:
        """A word's pieces, numbers or tensors of them, as one number that no other word has."""
        return reduce(lambda code, piece: code * self.vocab_size + piece, pieces)

    def set_tokenizer(self, tokenizer: Tokenizer) -> None:
        """Learn which word pieces go on with a word."""
        for piece in range(self.vocab_size):
            self.continues[piece] = goes_on(tokenizer, piece)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Word pieces (B, L) to (B, V), 1 where the text has the word and 0 elsewhere."""
        count, length = input_ids.shape
        device, within = input_ids.device, attention_mask.bool()
        codes = torch.tensor(self.codes, device=device)
        columns = torch.tensor(self.columns, device=device)
        # Whether a piece is part of the word before it; nothing goes on after the end.
        inside = nn.functional.pad(self.continues[input_ids].bool() & within, (0, 1))
        found = torch.zeros(count, self.words + 1, device=device)
        for k in self.lengths:
            starts = range(length - k + 1)
            if not starts:
                break
            at = [slice(j, j + len(starts)) for j in range(k + 1)]  # j pieces after each start
            code = self._code([input_ids[:, at[j]] for j in range(k)])
            place = torch.searchsorted(codes, code).clamp(max=self.words - 1)
            there = codes[place] == code
            for j in range(k):
                there &= within[:, at[j]] & (inside[:, at[j]] == (j > 0))
            there &= ~inside[:, at[k]]
            found.scatter_(1, columns[place].masked_fill(~there, self.words), 1.0)
        return found[:, : self.words]


class BertEncoder(nn.Module):
    """See `cmpagl.model.encoder.TextEncoder`; a `transformers` BERT built from its sizes.

    Pooled is the mean over the word pieces of each pooled layer, then the bag of words.
    """

    word_table: ClassVar[str] = "bert.embeddings.word_embeddings.weight"

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        from transformers import BertConfig, BertModel

        self.config = config
        self.bert = BertModel(BertConfig(**sizes(config)), add_pooling_layer=False)
        self.bag = BagOfWords(config) if config.bag else None

    @property
    def word_embeddings(self) -> Tensor:
        """The word-piece table (vocab, D)."""
        weight: Tensor = self.bert.embeddings.word_embeddings.weight
        return weight

    def parameter_groups(self) -> list[dict[str, nn.Parameter]]:
        """The parameters of each layer, from the lowest; nothing comes after the last."""
        return [
            *(
                {f"bert.encoder.layer.{i}.{name}": p for name, p in layer.named_parameters()}
                for i, layer in enumerate(self.bert.encoder.layer)
            ),
            {},
        ]

    def load_pretrained(self, source: str) -> None:
        """Start from a BERT's weights; see `cmpagl.model.pretrained_text`."""
        from cmpagl.model.pretrained_text import load_bert

        load_bert(self, source)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Encode word pieces."""
        layers = self.config.pooled_layers
        out = self.bert(
            input_ids=input_ids,
            attention_mask=attention_mask,
            output_hidden_states=bool(layers),
        )
        tokens: Tensor = out.last_hidden_state
        states = [out.hidden_states[layer] for layer in layers] or [tokens]
        pooled = piece_means(states, attention_mask.to(tokens.dtype))
        if self.bag is not None:
            pooled.append(self.bag(input_ids, attention_mask))
        return tokens, torch.cat(pooled, dim=1)
