"""A retriever over a tiny index whose checkpoint uses every stage."""

from __future__ import annotations

from pathlib import Path

from tiny import tiny_checkpoint, tiny_dataset, tiny_model_config

from cmpagl.config.ranking import RankingConfig, SMRConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.search.retriever import Retriever
from cmpagl.store.build import build_index

TUNED = RankingConfig(
    t2i=SMRConfig("combined", t=8, alpha=0.8, top_k=5),
    i2t=SMRConfig("soft", t=6),
    beta_t2i=0.05,
    beta_i2t=0.1,
    fused_beta_t2i=0.2,
    fused_beta_i2t=0.3,
)


def tiny_retriever(folder: Path, n: int = 14) -> Retriever:
    """Checkpoint in ``tiny``, data in ``data``, index in ``index`` below ``folder``."""
    checkpoint = tiny_checkpoint(folder / "tiny", config=tiny_model_config(ranking=TUNED))
    dataset = load_dataset(tiny_dataset(folder / "data", n))
    gallery = build_index(dataset, checkpoint, folder / "index", with_map=False)
    return Retriever(gallery, checkpoint)
