"""Which training captions and images the query bank holds."""

import numpy as np

from cmpagl.train.bank_sample import sample_evenly


def test_of_each_data_set_as_many_rows():
    """A small one is taken whole, the others share what is left; never more than there are."""
    starts = np.array([0, 100, 103, 150, 150])
    chosen = sample_evenly(starts, 43, np.random.default_rng(0))
    assert np.diff(np.searchsorted(chosen, starts)).tolist() == [20, 3, 20, 0]
    assert (np.diff(chosen) > 0).all()
    assert chosen.tolist() == sample_evenly(starts, 43, np.random.default_rng(0)).tolist()
    assert chosen.tolist() != sample_evenly(starts, 43, np.random.default_rng(1)).tolist()
    assert sample_evenly(starts, 999, np.random.default_rng(0)).tolist() == list(range(150))
