"""The explanation of an alert and of a transaction: made with the alert, made again on demand.

Form 2: what is kept of the score that is shown, and under "beside" the same of each other model in force. Form 1, of
one model, is read as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from finobs.core.errors import FinobsError, NotFound, Unavailable

from .. import features, scoring
from ..models import Alert, Assessment, ModelVersion
from .explainer import explainer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)
FORM = 2
# An explanation takes milliseconds: a batch of alerts must not wait for its own. The rest are made after the commit.
AT_ONCE = 100
AT_A_TIME = 200
NO_MODEL = "No model was in force: rules alone decided, and there is no score to explain."
# What form 1 has not.
SINCE_FORM_2 = ("role", "currency", "beside")

Scored: TypeAlias = "tuple[ModelVersion, float]"
Models: TypeAlias = "Sequence[tuple[ModelVersion, Sequence[float | None]]]"


def explain(models: Sequence[Scored], vector: NDArray[np.float32], currency: str) -> dict[str, Any]:
    """The first of `models` is the one whose score is shown. Raises Unavailable if that cannot be explained; what
    stands beside it and cannot be is left out, and the log says so."""
    (shown, score), *others = models
    kept = explainer(shown).explain(vector, score, currency)
    beside = []
    for version, its_score in others:
        try:
            beside.append(explainer(version).explain(vector, its_score, currency))
        except FinobsError:
            log.exception("the score of %s beside it cannot be explained", version)
    return {"form": FORM, "currency": currency, **kept, "beside": beside}


def attach(alerts: Sequence[Alert], models: Models | ModelVersion | None, vectors: Sequence[Any]) -> bool:
    """Give new alerts their explanations, those of the highest scores first; says whether any is left for later.

    `models`: each model in force with its scores of these alerts, in their order; one alone gave the score that is
    shown. A decision never waits for, or fails by, its explanation: what cannot be explained is logged and left empty.
    """
    if models is None:
        return False
    if isinstance(models, ModelVersion):
        models = [(models, [alert.score for alert in alerts])]
    order = sorted(range(len(alerts)), key=lambda index: (-(alerts[index].score or 0.0), index))
    for index in order[:AT_ONCE]:
        alert = alerts[index]
        scored = _shown_first(alert.model_version_id, ((version, scores[index]) for version, scores in models))
        if not scored:
            continue
        try:
            alert.explanation = explain(scored, vectors[index], alert.transaction.currency)
        except Exception:  # Whatever it is: the alert matters more.
            log.exception("an alert was raised without its explanation")
    return len(alerts) > AT_ONCE


def of_alert(alert: Alert) -> dict[str, Any]:
    """The kept explanation, or the same made now. Raises NotFound where no model scored, Unavailable."""
    if alert.explanation:
        return dict(alert.explanation)
    return again(alert)


def again(alert: Alert) -> dict[str, Any]:
    """From the alert's own model versions, vector and scores, whatever was kept, in the form that was kept. Raises as
    `of_alert` does."""
    scored = _shown_first(alert.model_version_id, _models_of(alert))
    if not scored:
        raise NotFound(NO_MODEL)
    names = features.get(scored[0][0].feature_set).names
    try:
        (vector,) = features.from_text(names, alert.snapshot["features"])
        currency = alert.snapshot["transaction"]["currency"]
    except (KeyError, ValueError) as error:
        raise Unavailable("What was kept of this alert cannot be read any more.") from error
    found = explain(scored, vector, currency)
    return _form_1(found) if (alert.explanation or {}).get("form") == 1 else found


def of_assessment(assessment: Assessment, alert: Alert | None) -> dict[str, Any]:
    """Of any assessed transaction. Without an alert there is no kept vector: its features are built again.

    Raises NotFound where no model scored, Unavailable where the features do not make the scores any more.
    """
    if alert is not None:
        return of_alert(alert)
    pairs = (
        (assessment.model_version, assessment.score), (assessment.anomaly_version, assessment.anomaly_score)
    )  # fmt: skip
    given = [(version, score) for version, score in pairs if version is not None]
    scored = _shown_first(assessment.model_version_id, given)
    if not scored:
        raise NotFound(NO_MODEL)
    columns = scoring.columns_for(scored[0][0].feature_set, [assessment.transaction])
    vector = scoring.matrix_for(scored[0][0], columns)
    for version, score in scored:
        _check(version, vector, score)
    return explain(scored, vector[0], assessment.transaction.currency)


def fill(batch_id: int) -> int:
    """Explanations for the alerts of a batch that were raised without; returns how many. Safe to run twice."""
    rows = Alert.objects.filter(transaction__batch_id=batch_id, explanation__isnull=True, model_version__isnull=False)
    without = list(rows.values_list("pk", flat=True))
    filled = 0
    for start in range(0, len(without), AT_A_TIME):
        some = Alert.objects.filter(pk__in=without[start : start + AT_A_TIME])
        filled += Alert.objects.bulk_update([alert for alert in some if _filled(alert)], ["explanation"])
    return filled


def _filled(alert: Alert) -> bool:
    """One that cannot be explained does not keep the others from it."""
    try:
        alert.explanation = again(alert)
    except FinobsError:
        log.exception("alert %s stays without its explanation", alert.pk)
        return False
    return True


def _models_of(alert: Alert) -> Iterator[Scored]:
    """Those that scored it, from what it keeps: "models", each with its score; one "model" before there were roles."""
    kept = alert.parameters.get("models")
    if kept is None:
        old = alert.parameters.get("model")
        kept = [] if old is None else [{**old, "score": alert.score}]
    scores = {each["version"]: each["score"] for each in kept if each["score"] is not None}
    for version in ModelVersion.objects.filter(pk__in=scores):
        yield version, float(scores[version.pk])


def _shown_first(shown: int | None, found: Iterable[tuple[ModelVersion, float | None]]) -> list[Scored]:
    """Each model once, the one whose score is shown before the others; none where that did not score."""
    scored = {version.pk: (version, score) for version, score in found if score is not None}
    if shown not in scored:
        return []
    return [scored.pop(shown), *(scored[pk] for pk in sorted(scored))]


def _check(version: ModelVersion, vector: Any, score: float) -> None:
    # A session of its own: those of the models in force stay where they are.
    session = scoring.open_session(scoring.checked(bytes(version.artefact), version.sha256))
    (now,) = scoring.score(session, vector)
    if now != score:
        raise Unavailable(
            f"What is known of this transaction makes a score of {now:.6f} now, not the {score:.6f} of then: later or "
            "corrected rows changed its history."
        )


def _form_1(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in SINCE_FORM_2} | {"form": 1}
