"""Fitting the ensemble, and what it says in numpy and scikit-learn: what its ONNX graph is held against.

z = w * z_forest + (1 - w) * z_pca, each standardised on the training rows: the forest's score, and the log of the PCA
reconstruction error, each feature's error in units of its training mean. Nothing is clipped: ten million is further
out than twenty-five thousand. Rows for each tree and the forest's weight were chosen on a split before any that is
reported (train 2018-07-11..17, test 07-25..31): 2,048 rows do no worse than 4,096, and are explained in half the time.
The book's split was looked at while choosing, so figures on it are slightly optimistic.
score = (1 + z / (1 + |z|)) / 2 lies in 0..1, rises with z and never saturates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from .settings import EnsembleSettings

Floats = NDArray[np.float64]

MIN_ERROR = 1e-9  # below it, an error is none: keeps the logarithm finite


@dataclass(frozen=True, slots=True)
class Ensemble:
    """`indexes`: the columns of the feature set that it looks at. Arrays are float64."""

    indexes: list[int]
    forest: Any
    mean: Floats
    scale: Floats
    projector: Floats
    weights: Floats
    second_moment: Floats  # of the standardised training rows: what explanations stand on
    forest_centre: tuple[float, float]
    pca_centre: tuple[float, float]
    forest_weight: float

    def parts(self, matrix: NDArray[np.float32]) -> dict[str, Floats]:
        """if_score, pca_error, pca_feature_errors, z_if, z_pca, z and score, for rows of the whole feature set."""
        return self.of(matrix[:, self.indexes])

    def of(self, own: NDArray[np.float32]) -> dict[str, Floats]:
        """The same for rows of the features that it looks at."""
        if_score = -self.forest.score_samples(own)
        errors = self.errors(own)
        pca_error = errors.sum(axis=1)
        z_if = (if_score - self.forest_centre[0]) / self.forest_centre[1]
        z_pca = (np.log(pca_error + MIN_ERROR) - self.pca_centre[0]) / self.pca_centre[1]
        z = self.forest_weight * z_if + (1 - self.forest_weight) * z_pca
        return {
            "if_score": if_score, "pca_error": pca_error, "pca_feature_errors": errors, "z_if": z_if,
            "z_pca": z_pca, "z": z, "score": display(z),
        }  # fmt: skip

    def errors(self, own: NDArray[np.float32]) -> Floats:
        """The share of each feature in the reconstruction error; they add up to it."""
        residual = _standard(own, self.mean, self.scale) @ self.projector
        shares: Floats = residual * residual * self.weights
        return shares


def fit_ensemble(matrix: NDArray[np.float32], indexes: list[int], settings: EnsembleSettings) -> Ensemble:
    """Fit both members on (n, features of the set) rows; `indexes` are the columns they look at."""
    own = matrix[:, indexes]
    forest = IsolationForest(
        n_estimators=settings.trees, max_samples=min(settings.sample, len(own)), random_state=settings.seed, n_jobs=1
    ).fit(own)
    mean: Floats = np.asarray(np.nanmean(own, axis=0, dtype=np.float64))
    scale: Floats = np.asarray(np.nanstd(own, axis=0, dtype=np.float64))
    scale[scale == 0] = 1
    standard = _standard(own, mean, scale)
    moment = standard.T @ standard / len(standard)
    projector = _projector(moment, settings.components)
    typical = np.mean((standard @ projector) ** 2, axis=0)
    # A feature that is always reconstructed exactly can show no error.
    weights = np.where(typical > MIN_ERROR, 1 / np.maximum(typical, MIN_ERROR), 0) / len(indexes)
    bare = Ensemble(
        indexes, forest, mean, scale, projector, weights, moment, (0.0, 1.0), (0.0, 1.0), settings.forest_weight
    )
    parts = bare.parts(matrix)
    return replace(bare, forest_centre=_centre(parts["z_if"]), pca_centre=_centre(parts["z_pca"]))


def _standard(own: NDArray[np.float32], mean: Floats, scale: Floats) -> Floats:
    """A value that is not known counts as the mean."""
    values: Floats = np.nan_to_num((own - mean) / scale, nan=0.0)
    return values


def display(z: Floats) -> Floats:
    """The score that is shown: 0..1, rising with z, half at the mean of the training rows."""
    score: Floats = 0.5 + 0.5 * z / (1 + np.abs(z))
    return score


def _projector(moment: Floats, components: int) -> Floats:
    """What takes a standardised row to what the leading components do not explain."""
    _, vectors = np.linalg.eigh(moment)
    leading = vectors[:, ::-1][:, :components]
    values: Floats = np.eye(len(moment)) - leading @ leading.T
    return values


def _centre(values: Floats) -> tuple[float, float]:
    return float(values.mean()), float(values.std()) or 1.0
