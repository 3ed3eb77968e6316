"""The explanation of an alert and of a transaction: made with the alert, made again on demand."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from finobs.core.errors import NotFound, Unavailable

from .. import features, scoring
from ..models import Alert, Assessment, ModelVersion
from ..snapshot import models_of
from .explainer import explainer

log = logging.getLogger(__name__)
# An explanation takes milliseconds: a batch of alerts must not wait for its own. The rest are made after the commit.
AT_ONCE = 100
NO_MODEL = "No model was in force: rules alone decided, and there is no score to explain."


def attach(alerts: Sequence[Alert], version: ModelVersion | None, vectors: Sequence[Any]) -> bool:
    """Give new alerts their explanations, those of the highest scores first; says whether any is left without.

    A decision never waits for, or fails by, its explanation: what cannot be explained is logged and left empty.
    """
    if version is None:
        return False
    order = sorted(range(len(alerts)), key=lambda index: (-(alerts[index].score or 0.0), index))
    for index in order[:AT_ONCE]:
        alert = alerts[index]
        if alert.score is None:
            continue
        try:
            alert.explanation = explainer(version).explain(vectors[index], alert.score)
        except Unavailable:
            log.exception("an alert was raised without its explanation")
            return False
    return len(alerts) > AT_ONCE


def of_alert(alert: Alert) -> dict[str, Any]:
    """The kept explanation, or the same made now. Raises NotFound where no model scored, Unavailable."""
    if alert.explanation:
        return dict(alert.explanation)
    return again(alert)


def again(alert: Alert) -> dict[str, Any]:
    """From the alert's own model version, vector and score, whatever was kept. Raises as `of_alert` does."""
    kept = models_of(alert.parameters)
    if not kept or alert.score is None:
        raise NotFound(NO_MODEL)
    version = ModelVersion.objects.get(pk=kept[0]["version"])
    names = features.get(version.feature_set).names
    vector = features.from_text(names, alert.snapshot["features"])
    return explainer(version).explain(vector[0], alert.score)


def of_assessment(assessment: Assessment, alert: Alert | None) -> dict[str, Any]:
    """Of any assessed transaction. Without an alert there is no kept vector: its features are built again.

    Raises NotFound where no model scored, Unavailable where the features do not make the score any more.
    """
    if alert is not None:
        return of_alert(alert)
    version = assessment.model_version
    if version is None or assessment.score is None:
        raise NotFound(NO_MODEL)
    vector = scoring.matrix_for(
        version.feature_set, scoring.columns_for(version.feature_set, [assessment.transaction])
    )[0]
    # A session of its own: the one of the model in force stays where it is.
    session = scoring.open_session(scoring.checked(bytes(version.artefact), version.sha256))
    (score,) = scoring.score(session, vector.reshape(1, -1))
    if score != assessment.score:
        raise Unavailable(
            f"What is known of this transaction makes a score of {score:.6f} now, not the {assessment.score:.6f} of "
            "then: later or corrected rows changed its history."
        )
    return explainer(version).explain(vector, score)


def fill(batch_id: int) -> int:
    """Explanations for the alerts of a batch that were raised without; returns how many. Safe to run twice."""
    rows = Alert.objects.filter(transaction__batch_id=batch_id, explanation__isnull=True, model_version__isnull=False)
    done = []
    for alert in rows.iterator(chunk_size=500):
        alert.explanation = again(alert)
        done.append(alert)
    return Alert.objects.bulk_update(done, ["explanation"], batch_size=500)
