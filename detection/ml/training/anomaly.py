"""Fitting a model on transactions that came in. Pure of the database: arrays in, a checked artefact and numbers out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finobs.core.errors import Invalid
from finobs.core.jobs.progress import ProgressCallback, no_progress

from ...features import ACCOUNT, FeatureSet
from ...features.account import RISK7
from .. import scoring
from ..estimators import ensemble
from ..explain.explainability_check import require_explainable
from ..onnx.ensemble_graph import ensemble_graph
from ..onnx.graph_metadata import medians, quantiles
from ..onnx.trees import floor32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_ROWS = 500
PARITY_ROWS = 10_000
PARITY_LIMIT = 1e-5
# A model that sends more than this share of its own training rows to people says nothing about any of them.
MAX_FLAGGED_SHARE = 0.2
BINS = 40
# Which features of its set the ensemble looks at, where not all of them.
LOOKS_AT = {ACCOUNT.name: RISK7}


@dataclass(frozen=True, slots=True)
class AnomalySettings:
    """share: of rows that go to review, the capacity of those who work them. sample: rows in each tree."""

    share: float = 0.005
    trees: int = 100
    sample: int = 2048
    seed: int = 7

    @property
    def ensemble(self) -> ensemble.EnsembleSettings:
        return ensemble.EnsembleSettings(trees=self.trees, sample=self.sample, seed=self.seed)


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
    tell: ProgressCallback = no_progress,
) -> TrainedModel:
    """Fit the ensemble, turn it into ONNX, compare the two, and set the threshold from the training scores.

    Raises Invalid for too few rows, a share out of bounds, a graph that differs from what was fitted, a model that
    flags nothing or everything, or scores that cannot be explained.
    """
    import numpy as np

    if len(matrix) < MIN_ROWS:
        raise Invalid(f"{len(matrix):,} transactions are too few to learn from; {MIN_ROWS:,} is the least.")
    check_share(settings.share)
    names = LOOKS_AT.get(feature_set.name, feature_set.names)
    indexes = feature_set.indexes(names)
    tell("Fitting")
    fitted = ensemble.fit_ensemble(matrix, indexes, settings.ensemble)
    metadata = {"feature_set": feature_set.name, "feature_digest": feature_set.digest}
    artefact = ensemble_graph(fitted, names, metadata)
    session = scoring.open_session(artefact)
    tell("Comparing the graph with what was fitted")
    difference, compared = parity(ComparableModel.of_ensemble(fitted), session, matrix[:, indexes], settings.seed)
    scores = _scores(session, matrix)
    threshold = threshold_for(scores, settings.share)
    metrics = {
        "flagged_share": float((scores >= threshold).mean()), "parity": difference, "parity_rows": compared,
        "threshold_rows": len(scores), **histogram(scores),
    }  # fmt: skip
    require_publishable(metrics)
    tell("Explaining some of its scores")
    require_explainable(artefact, feature_set.name, {}, matrix)
    return TrainedModel(
        artefact,
        hashlib.sha256(artefact).hexdigest(),
        threshold,
        {
            "share": str(settings.share), "trees": settings.trees, "sample": int(fitted.forest.max_samples_),
            "components": settings.ensemble.components, "forest_weight": str(settings.ensemble.forest_weight),
            "seed": settings.seed, "features": list(names), "feature_digest": feature_set.digest,
            "typical": medians(matrix, feature_set.names), "spread": quantiles(matrix, feature_set.names),
        },
        metrics,
        np.arange(len(matrix)),
    )  # fmt: skip


def check_share(share: float) -> None:
    """Raises Invalid for a share that is none, or that no people could work through."""
    if not 0 < share <= MAX_FLAGGED_SHARE:
        raise Invalid(fields={"share": [f"The share for review is between 0 and {MAX_FLAGGED_SHARE:.0%}."]})


@dataclass(frozen=True, slots=True)
class ComparableModel:
    """What was fitted, as far as comparing needs it: its scores, and (feature, threshold) of every split."""

    score: Callable[[NDArray[np.float32]], NDArray[np.float64]]
    splits: NDArray[np.float64]

    @classmethod
    def of_ensemble(cls, fitted: ensemble.Ensemble) -> ComparableModel:
        return cls(lambda own: fitted.of(own)["score"], forest_splits(fitted.forest))


def parity(fitted: ComparableModel, session: Any, matrix: NDArray[np.float32], seed: int = 0) -> tuple[float, int]:
    """The largest difference to what was fitted over real rows and rows placed on thresholds, and how many rows.

    `matrix` has the features that the model looks at. Raises Invalid above 1e-5: what was not fitted is not served.
    """
    import numpy as np

    chance = np.random.default_rng(seed)
    real = matrix[chance.choice(len(matrix), min(PARITY_ROWS, len(matrix)), replace=False)]
    rows = np.concatenate([real, on_thresholds(fitted.splits, matrix, PARITY_ROWS, chance)])
    (served,) = session.run(["score"], {"features": rows})
    difference = float(np.abs(served.reshape(-1) - fitted.score(rows)).max())
    if not difference <= PARITY_LIMIT:
        raise Invalid(
            f"The model cannot be published: its graph differs from what was fitted by {difference:.2g} "
            f"on {len(rows):,} rows; {PARITY_LIMIT:.0e} is the limit."
        )
    return difference, len(rows)


def forest_splits(forest: Any) -> NDArray[np.float64]:
    """(feature, threshold) of every split of an Isolation Forest."""
    import numpy as np

    splits = []
    for tree, used in zip(forest.estimators_, forest.estimators_features_, strict=True):
        inner = np.flatnonzero(tree.tree_.children_left >= 0)
        splits.append(np.column_stack([np.asarray(used)[tree.tree_.feature[inner]], tree.tree_.threshold[inner]]))
    return np.concatenate(splits)


def on_thresholds(
    splits: NDArray[np.float64], matrix: NDArray[np.float32], number: int, chance: np.random.Generator
) -> NDArray[np.float32]:
    """Real rows with one feature put exactly on, or one step above, the threshold of a split."""
    import numpy as np

    rows = matrix[chance.integers(len(matrix), size=number)].copy()
    if len(splits) == 0:
        return rows
    chosen = splits[chance.integers(len(splits), size=number)]
    on = floor32(chosen[:, 1])
    above = np.nextafter(on, np.float32(np.inf))
    rows[np.arange(number), chosen[:, 0].astype(int)] = np.where(chance.random(number) < 0.5, on, above)
    return rows


def threshold_for(scores: NDArray[np.float64], share: float) -> float:
    """The score that at most `share` of the rows reach, unless many share one score; written with its six decimals."""
    import numpy as np

    return float(round(float(np.quantile(scores, 1 - share, method="higher")), scoring.SCORE_DECIMALS))


def histogram(scores: NDArray[np.float64]) -> dict[str, Any]:
    import numpy as np

    counts, edges = np.histogram(scores, bins=BINS)
    return {"histogram": counts.tolist(), "edges": [round(float(edge), 4) for edge in edges]}


def refusal(metrics: dict[str, Any]) -> str:
    """Why a model with these metrics cannot be put in force; empty when it can."""
    flagged = float(metrics.get("flagged_share", 0))
    if flagged <= 0:
        return "This model flags nothing: none of the transactions that its threshold was set from reaches it."
    if flagged > MAX_FLAGGED_SHARE:
        return (
            f"This model flags {flagged:.1%} of the transactions that its threshold was set from; a model that flags "
            f"(nearly) everything tells nobody where to look. The limit is {MAX_FLAGGED_SHARE:.0%}."
        )
    if not float(metrics.get("parity", 1)) <= PARITY_LIMIT:
        return "This model was never shown to agree with what was fitted."
    return ""


def require_publishable(metrics: dict[str, Any]) -> None:
    """Raises Invalid for what tells nobody where to look, and for what does not agree with its graph."""
    if why := refusal(metrics):
        raise Invalid(f"The model cannot be published. {why}")


def _scores(session: Any, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    import numpy as np

    return np.array(scoring.score_matrix(session, matrix))
