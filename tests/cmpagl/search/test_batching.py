"""Texts of several callers share a pass: in the order in which they come, each with its own."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cmpagl.search.batching import AT_ONCE, TextBatches


class PanicError(BaseException):
    """What a panic in Rust becomes in Python: no Exception."""


class Encoder:
    """Makes of a text its number; the first pass waits until it is let go."""

    def __init__(self):
        self.passes, self.go, self.began = [], threading.Event(), threading.Event()

    def __call__(self, texts):
        self.passes.append(list(texts))
        self.began.set()
        self.go.wait(30)
        if "bad" in texts:
            raise ValueError("bad")
        if "panic" in texts:
            raise PanicError("panic")
        return np.array([[float(text)] for text in texts], np.float32), list(texts)


def all_at_once(asked):
    """The passes, and the answers, of callers who come while the first one's pass runs."""
    encoder = Encoder()
    batches = TextBatches(encoder)
    with ThreadPoolExecutor(len(asked) + 1) as pool:
        first = pool.submit(batches, ["0"])
        assert encoder.began.wait(30)
        others = []
        for n, texts in enumerate(asked):
            others.append(pool.submit(batches, texts))
            until = time.monotonic() + 30
            while len(batches._waiting) <= n and time.monotonic() < until:
                time.sleep(0.001)
        encoder.go.set()
        assert first.result(30)[1] == ["0"]
        return encoder.passes, others


def test_who_waits_shares_the_next_pass():
    """A text that two ask for is encoded once; each gets its own rows, in its own order."""
    passes, others = all_at_once([["3", "1"], ["2"], ["1", "3"]])
    assert passes == [["0"], ["3", "1", "2"]]
    for asked, other in zip((["3", "1"], ["2"], ["1", "3"]), others, strict=True):
        embeds, tokens = other.result(30)
        assert tokens == asked
        assert embeds[:, 0].tolist() == [float(text) for text in asked]


def test_a_pass_is_bounded_and_nobody_is_passed_over():
    """Those of the third would fit into the pass that the second one's would burst: it waits."""
    many = [str(n) for n in range(1, AT_ONCE)]
    passes, _ = all_at_once([many, ["1", "2000", "2001"], ["2002"]])
    assert [len(one) for one in passes] == [1, len(many), 4]


def test_what_goes_wrong_is_told_to_whom_it_concerns():
    passes, (good, bad, other) = all_at_once([["1"], ["bad"], ["2"]])
    assert passes[1] == ["1", "bad", "2"]
    assert (good.result(30)[1], other.result(30)[1]) == (["1"], ["2"])
    with pytest.raises(ValueError, match="bad"):
        bad.result(30)


def test_a_panic_ends_neither_who_waits_nor_the_passes_after_it():
    _, (first, panics, last) = all_at_once([["1"], ["panic"], ["2"]])
    assert (first.result(30)[1], last.result(30)[1]) == (["1"], ["2"])
    with pytest.raises(PanicError):
        panics.result(30)
