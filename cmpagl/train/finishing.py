"""What follows the last phase: the query bank, the checkpoint, and its tuned ranking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cmpagl.config.ranking import UNTUNED
from cmpagl.config.run import TrainConfig
from cmpagl.files import replace_folder
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.saving import save_checkpoint
from cmpagl.train.bank_sample import sample_bank
from cmpagl.train.schedule import random_of

if TYPE_CHECKING:
    from cmpagl.train.run_embeds import RunEmbeddings
    from cmpagl.train.run_folder import RunFolder

__all__ = ["draw_bank", "finish"]


def draw_bank(embeddings: RunEmbeddings, config: TrainConfig) -> BankVectors:
    """The query bank: a fixed sample of training captions and images, by the aligned towers."""
    data, model = embeddings.data, embeddings.model
    views = min(data.images.views, model.config.views)
    return sample_bank(
        data.captions,
        data.images.starts,
        config.bank_size,
        random_of(config.seed, "bank", 0, "rows"),
        width=model.config.embed_dim,
        embed_texts=embeddings.text_embeds,
        embed_images=lambda rows: embeddings.embed(data.images, rows, views),
        folder=embeddings.aligned_work,
        progress=embeddings.progress.kept,
    )


def finish(
    embeddings: RunEmbeddings,
    config: TrainConfig,
    folder: RunFolder,
    windows: Mapping[str, float],
) -> None:
    """Draw the bank, write the checkpoint, tune its ranking where there is a val split.

    ``windows`` is kept with it: how near the image tower began to itself without windows.
    """
    from cmpagl.measure.tune import tune_checkpoint

    data = embeddings.data
    provenance = {
        "vision_init": config.vision_init,
        "text_init": config.text_init,
        "data": [f"{d.name} {d.split or ''}".strip() for d in data.train_sets],
        "seed": config.seed,
        **({"unwindowed": dict(windows)} if windows else {}),
    }
    # Tuned before it takes its place: a checkpoint that is there is finished.
    checkpoint = save_checkpoint(
        folder.work / "checkpoint",
        embeddings.model,
        draw_bank(embeddings, config),
        embeddings.tokenizer.to_str().encode(),
        ranking=UNTUNED,
        provenance=provenance,
    )
    if data.val_sets:
        tune_checkpoint(
            checkpoint,
            list(data.val_sets),
            work=folder.work / "tuning",
            progress=embeddings.progress.kept,
        )
    replace_folder(checkpoint.folder, folder.checkpoint)
    folder.clear_work()
