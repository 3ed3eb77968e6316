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
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from finobs.core.jobs.progress import ProgressCallback, no_progress

from ...choices import ModelRole
from ...features import ACCOUNT
from ...features.account import DAY_SECONDS, SECOND, SUPERVISED
from .. import scoring
from ..estimators import boosting
from ..explain.explainability_check import require_explainable
from ..metrics import at_share
from ..onnx.boosted_graph import boosted_graph, thresholds
from ..onnx.graph_metadata import medians, quantiles
from .anomaly import (
    MIN_ROWS,
    ComparableModel,
    TrainedModel,
    check_share,
    histogram,
    parity,
    require_publishable,
    threshold_for,
)
from .dataset import TrainingRows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DAY_MICROSECONDS = DAY_SECONDS * SECOND  # microseconds
NEWEST, LEARNED = "newest rows, not learned from", "rows that it learned from"


@dataclass(frozen=True, slots=True)
class SupervisedSettings:
    """share: of rows that go to review. delay, days, judged: see above, in days."""

    share: float = 0.005
    delay: int = 7
    days: int = 28
    judged: int = 7
    seed: int = 7
    boosting: boosting.BoostingSettings = field(default_factory=boosting.BoostingSettings)

    def since(self, as_of: datetime) -> datetime:
        """What occurred until then is not read."""
        return as_of - timedelta(days=2 * self.delay + self.judged + self.days)


def train_supervised(
    rows: TrainingRows,
    known: NDArray[np.int64],
    as_of: int,
    now: int,
    settings: SupervisedSettings,
    tell: ProgressCallback = no_progress,
) -> TrainedModel:
    """Fit on mature rows, turn it into ONNX, compare the two, set the threshold, and judge.

    `known`: for each row since when it is known to be suspicious. Moments are microseconds since 1970: `as_of` of
    the newest row, `now` of the training; nothing that became known later is looked at. Unconfirmed counts as not
    suspicious. Raises Invalid for too few outcomes, a share out of bounds, a graph that differs from what was
    fitted, a model that flags nothing or everything, or scores that cannot be explained.
    """
    check_share(settings.share)
    mature = as_of - settings.delay * DAY_MICROSECONDS
    learned = _between(rows, mature - settings.days * DAY_MICROSECONDS, mature)
    indexes = ACCOUNT.indexes(SUPERVISED)
    parameters = replace(settings.boosting, seed=settings.seed)
    suspicious = known[learned] <= now
    fitted = boosting.fit_ranker(rows.matrix[learned], suspicious, indexes, parameters, tell)
    tell("Comparing the graph with what was fitted")
    metadata = {"feature_set": ACCOUNT.name, "feature_digest": ACCOUNT.digest}
    artefact = boosted_graph(fitted.model, SUPERVISED, metadata)
    session = scoring.open_session(artefact)
    own = rows.matrix[learned][:, indexes]
    difference, compared = parity(_comparable(fitted), session, own, settings.seed)
    threshold, measured = _threshold(session, rows, learned, mature, settings)
    metrics = {**measured, "parity": difference, "parity_rows": compared, "confirmed": int(suspicious.sum())}
    require_publishable(metrics)
    tell("Explaining some of its scores")
    require_explainable(artefact, ACCOUNT.name, {}, rows.matrix[learned], ModelRole.SUPERVISED)
    return TrainedModel(
        artefact,
        hashlib.sha256(artefact).hexdigest(),
        threshold,
        {
            "share": str(settings.share), "days": settings.days, "delay": settings.delay,
            "rounds": parameters.rounds, "leaves": parameters.leaves, "rate": str(parameters.rate),
            "least_in_leaf": parameters.least_in_leaf, "l2": str(parameters.l2), "seed": settings.seed,
            "features": list(SUPERVISED), "feature_digest": ACCOUNT.digest,
            "typical": medians(rows.matrix[learned], ACCOUNT.names),
            "spread": quantiles(rows.matrix[learned], ACCOUNT.names),
        },
        metrics | backtest(rows, known, mature, now, settings, tell),
        learned,
    )  # fmt: skip


def backtest(
    rows: TrainingRows,
    known: NDArray[np.int64],
    mature: int,
    now: int,
    settings: SupervisedSettings,
    tell: ProgressCallback = no_progress,
) -> dict[str, Any]:
    """What a model made in the same way two weeks earlier would have been worth on the newest days with outcomes."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    begin = mature - settings.judged * DAY_MICROSECONDS
    until = begin - settings.delay * DAY_MICROSECONDS
    earlier, held_out = _between(rows, until - settings.days * DAY_MICROSECONDS, until), _between(rows, begin, mature)
    truth, suspicious = known[held_out] <= now, known[earlier] <= begin
    why = boosting.too_few(suspicious)
    if why or not truth.any() or truth.all():
        return {"not_judged": why or "Nothing, or everything, is confirmed in the newest days that have outcomes."}
    parameters = replace(settings.boosting, seed=settings.seed)

    def judging(step: str, done: int = 0, total: int = 0) -> None:
        tell("Judging", done, total)

    ranker = boosting.fit_ranker(rows.matrix[earlier], suspicious, ACCOUNT.indexes(SUPERVISED), parameters, judging)
    score = ranker.score(rows.matrix[held_out])
    recall, precision = at_share(score, truth, settings.share)
    return {
        "auc": float(roc_auc_score(truth, score)), "average_precision": float(average_precision_score(truth, score)),
        "precision": precision, "recall": recall, "judged_rows": len(held_out), "judged_confirmed": int(truth.sum()),
        "judged_from": _text(begin), "judged_to": _text(mature),
    }  # fmt: skip


def _threshold(
    session: Any, rows: TrainingRows, learned: NDArray[np.int64], mature: int, settings: SupervisedSettings
) -> tuple[float, dict[str, Any]]:
    import numpy as np

    newest = np.flatnonzero(rows.occurred > mature)
    enough = len(newest) >= MIN_ROWS
    scores = np.array(scoring.score_matrix(session, rows.matrix[newest if enough else learned]))
    threshold = threshold_for(scores, settings.share)
    return threshold, {
        "flagged_share": float((scores >= threshold).mean()), "threshold_from": NEWEST if enough else LEARNED,
        "threshold_rows": len(scores), **histogram(scores),
    }  # fmt: skip


def _between(rows: TrainingRows, after: int, until: int) -> NDArray[np.int64]:
    import numpy as np

    return np.flatnonzero((rows.occurred > after) & (rows.occurred <= until))


def _comparable(fitted: boosting.Ranker) -> ComparableModel:
    return ComparableModel(lambda own: fitted.model.predict_proba(own)[:, 1], thresholds(fitted.model))


def _text(moment: int) -> str:
    return datetime.fromtimestamp(moment / SECOND, UTC).isoformat()
