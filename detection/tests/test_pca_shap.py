"""The reconstruction error's contributions are exact: over all coalitions, with the training rows as background."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from detection.ml.explain.pca_shap import PcaShap

SIZE = 5


def member(clip: float | None = None):
    """Rows of correlated features, and a member of two components fitted on them, weighted unevenly."""
    chance = np.random.default_rng(11)
    rows = chance.normal(size=(400, 2)) @ chance.normal(size=(2, SIZE)) + 0.3 * chance.normal(size=(400, SIZE)) + 4
    rows = rows.astype(np.float32)
    mean, scale = rows.mean(axis=0, dtype=float), rows.std(axis=0, dtype=float)
    z = (rows - mean) / scale
    z = z if clip is None else np.clip(z, -clip, clip)
    _, vectors = np.linalg.eigh(z.T @ z / len(z))
    leading = vectors[:, -2:]
    kept = {
        "mean": mean.tolist(), "scale": scale.tolist(), "projector": (np.eye(SIZE) - leading @ leading.T).tolist(),
        "weights": [1, 2, 0.5, 3, 1], "clip": clip, "second_moment": (z.T @ z / len(z)).tolist(),
        "background_mean": z.mean(axis=0).tolist(),
    }  # fmt: skip
    return PcaShap(kept), rows, z


def coalitions(pca: PcaShap, background: np.ndarray, row: np.ndarray) -> list[float]:
    """Shapley values by definition: what is not known comes from each background row in turn."""
    z = pca.standardised(row)

    def value(known: frozenset[int]) -> float:
        mixed = background.copy()
        mixed[:, list(known)] = z[list(known)]
        return float(np.einsum("ni,ij,nj->n", mixed, pca.form, mixed).mean())

    found = []
    for feature in range(SIZE):
        others = [other for other in range(SIZE) if other != feature]
        total = 0.0
        for size in range(SIZE):
            share = math.factorial(size) * math.factorial(SIZE - 1 - size) / math.factorial(SIZE)
            for chosen in map(frozenset, itertools.combinations(others, size)):
                total += share * (value(chosen | {feature}) - value(chosen))
        found.append(total)
    return found


@pytest.mark.parametrize("clip", [None, 1.0])
def test_all_coalitions_say_the_same(clip):
    pca, rows, background = member(clip)
    for row in (*rows[:3], np.full(SIZE, 40, np.float32)):
        assert pca.attribute(row) == pytest.approx(coalitions(pca, background, row), abs=1e-9)


@pytest.mark.parametrize("clip", [None, 1.0])
def test_contributions_and_base_add_up_to_the_error(clip):
    pca, rows, _ = member(clip)
    errors = np.array([pca.error(row) for row in rows])
    assert pca.base == pytest.approx(errors.mean(), rel=1e-9)
    for row, error in zip(rows[:20], errors, strict=False):
        assert pca.base + pca.attribute(row).sum() == pytest.approx(error, abs=1e-9)
        assert pca.errors(row).sum() == pytest.approx(error, abs=1e-9)


def test_the_error_is_of_what_was_observed_against_what_was_reconstructed():
    pca, rows, _ = member()
    row = rows[0]
    gap = (row - pca.reconstructed(row)) / pca.scale
    assert pca.errors(row) == pytest.approx(pca.weights * gap**2)


def test_a_value_that_is_not_known_counts_as_the_mean():
    pca, rows, _ = member()
    row = rows[0].copy()
    row[2] = np.nan
    filled = row.copy()
    filled[2] = pca.mean[2]
    assert pca.attribute(row) == pytest.approx(pca.attribute(filled), abs=1e-6)
