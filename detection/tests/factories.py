"""Transactions with scores and labels, as assessments, shadows, labels and cases would leave them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from cases.choices import CaseStatus, Disposition
from cases.models import Case, CaseAlert
from detection.choices import ModelRole, Outcome, Typology
from detection.models import Alert, Assessment, ModelVersion, ShadowScore
from detection.performance.window import Window
from finobs.accounts.system import system_actor
from tests import factories
from transactions.choices import LabelOrigin
from transactions.models import Label, Transaction
from transactions.services import label_add

WINDOW = Window(date(2026, 3, 1), date(2026, 3, 30))
NOON = factories.NOON


def model_version(role: str = ModelRole.SUPERVISED, **fields: Any) -> ModelVersion:
    return factories.model_version(**{"role": role, "kind": role, "threshold": 0.5, **fields})


def scored_transaction(
    by: ModelVersion | None, score: float = 0.0, label: bool | None = None, *, at: datetime = NOON, shadow: bool = False,
    known_after: int = 7, **fields: Any,
) -> Transaction:  # fmt: skip
    """One transaction, scored `by` a version in its role; `label` came in so many days later."""
    transaction = factories.transaction(occurred_at=at, **fields)
    if by is not None:
        add_score(transaction, by, score, shadow=shadow)
    if label is not None:
        Label.objects.create(transaction=transaction, is_suspicious=label, known_at=at + timedelta(days=known_after))
    return transaction


def add_score(transaction: Transaction, by: ModelVersion, score: float, *, shadow: bool = False) -> None:
    if shadow:
        ShadowScore.objects.create(transaction=transaction, model_version=by, score=score)
        return
    leading = {"model_version": by, "score": score}
    beside = {"anomaly_version": by, "anomaly_score": score} if by.role == ModelRole.ANOMALY else {}
    assessed, _ = Assessment.objects.get_or_create(
        transaction=transaction, defaults={"outcome": Outcome.APPROVE, "assessed_at": NOON, **leading}
    )
    Assessment.objects.filter(pk=assessed.pk).update(**beside, **(leading if by.role == ModelRole.SUPERVISED else {}))


def scored_transactions(
    by: ModelVersion, outcomes: Sequence[tuple[float, bool | None]], **fields: Any
) -> list[Transaction]:
    """Several of one account, as (score, label)."""
    owner = factories.account()
    return [scored_transaction(by, score, label, **{"of": owner, **fields}) for score, label in outcomes]


def alert_for(
    transaction: Transaction, *, rule: bool = True, typology: str = Typology.LARGE_AMOUNT, **fields: Any
) -> Alert:
    return Alert.objects.create(
        transaction=transaction, account=transaction.account, typology=typology, outcome=Outcome.REVIEW,
        rule_version=factories.rule_version(typology=typology) if rule else None, parameters={"rules": [], "models": []}, snapshot={},
        snapshot_digest="0" * 64, **fields,
    )  # fmt: skip


def closed_case(
    transaction: Transaction, disposition: str = Disposition.CONFIRMED, *, at: datetime | None = None
) -> Case:
    """A closed case with an alert of this transaction, and the label that its closing wrote down."""
    alert = alert_for(transaction)
    closed_at = at or NOON + timedelta(days=3)
    case = factories.case(
        of=transaction.account, status=CaseStatus.CLOSED, disposition=disposition, reason_code="other_suspicion",
        closed_at=closed_at,
    )  # fmt: skip
    incident = factories.incident_of(case, first_at=NOON, last_at=NOON, alert_count=1)
    CaseAlert.objects.create(alert=alert, incident=incident, case=case)
    label_add(
        actor=system_actor("test"), transactions=[transaction.pk], origin=LabelOrigin.CASE, known_at=closed_at,
        is_suspicious=disposition == Disposition.CONFIRMED,
    )  # fmt: skip
    return case
