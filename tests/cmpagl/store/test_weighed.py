"""Another bank or another t is no other model: no picture is read again."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_checkpoint, tiny_dataset, tiny_model_config
from tiny_index import TUNED, build_index, with_smr

from cmpagl.config.ranking import SMRConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.saving import save_checkpoint
from cmpagl.store import captions_step, embedding
from cmpagl.store.build import grow_index
from cmpagl.store.fitting import fitting_index
from cmpagl.store.gallery import open_gallery


@pytest.mark.parametrize("changed", ["t", "bank"])
def test_soft_extremes_are_computed_anew(tmp_path, monkeypatch, changed):
    """The index is then what one made from nothing is, approximate index included."""
    checkpoint = tiny_checkpoint(tmp_path / "model", config=tiny_model_config(ranking=TUNED))
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 5))
    out = tmp_path / "index"
    build_index(dataset, checkpoint, out, with_map=False)
    ranking, bank = TUNED, checkpoint.bank()
    if changed == "t":
        ranking = with_smr(TUNED, "t2i", SMRConfig("soft", t=31, alpha=0.8))
    else:
        bank = replace(bank, text_embeds=torch.flip(bank.text_embeds, [1]))
    other = save_checkpoint(
        tmp_path / "other",
        checkpoint.model(),
        bank,
        (checkpoint.folder / "tokenizer.json").read_bytes(),
        ranking=ranking,
        provenance={},
    )
    assert other.fingerprint == checkpoint.fingerprint
    assert fitting_index(out, dataset, other) is None
    fresh = build_index(dataset, other, tmp_path / "fresh", with_map=False)
    with monkeypatch.context() as patch:
        patch.setattr(embedding, "embed_images", None)
        patch.setattr(captions_step, "embed_texts", None)
        growth = grow_index(dataset, other, out, with_map=False, mode="candidates")
    assert (growth.new, growth.moved) == (0, 0)
    gallery = open_gallery(out, open_checkpoint(tmp_path / "other"))
    np.testing.assert_allclose(gallery.image_vectors, fresh.image_vectors, atol=1e-6)
    np.testing.assert_allclose(gallery.caption_vectors, fresh.caption_vectors, atol=1e-6)
    same = replace(gallery.description, made=0, engines={}, captions_version=0)
    assert same.ts == fresh.description.ts
    assert same.best == fresh.description.best
    assert gallery.description.engines["scenes"]["rows"] == 5
