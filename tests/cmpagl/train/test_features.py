"""Features: the cache is right, survives kills, and serves no other model's features."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_dataset, tiny_model_config

from cmpagl import growing
from cmpagl.config.vision import PRESETS
from cmpagl.data.dataset import iter_pixels, load_dataset
from cmpagl.errors import DataError
from cmpagl.model.gswin import GswinTransformer
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.towers import turned_view
from cmpagl.model.weights import weights_digest
from cmpagl.train import features
from cmpagl.train.features import cache_frozen_features
from cmpagl.train.given import contents_of

VIT = replace(tiny_model_config().vision, depths=(3,))
POOLED = replace(VIT, pooled_blocks=(1, 3))
SWIN = replace(
    PRESETS["gswin_tiny_4"],
    image_size=64,
    dim=8,
    depths=(1, 2, 1),
    num_heads=(1, 2, 4),
    window_size=4,
    global_size=2,
)
FILES = ("pooled.npy", "tokens.npy", "done.json")


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Eleven drawn scenes."""
    return load_dataset(tiny_dataset(tmp_path_factory.mktemp("set"), 11)).records


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Four images a chunk, two chunks a flush: eleven images are three chunks and two flushes."""
    monkeypatch.setattr(features, "CHUNK", 4)


def tower(config=VIT, seed=0):
    torch.manual_seed(seed)
    module = GswinTransformer(config)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return module.eval()


def cache(vision, records, folder, *, tuned_blocks=2, view=0, progress=None, on_error="raise"):
    return cache_frozen_features(
        vision,
        records,
        folder,
        contents=contents_of(records),
        tuned_blocks=tuned_blocks,
        view=view,
        digest=weights_digest(vision),
        on_error=on_error,
        progress=progress,
    )


def only_folder(folder):
    (found,) = folder.iterdir()
    return found


def contents(folder):
    return [(only_folder(folder) / name).read_bytes() for name in FILES]


@pytest.mark.parametrize("view", [0, 3])
@pytest.mark.parametrize(
    ("config", "tuned_blocks"),
    [(VIT, 0), (VIT, 2), (VIT, 3), (POOLED, 2), *((SWIN, k) for k in range(5))],
    ids=lambda value: (
        value
        if isinstance(value, int)
        else ("swin" if len(value.depths) > 1 else "pooled" if value.pooled_blocks else "vit")
    ),
)
def test_cached_features_are_the_towers(tmp_path, records, config, tuned_blocks, view):
    """Tokens and pooled vectors of every image, and going on from the tokens gives the pooled."""
    vision = tower(config)
    found = cache(vision, records, tmp_path, tuned_blocks=tuned_blocks, view=view)
    squares = np.stack([square for _, square in iter_pixels(records, 64, workers=1)])
    pixels = turned_view(to_pixel_values(squares), view)
    first = vision.num_blocks - tuned_blocks
    with torch.no_grad():
        x, _ = vision.run_blocks(vision.embed(pixels), 0, first)
        pooled = vision(pixels).pooled.numpy()
        np.testing.assert_allclose(found.pooled, pooled, rtol=1e-4, atol=1e-4)
        assert found.pooled.dtype == np.float32
        assert found.tokens.dtype == np.float16
        np.testing.assert_allclose(found.tokens, x.numpy(), rtol=2e-3, atol=1e-3)
        tokens = torch.from_numpy(found.tokens.astype(np.float32))
        kept = [tokens] if first in config.pooled_blocks else []
        again = vision.pool(vision.run_blocks(tokens, first, kept=kept)[0], kept)[1]
        np.testing.assert_allclose(again.numpy(), pooled, rtol=0.1, atol=0.05)


class Stopped(Exception):
    """The caller's way to end the work after a chunk, as a spent time budget does."""


@pytest.mark.parametrize(
    ("stops", "rest"),
    [
        ((4,), [8, 11]),
        ((8,), [11]),
        ((11,), []),
        ((4, 8), [11]),
        ((8, 11), []),
    ],
)
def test_interrupted_and_resumed_gives_the_same_bytes(tmp_path, records, stops, rest):
    """After any chunk, or several times: each chunk is encoded once, the files are the same."""
    vision = tower()
    cache(vision, records, tmp_path / "whole")

    for stop in stops:

        def progress(done, total, stop=stop):
            assert total == 11
            if done == stop:
                raise Stopped

        with pytest.raises(Stopped):
            cache(vision, records, tmp_path / "parts", progress=progress)
    seen = []
    cache(vision, records, tmp_path / "parts", progress=lambda done, _: seen.append(done))
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")
    assert seen == rest


