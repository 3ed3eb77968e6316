"""The wavelet matrix against counting one by one."""

from __future__ import annotations

import numpy as np
import pytest

from detection.features.wavelet_matrix import WaveletMatrix


def drawn(seed, size, queries):
    chance = np.random.default_rng(seed)
    ids = chance.permutation(size * 3)[:size] if seed % 2 else chance.integers(0, max(1, size // 3), size)
    ends = np.sort(chance.integers(0, size + 1, (2, queries)), axis=0)
    return ids, chance.integers(-2, size * 3 + 2, queries), ends[0], ends[1], chance.integers(-50, 2**40, size)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 65, 500])
@pytest.mark.parametrize("seed", range(4))
def test_sums_counts_and_the_last_are_those_of_the_rows_that_came_before(size, seed):
    ids, bounds, start, end, values = drawn(seed, size, 60)
    found = WaveletMatrix(ids, bounds)
    counts, sums, last = found.between(start, end), found.between(start, end, values), found.last(start, end)
    for index, (low, high, bound) in enumerate(zip(start, end, bounds, strict=True)):
        rows = [place for place in range(low, high) if ids[place] < bound]
        assert counts[index] == len(rows)
        assert sums[index] == values[rows].sum()
        assert last[index] == (rows[-1] if rows else -1)


def test_hot_ones_in_reverse_cost_little():
    """A counterparty that everybody pays, in a file sorted backwards: pairs would be fifty million."""
    size = 10_000
    ids = np.arange(size)[::-1].copy()
    found = WaveletMatrix(ids, ids)
    places = np.arange(size)
    assert not found.between(np.zeros(size, dtype=np.int64), places).any()
    assert (found.last(places, np.full(size, size)) == np.where(ids > 0, size - 1, -1)).all()
