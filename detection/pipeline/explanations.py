"""The explanation of an alert and of a transaction: made with the alert, made again on demand.

It is that of the score that is shown, and under "beside" the same of each other model in force.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from finobs.core.errors import FinobsError, NotFound, Unavailable
from transactions.models import Transaction

from .. import features
from ..features.matrices import columns_for, matrix_for
from ..ml import scoring
from ..ml.explain.explainer import explainer
from ..models import Alert, Assessment, ModelVersion
from .snapshot import features_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)
# An explanation takes milliseconds: a batch of alerts must not wait for its own. The rest are made after the commit.
MAX_INLINE = 25
NO_MODEL = "No model was in force: rules alone decided, and there is no score to explain."


class ScoredVector(NamedTuple):
    """What a model made of one row of its feature set."""

    version: ModelVersion
    score: float
    vector: NDArray[np.float32]


class ScoredVectors(NamedTuple):
    """The same of several rows."""

    version: ModelVersion
    scores: Sequence[float]
    vectors: Sequence[NDArray[np.float32]]


def explain(scored: Sequence[ScoredVector], currency: str) -> dict[str, Any]:
    """The first is the one whose score is shown. Raises Unavailable if that cannot be explained; what stands beside it
    and cannot be is left out, and the log says so."""
    primary, *others = scored
    contributions = explainer(primary.version).explain(primary.vector, primary.score, currency)
    beside = []
    for each in others:
        try:
            beside.append(explainer(each.version).explain(each.vector, each.score, currency))
        except FinobsError:
            log.exception("the score of %s beside it cannot be explained", each.version)
    return {"currency": currency, **contributions, "beside": beside}


def attach_explanations(alerts: Sequence[Alert], models: Sequence[ScoredVectors]) -> bool:
    """Give new alerts their explanations, those of the highest scores first; says whether any is left for later.

    `models`: what each model in force made of these alerts, in their order; the first gave the score that is shown. A
    decision never waits for, or fails by, its explanation: what cannot be explained is logged and left empty.
    """
    order = sorted(range(len(alerts)), key=lambda index: (-(alerts[index].score or 0.0), index))
    for index in order[:MAX_INLINE]:
        scored = [ScoredVector(each.version, each.scores[index], each.vectors[index]) for each in models]
        try:
            alerts[index].explanation = explain(scored, alerts[index].transaction.currency)
        except Exception:  # Whatever it is: the alert matters more.
            log.exception("an alert was raised without its explanation")
    return len(alerts) > MAX_INLINE


def of_alert(alert: Alert) -> dict[str, Any]:
    """The kept explanation, or the same made now. Raises NotFound where no model of ours scored, Unavailable."""
    if alert.is_external:
        raise NotFound(f"{alert.external.system} raised this alert: what made its score is not known here.")
    if alert.explanation:
        return dict(alert.explanation)
    return recompute(alert)


def recompute(alert: Alert) -> dict[str, Any]:
    """From the alert's own model versions, vectors and scores, whatever was kept. Raises as `of_alert` does."""
    try:
        scored = list(_scored_vectors(alert))
        currency = alert.snapshot["transaction"]["currency"] if scored else ""
    except (KeyError, ValueError) as error:
        raise Unavailable("What was kept of this alert cannot be read any more.") from error
    if not scored:
        raise NotFound(NO_MODEL)
    return explain(scored, currency)


def _scored_vectors(alert: Alert) -> Iterator[ScoredVector]:
    """What each model made of the alert's transaction, as the alert keeps it. Raises KeyError, ValueError."""
    models = alert.parameters["models"]
    versions = ModelVersion.objects.in_bulk([each["version"] for each in models])
    for each in models:
        version = versions[each["version"]]
        texts = features_of(alert.snapshot, version.feature_set)
        (vector,) = features.from_text(features.get(version.feature_set).names, texts)
        yield ScoredVector(version, float(each["score"]), vector)


def of_assessment(assessment: Assessment, alert: Alert | None) -> dict[str, Any]:
    """Of any assessed transaction. Without an alert there is no kept vector: its features are built again.

    Raises NotFound where no model scored, Unavailable where the features do not make the scores any more.
    """
    if alert is not None:
        return of_alert(alert)
    versions = [(assessment.model_version, assessment.score)]
    if assessment.anomaly_version_id != assessment.model_version_id:
        versions.append((assessment.anomaly_version, assessment.anomaly_score))
    row = assessment.transaction
    scored = [_rescored(version, score, row) for version, score in versions if version and score is not None]
    if assessment.score is None or not scored:
        raise NotFound(NO_MODEL)
    return explain(scored, row.currency)


def _rescored(version: ModelVersion, score: float, row: Transaction) -> ScoredVector:
    vector = matrix_for(version.feature_set, columns_for(version.feature_set, [row]))
    # A session of its own: those of the models in force stay where they are.
    session = scoring.open_session(scoring.verified_artefact(bytes(version.artefact), version.sha256))
    (now,) = scoring.score_matrix(session, vector)
    if now != score:
        raise Unavailable(
            f"What is known of this transaction makes a score of {now:.6f} now, not the {score:.6f} of then: later or "
            "corrected rows changed its history."
        )
    return ScoredVector(version, score, vector[0])
