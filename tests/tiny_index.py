"""A retriever over a tiny index whose checkpoint uses every stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tiny import tiny_checkpoint, tiny_dataset, tiny_model_config

from cmpagl.config.ranking import (
    Fused,
    FusedBothWays,
    RankingConfig,
    Reranked,
    RerankedBothWays,
    SMRConfig,
)
from cmpagl.data.dataset import RetrievalDataset, load_dataset
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.search.retriever import Retriever
from cmpagl.store.build import grow_index
from cmpagl.store.gallery import Gallery

TUNED = RankingConfig(
    bank_only=RerankedBothWays(
        Reranked(SMRConfig("combined", t=8, alpha=0.8, top_k=5), beta=0.05),
        Reranked(SMRConfig("soft", t=6), beta=0.1),
    ),
    fused=FusedBothWays(Fused(0.2), Fused(0.3)),
)


def build_index(
    dataset: RetrievalDataset, checkpoint: Checkpoint, out: Path, **options: Any
) -> Gallery:
    """`grow_index`, for who only wants the index."""
    return grow_index(dataset, checkpoint, out, **options).gallery


def with_smr(ranking: RankingConfig, direction: str, smr: SMRConfig) -> RankingConfig:
    """A ranking with another SMR of one direction, with the bank of training queries."""
    one = replace(ranking.bank_only.of(direction), smr=smr)
    return replace(ranking, bank_only=replace(ranking.bank_only, **{direction: one}))


def tiny_retriever(folder: Path, n: int = 14) -> Retriever:
    """Checkpoint in ``tiny``, data in ``data``, index in ``index`` below ``folder``."""
    checkpoint = tiny_checkpoint(folder / "tiny", config=tiny_model_config(ranking=TUNED))
    dataset = load_dataset(tiny_dataset(folder / "data", n))
    gallery = build_index(dataset, checkpoint, folder / "index", with_map=False)
    return Retriever(gallery, checkpoint)
