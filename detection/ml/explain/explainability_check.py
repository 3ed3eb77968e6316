"""The check before a model is published: a score that nobody can explain decides nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finobs.core.errors import FinobsError, Invalid

from ...choices import ModelRole
from ...models import ModelVersion
from .. import scoring
from .explainer import Explainer

EXPLAINED_ROWS, MAX_SCORED_ROWS = 20, 2_000
MAX_DIFFERENCE = 1e-6


def require_explainable(
    artefact: bytes,
    feature_set: str,
    parameters: Mapping[str, Any],
    rows: NDArray[np.float32],
    role: str = ModelRole.ANOMALY,
) -> float:
    """The largest difference between a score and the sum of what explains it, over 20 of `rows`, spread from the lowest
    score to the highest. `rows` have all features of the set; `parameters` are those that the version will have.

    Raises Invalid, in words, where a score cannot be explained.
    """
    sha256 = hashlib.sha256(artefact).hexdigest()
    version = ModelVersion(
        role=role, number=0, feature_set=feature_set, parameters=dict(parameters), artefact=artefact, sha256=sha256
    )
    try:
        explainer = Explainer(version)
        worst = max(_difference(explainer, row, score) for row, score in _chosen(artefact, rows))
    except FinobsError as error:
        raise Invalid(f"The model cannot be published: {error.detail}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(f"The model cannot be published: its scores cannot be explained ({error}).") from error
    if not worst <= MAX_DIFFERENCE:
        raise Invalid(f"The model cannot be published: what explains a score differs from it by {worst:.2g}.")
    return worst


def _chosen(artefact: bytes, rows: NDArray[np.float32]) -> list[tuple[NDArray[np.float32], float]]:
    if not len(rows):
        raise ValueError("there is no row to explain")
    rows = rows[np.linspace(0, len(rows) - 1, min(MAX_SCORED_ROWS, len(rows))).astype(int)]
    scores = scoring.score_matrix(scoring.open_session(artefact), rows)
    places = np.linspace(0, len(rows) - 1, min(EXPLAINED_ROWS, len(rows))).astype(int)
    return [(rows[index], scores[index]) for index in np.argsort(scores, kind="stable")[places]]


def _difference(explainer: Explainer, row: NDArray[np.float32], score: float) -> float:
    """Of what is kept: the text, not the numbers that it was written from."""
    explanation = explainer.explain(row, score)
    total = float(explanation["base"]) + sum(float(each["contribution"]) for each in explanation["features"])
    return abs(total - score)
