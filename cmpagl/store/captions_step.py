"""The step of the captions: each that differs word for word is embedded once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from cmpagl.data.dataset import normalise_caption
from cmpagl.model.embed import embed_texts
from cmpagl.store.digest import digest_column
from cmpagl.store.embedding import feature_rows
from cmpagl.store.penalties import BankQueries
from cmpagl.store.rows import CAPTION_COLUMNS, check_rows, check_vectors, sealed, vector_rows
from cmpagl.store.work import CAPTION_BATCH, FEATURES_SCHEMA, Pending, Work, device

__all__ = ["encode_captions"]


def encode_captions(work: Work, with_map: bool) -> bool:
    """Bring the table of captions up to date with the scenes; whether anything changed."""
    read = work.scenes.data.to_table(columns=["captions", "caption_keys"])
    keys = pc.list_flatten(read.column("caption_keys")).to_numpy()
    wanted, first = np.unique(keys, return_index=True)
    there = _sound_keys(work)
    new = np.sort(first[~np.isin(wanted, there)])  # in order of first use
    texts = pc.list_flatten(read.column("captions")).take(pa.array(new)).to_pylist()
    texts = [normalise_caption(text) for text in texts]
    if texts:
        _embed(work, texts, keys[new].tolist(), len(wanted), with_map)
    old = there[~np.isin(there, wanted)]
    if len(old):
        work.captions.delete("key", old.tolist())
    return bool(texts or len(old))


def _sound_keys(work: Work) -> np.ndarray:
    """The keys of the rows that are there; damaged ones are taken out, to be made again."""
    columns = [*CAPTION_COLUMNS, "digest", "vector"]
    rows = work.captions.data.to_table(columns=columns).combine_chunks()
    keys = rows.column("key").to_numpy()
    sound = check_vectors(digest_column(rows.column("key")), rows)
    sound &= check_rows(rows.drop_columns(["vector"]))
    if not sound.all():
        work.captions.delete("key", keys[~sound].tolist())
    return np.asarray(keys[sound])


def _embed(work: Work, texts: list[str], keys: list[int], total: int, with_map: bool) -> None:
    checkpoint = work.checkpoint
    if not checkpoint.reads_text:
        _keep_unread(work, texts, keys)
        return
    tower, tokenizer = checkpoint.text_tower().to(device()), checkpoint.tokenizer()
    bank, schema = BankQueries(checkpoint), work.captions.data.schema
    keep = with_map and not work.description.fitted
    if keep and not work.features.exists:
        work.features.start(FEATURES_SCHEMA)
    rows, features = Pending(work.captions), Pending(work.features)
    done = total - len(texts)
    work.tell("captions", done, total)
    for start in range(0, len(texts), CAPTION_BATCH):
        some, numbers = texts[start : start + CAPTION_BATCH], keys[start : start + CAPTION_BATCH]
        embeds, kept = embed_texts(tower, tokenizer, some, keep_tokens=True)
        vectors = vector_rows(embeds, bank.of_captions(embeds))
        rows.add(sealed({"key": numbers, "text": some, "vector": vectors}, schema))
        if keep:
            pooled = torch.stack([text.tokens.mean(dim=0) for text in kept])  # the last layer's
            features.add(feature_rows([f"c:{key}" for key in numbers], pooled.numpy()))
        features.flush()
        rows.flush()
        work.tell("captions", done + start + len(some), total)


def _keep_unread(work: Work, texts: list[str], keys: list[int]) -> None:
    """Keep captions that the model cannot read: to be shown, and for models that can."""
    schema = work.captions.data.schema
    vectors = np.zeros((len(texts), schema.field("vector").type.list_size), np.float32)
    work.captions.append(sealed({"key": keys, "text": texts, "vector": vectors}, schema))