@pytest.mark.parametrize(
    ("flush_seconds", "killed_at", "rest"),
    [(0.0, 4, [8, 11]), (0.0, 8, [11]), (1e9, 8, [4, 8, 11])],
)
def test_killed_and_resumed_gives_the_same_bytes(
    tmp_path, records, monkeypatch, flush_seconds, killed_at, rest
):
    """What the disk holds at that moment is gone on with; what was not flushed is made again."""
    vision = tower()
    monkeypatch.setattr(growing, "FLUSH_SECONDS", flush_seconds)

    def progress(done, total):
        if done == killed_at:
            shutil.copytree(tmp_path / "whole", tmp_path / "parts")

    cache(vision, records, tmp_path / "whole", progress=progress)
    seen = []
    cache(vision, records, tmp_path / "parts", progress=lambda done, _: seen.append(done))
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")
    assert seen == rest


def test_stopped_before_the_first_chunk_was_kept(tmp_path, records):
    """Half-made arrays without a count are begun anew."""
    vision = tower()
    cache(vision, records, tmp_path / "whole")
    cache(vision, records, tmp_path / "parts")
    folder = only_folder(tmp_path / "parts")
    (folder / "done.json").unlink()
    (folder / "tokens.npy").write_bytes(b"\x93NUM")
    cache(vision, records, tmp_path / "parts")
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


def test_finished_cache_is_only_opened(tmp_path, records):
    """Nothing is decoded or encoded again: the pictures may even be gone from memory and reach."""
    vision = tower()
    first = cache(vision, records, tmp_path)
    vision.embed = None  # whoever encodes now fails
    calls = []
    again = cache(vision, records, tmp_path, progress=lambda *numbers: calls.append(numbers))
    assert calls == []
    np.testing.assert_array_equal(again.tokens, first.tokens)
    np.testing.assert_array_equal(again.pooled, first.pooled)


def test_a_picture_that_cannot_be_read_ends_it_or_is_left_out(tmp_path, records):
    """By name; the others have the values that they have without it in their chunk's place."""
    vision = tower()
    paths = [tmp_path / f"{k}.png" for k in range(11)]
    for path, record in zip(paths, records, strict=True):
        path.write_bytes(record.path.read_bytes())
    paths[5].write_bytes(b"no picture")
    mine = [replace(r, path=path) for r, path in zip(records, paths, strict=True)]
    with pytest.raises(DataError, match=r"5\.png"):
        cache(vision, mine, tmp_path / "features")
    found = cache(vision, mine, tmp_path / "features", on_error="skip")
    assert list(found.broken) == [5]
    assert "5.png" in found.broken[5]
    whole = cache(vision, records, tmp_path / "whole")
    rest = [row for row in range(11) if row != 5]
    np.testing.assert_allclose(found.pooled[rest], whole.pooled[rest], rtol=1e-4, atol=1e-4)
    assert np.isnan(found.pooled[5]).all()
    again = cache(vision, mine, tmp_path / "features", on_error="skip")
    assert again.broken == found.broken
    with pytest.raises(DataError, match=r"5\.png"):
        cache(vision, mine, tmp_path / "features")


def test_whatever_changes_features_changes_the_folder(tmp_path, records):
    """Weights, settings, blocks, view, and the list of images with their order."""
    vision = tower()
    variants = [
        lambda: cache(vision, records, tmp_path),
        lambda: cache(tower(seed=1), records, tmp_path),
        lambda: cache(tower(replace(VIT, join="local")), records, tmp_path),
        lambda: cache(vision, records, tmp_path, tuned_blocks=1),
        lambda: cache(vision, records, tmp_path, tuned_blocks=0),
        lambda: cache(vision, records, tmp_path, view=2),
        lambda: cache(vision, records[:10], tmp_path),
        lambda: cache(vision, records[::-1], tmp_path),
    ]
    for count, variant in enumerate(variants, start=1):
        variant()
        assert len(list(tmp_path.iterdir())) == count
    for variant in variants:
        variant()
    assert len(list(tmp_path.iterdir())) == len(variants)


def test_digest_follows_the_weights():
    """The same for the same weights, another for one changed value or buffer."""
    vision = tower()
    before = weights_digest(vision)
    assert weights_digest(tower()) == before
    with torch.no_grad():
        vision.norm.bias[3] += 1e-3
    assert weights_digest(vision) != before


def test_two_runs_at_once_share_one_cache(records, tmp_path):
    """The second waits for the first, computes nothing, and neither reads what is half written."""
    vision, told = tower(), threading.Event()
    whole = cache(vision, records, tmp_path / "alone")
    computed, found = {1: [], 2: []}, {}

    def run(number):
        def progress(done, total):
            computed[number].append(done)
            told.set()

        found[number] = cache(vision, records, tmp_path / "shared", progress=progress)

    first, second = (threading.Thread(target=run, args=(number,)) for number in (1, 2))
    first.start()
    told.wait(30)
    second.start()
    first.join(30), second.join(30)
    assert computed == {1: [4, 8, 11], 2: []}
    for one in found.values():
        np.testing.assert_array_equal(one.tokens, whole.tokens)
        np.testing.assert_array_equal(one.pooled, whole.pooled)
