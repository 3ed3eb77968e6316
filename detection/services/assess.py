"""The one decision path. Every transaction, whichever door it came by, is decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from finobs.accounts.system import system_actor
from finobs.core import clock, dispatch
from finobs.ledger.services import Entry, record_many
from transactions.hooks import Verdict
from transactions.models import Batch, Source, Transaction

from .. import columns as cols
from .. import hooks, persist, rules, scoring
from .. import snapshot as snap
from ..choices import Outcome
from ..decision import Decision, Evidence, by_row, decide
from ..explain import explanations
from ..in_force import in_force
from ..models import Alert

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

APPROVED = Decision(Outcome.APPROVE, "")


def assess(*, batch: Batch, transactions: Sequence[Transaction]) -> list[Verdict]:
    """Decide each transaction of `batch`: approve, review or block; a verdict for each, in their order.

    Called by `ingest`, in its transaction; the actor is finobs itself ("assess"), so no permission is asked.
    Keeps an assessment for each, an alert for each review or block; records `transaction.review` or
    `transaction.block`, and `alert.raise`; hands the alerts to the gatherer.
    """
    if not transactions:
        return []
    with transaction.atomic(savepoint=False):
        return _assess(batch, transactions)


def _assess(batch: Batch, transactions: Sequence[Transaction]) -> list[Verdict]:
    found = _Assessing(batch.source, transactions)
    at = clock.now()
    found.decide()
    found.persist(at)
    alerts = found.alerts(at)
    return [
        Verdict(row.pk, decision.outcome.value, score, alerts.get(row.pk), Evidence(decision, found.version, at))
        for row, decision, score in zip(transactions, found.decisions, found.scores, strict=True)
    ]


class _Assessing:
    """One batch on its way through rules and model."""

    def __init__(self, source: Source, transactions: Sequence[Transaction]) -> None:
        self.source, self.transactions = source, transactions
        force = in_force(source)
        self.rules = force.rules
        self.scorer = scoring.scorer(force.champion) if force.champion else None
        champion = force.champion
        self.columns = (
            scoring.columns_for(champion.feature_set, transactions) if champion else cols.of_transactions(transactions)
        )
        self.matrix: NDArray[np.float32] | None = None
        self.scores: list[float | None] = [None] * len(transactions)
        self.decisions: list[Decision] = []

    @property
    def version(self) -> Any:
        return self.scorer.version if self.scorer else None

    def decide(self) -> None:
        fired = by_row((rule, rules.evaluate(rule.kind, self.columns, rule.parameters)) for rule in self.rules)
        threshold = 2.0
        if self.scorer:
            self.matrix = scoring.matrix_for(self.version, self.columns)
            self.scores, threshold = list(self.scorer.score(self.matrix)), self.version.threshold
        label = self.scorer.label if self.scorer else ""
        self.decisions = [
            decide(fired.get(index, ()), score, threshold, label)
            if index in fired or (score is not None and score >= threshold)
            else APPROVED
            for index, score in enumerate(self.scores)
        ]

    def persist(self, at: datetime) -> None:
        model = self.version.pk if self.version else None
        persist.add_assessments(
            (
                (row.pk, decision.outcome.value, score, snap.fired_ids(decision), model)
                for row, decision, score in zip(self.transactions, self.decisions, self.scores, strict=True)
            ),
            at,
        )

    def alerts(self, at: datetime) -> dict[int, int]:
        """Raise an alert for each review and block; alert ids by transaction id."""
        chosen = [index for index, decision in enumerate(self.decisions) if decision.outcome != Outcome.APPROVE]
        if not chosen:
            return {}
        made = [self.alert(index, self.decisions[index], at) for index in chosen]
        vectors = [] if self.matrix is None else [self.matrix[index] for index in chosen]
        if explanations.attach(made, self.version, vectors):
            dispatch.on_commit("detection.tasks.explain_batch", self.transactions[0].batch_id)
        raised = Alert.objects.bulk_create(made)
        record_many(actor=system_actor("assess"), entries=[entry for each in raised for entry in _entries(each)])
        hooks.gather(raised)
        return {each.transaction_id: each.pk for each in raised}

    def alert(self, index: int, decision: Decision, at: datetime) -> Alert:
        row = self.transactions[index]
        feature_set = self.version.feature_set if self.version else ""
        vector = None if self.matrix is None else self.matrix[index]
        past = self.columns.history
        history = None if past is None else {name: int(values[index]) for name, values in past.items()}
        kept = snap.snapshot(row, self.source, feature_set, vector, history)
        return Alert(
            transaction=row, account=row.account, typology=decision.typology, outcome=decision.outcome,
            score=decision.score, rule_version_id=next(iter(snap.fired_ids(decision)), None),
            model_version=self.version, parameters=snap.parameters(decision, self.version), snapshot=kept,
            snapshot_digest=snap.digest(kept), reasons=list(decision.reasons), created_at=at,
        )  # fmt: skip


def _entries(alert: Alert) -> list[Entry]:
    """What the ledger keeps of an alert: the decision on the transaction, and the alert with its evidence."""
    why = {
        "score": None if alert.score is None else repr(alert.score),
        "rule_versions": [rule["version"] for rule in alert.parameters["rules"]],
        "model_version": alert.model_version_id,
        "reasons": alert.reasons,
    }
    evidence = {
        "transaction": alert.transaction_id, "account": alert.account_id, "typology": str(alert.typology),
        "outcome": str(alert.outcome), "snapshot_digest": alert.snapshot_digest,
        "parameters_digest": snap.digest(alert.parameters),
        "explanation_digest": snap.digest(alert.explanation) if alert.explanation else None,
    }  # fmt: skip
    return [
        Entry(f"transaction.{Outcome(alert.outcome).value}", alert.transaction, why),
        Entry("alert.raise", alert, why | evidence),
    ]
