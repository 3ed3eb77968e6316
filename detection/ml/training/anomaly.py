"""Fitting a model on transactions that came in. Pure of the database: arrays in, a checked artefact and numbers out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from finobs.core.errors import Invalid
from finobs.core.jobs.progress import ProgressCallback, no_progress

from ...features import ACCOUNT, FeatureSet
from ...features.account import RISK7
from .. import scoring
from ..estimators import ensemble
from ..explain.explainability_check import require_explainable
from ..onnx.ensemble_graph import ensemble_graph
from ..onnx.graph_metadata import medians, quantiles
from ..score_distribution import histogram, threshold_for
from .parity import ComparableModel, parity
from .publication import check_share, require_publishable
from .settings import MIN_ROWS, AnomalySettings

# Which features of its set the ensemble looks at, where not all of them.
LOOKS_AT: Final = {ACCOUNT.name: RISK7}


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """`learned`: which of the rows that were given it learned from."""

    artefact: bytes
    sha256: str
    threshold: float
    parameters: dict[str, Any]
    metrics: dict[str, Any]
    learned: NDArray[np.int64]


def train_anomaly(
    matrix: NDArray[np.float32],
    feature_set: FeatureSet,
    settings: AnomalySettings,
    progress: ProgressCallback = no_progress,
) -> TrainedModel:
    """Fit the ensemble, turn it into ONNX, compare the two, and set the threshold from the training scores.

    Raises Invalid for too few rows, a share out of bounds, a graph that differs from what was fitted, a model that
    flags nothing or everything, or scores that cannot be explained.
    """
    if len(matrix) < MIN_ROWS:
        raise Invalid(f"{len(matrix):,} transactions are too few to learn from; {MIN_ROWS:,} is the least.")
    check_share(settings.share)
    names = LOOKS_AT.get(feature_set.name, feature_set.names)
    progress("Fitting")
    fitted = ensemble.fit_ensemble(matrix, feature_set.indexes(names), settings.ensemble)
    artefact = ensemble_graph(fitted, names, graph_origin(feature_set))
    progress("Comparing the graph with what was fitted")
    threshold, metrics = _measurements(artefact, fitted, matrix, settings)
    require_publishable(metrics)
    progress("Explaining some of its scores")
    require_explainable(artefact, feature_set.name, {}, matrix)
    return TrainedModel(
        artefact, hashlib.sha256(artefact).hexdigest(), threshold,
        _parameters(fitted, names, settings) | feature_parameters(matrix, feature_set), metrics,
        np.arange(len(matrix)),
    )  # fmt: skip


def graph_origin(feature_set: FeatureSet) -> dict[str, str]:
    """What every graph says of the features that it was fitted on."""
    return {"feature_set": feature_set.name, "feature_digest": feature_set.digest}


def feature_parameters(matrix: NDArray[np.float32], feature_set: FeatureSet) -> dict[str, Any]:
    """What a version keeps of the rows it learned from: explanations and reasons compare with these."""
    return {
        "feature_digest": feature_set.digest, "typical": medians(matrix, feature_set.names),
        "spread": quantiles(matrix, feature_set.names),
    }  # fmt: skip


def _measurements(
    artefact: bytes, fitted: ensemble.Ensemble, matrix: NDArray[np.float32], settings: AnomalySettings
) -> tuple[float, dict[str, Any]]:
    """The threshold, and what the version's metrics say of it and of the graph. Raises Invalid as `parity` does."""
    session, own = scoring.open_session(artefact), matrix[:, fitted.indexes]
    difference, compared = parity(ComparableModel.of_ensemble(fitted), session, own, settings.seed)
    scores = np.array(scoring.score_matrix(session, matrix))
    threshold = threshold_for(scores, settings.share)
    return threshold, {
        "flagged_share": float((scores >= threshold).mean()), "parity": difference, "parity_rows": compared,
        "threshold_rows": len(scores), **histogram(scores),
    }  # fmt: skip


def _parameters(fitted: ensemble.Ensemble, names: Sequence[str], settings: AnomalySettings) -> dict[str, Any]:
    return {
        "share": str(settings.share), "trees": settings.trees, "sample": int(fitted.forest.max_samples_),
        "components": settings.ensemble.components, "forest_weight": str(settings.ensemble.forest_weight),
        "seed": settings.seed, "features": list(names),
    }  # fmt: skip
