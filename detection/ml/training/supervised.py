"""Training the supervised re-ranker on outcomes. Pure of the database: arrays in, a checked artefact and numbers out.

Days, counted back from the newest transaction:

    |<---- 28: the judge learns ---->|<- 7 ->|<- 7: judged ->|<- 7: newest, without outcomes ->|
                    |<---- 28: the model learns ------------>|

The model learns from rows whose outcome had its seven days to become known. Its threshold is a share of the newest
rows, which it has not learned from: what a boosted model says of its own rows is too sure. How good it is is said by
a judge: a model made in the same way two weeks earlier, with what was known then, on days it had not seen.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from finobs.core.jobs.progress import ProgressCallback, no_progress

from ...choices import ModelRole
from ...features import ACCOUNT
from ...features.account import SECOND, SUPERVISED
from ...features.definition import DAY_MICROSECONDS
from .. import scoring
from ..estimators import boosting
from ..estimators.settings import BoostingSettings
from ..explain.explainability_check import require_explainable
from ..metrics import at_share
from ..onnx.boosted_graph import boosted_graph, thresholds
from ..score_distribution import histogram, threshold_for
from .anomaly import TrainedModel, feature_parameters, graph_origin
from .dataset import TrainingRows
from .parity import ComparableModel, parity
from .publication import check_share, require_publishable
from .settings import MIN_ROWS, SupervisedSettings

NEWEST, LEARNED = "newest rows, not learned from", "rows that it learned from"


def train_supervised(
    rows: TrainingRows,
    known_at: NDArray[np.int64],
    as_of: int,
    now: int,
    settings: SupervisedSettings,
    progress: ProgressCallback = no_progress,
) -> TrainedModel:
    """Fit on mature rows, turn it into ONNX, compare the two, set the threshold, and judge.

    `known_at`: for each row since when it is known to be suspicious. Moments are microseconds since 1970: `as_of` of
    the newest row, `now` of the training; nothing that became known later is looked at. Unconfirmed counts as not
    suspicious. Raises Invalid for too few outcomes, a share out of bounds, a graph that differs from what was
    fitted, a model that flags nothing or everything, or scores that cannot be explained.
    """
    check_share(settings.share)
    mature = as_of - settings.delay * DAY_MICROSECONDS
    learned = _between(rows, mature - settings.days * DAY_MICROSECONDS, mature)
    matrix, suspicious = rows.matrix[learned], known_at[learned] <= now
    seeded = replace(settings.boosting, seed=settings.seed)
    fitted = boosting.fit_ranker(matrix, suspicious, ACCOUNT.indexes(SUPERVISED), seeded, progress)
    progress("Comparing the graph with what was fitted")
    artefact = boosted_graph(fitted.model, SUPERVISED, graph_origin(ACCOUNT))
    threshold, metrics = _measurements(artefact, fitted, rows, learned, mature, settings)
    require_publishable(metrics)
    progress("Explaining some of its scores")
    require_explainable(artefact, ACCOUNT.name, {}, matrix, ModelRole.SUPERVISED)
    metrics |= {"confirmed": int(suspicious.sum())} | backtest(rows, known_at, mature, now, settings, progress)
    parameters = _parameters(settings, seeded) | feature_parameters(matrix, ACCOUNT)
    return TrainedModel(artefact, hashlib.sha256(artefact).hexdigest(), threshold, parameters, metrics, learned)


def backtest(
    rows: TrainingRows,
    known_at: NDArray[np.int64],
    mature: int,
    now: int,
    settings: SupervisedSettings,
    progress: ProgressCallback = no_progress,
) -> dict[str, Any]:
    """What a model made in the same way two weeks earlier would have been worth on the newest days with outcomes."""
    begin = mature - settings.test_days * DAY_MICROSECONDS
    until = begin - settings.delay * DAY_MICROSECONDS
    earlier = _between(rows, until - settings.days * DAY_MICROSECONDS, until)
    held_out = _between(rows, begin, mature)
    # The judge knows what was known when its days began; it is judged by what is known now.
    truth, suspicious = known_at[held_out] <= now, known_at[earlier] <= begin
    why = boosting.too_few(suspicious)
    if why or not truth.any() or truth.all():
        return {"not_judged": why or "Nothing, or everything, is confirmed in the newest days that have outcomes."}
    seeded = replace(settings.boosting, seed=settings.seed)

    def judging(step: str, done: int = 0, total: int = 0) -> None:
        progress("Judging", done, total)

    ranker = boosting.fit_ranker(rows.matrix[earlier], suspicious, ACCOUNT.indexes(SUPERVISED), seeded, judging)
    score = ranker.score(rows.matrix[held_out])
    recall, precision = at_share(score, truth, settings.share)
    return {
        "auc": float(roc_auc_score(truth, score)), "average_precision": float(average_precision_score(truth, score)),
        "precision": precision, "recall": recall, "judged_rows": len(held_out), "judged_confirmed": int(truth.sum()),
        "judged_from": _text(begin), "judged_to": _text(mature),
    }  # fmt: skip


def _measurements(
    artefact: bytes,
    fitted: boosting.Ranker,
    rows: TrainingRows,
    learned: NDArray[np.int64],
    mature: int,
    settings: SupervisedSettings,
) -> tuple[float, dict[str, Any]]:
    """The threshold, and what the version's metrics say of it and of the graph. Raises Invalid as `parity` does."""
    session, own = scoring.open_session(artefact), rows.matrix[learned][:, fitted.indexes]
    comparable = ComparableModel(lambda matrix: fitted.model.predict_proba(matrix)[:, 1], thresholds(fitted.model))
    difference, compared = parity(comparable, session, own, settings.seed)
    newest = np.flatnonzero(rows.occurred > mature)
    enough = len(newest) >= MIN_ROWS
    scores = np.array(scoring.score_matrix(session, rows.matrix[newest if enough else learned]))
    threshold = threshold_for(scores, settings.share)
    return threshold, {
        "flagged_share": float((scores >= threshold).mean()), "threshold_from": NEWEST if enough else LEARNED,
        "threshold_rows": len(scores), **histogram(scores), "parity": difference, "parity_rows": compared,
    }  # fmt: skip


def _parameters(settings: SupervisedSettings, boosted: BoostingSettings) -> dict[str, Any]:
    return {
        "share": str(settings.share), "days": settings.days, "delay": settings.delay, "rounds": boosted.rounds,
        "leaves": boosted.leaves, "rate": str(boosted.rate), "least_in_leaf": boosted.least_in_leaf,
        "l2": str(boosted.l2), "seed": boosted.seed, "features": list(SUPERVISED),
    }  # fmt: skip


def _between(rows: TrainingRows, after: int, until: int) -> NDArray[np.int64]:
    return np.flatnonzero((rows.occurred > after) & (rows.occurred <= until))


def _text(moment: int) -> str:
    return datetime.fromtimestamp(moment / SECOND, UTC).isoformat()
