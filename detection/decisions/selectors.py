"""What was decided, read back from what `assess` kept: the same for a new transaction and for one known for years."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F
from django.db.models.fields.json import KeyTextTransform

from finobs.core import access
from finobs.core.errors import NotFound
from transactions.models import Source
from transactions.services import RowResult

from .. import features
from ..choices import Outcome
from ..decision import Evidence, LiveRule
from ..models import Assessment, RuleVersion
from ..snapshot import fired_ids

CHUNK = 900


class Kept(NamedTuple):
    """One row of the query below, in its order."""

    transaction_id: int
    outcome: str
    score: float | None
    fired: list[int]
    assessed_at: datetime
    external_id: str
    account_id: int
    batch_id: int
    source: str
    model_version_id: int | None
    model_kind: str | None
    model_number: int | None
    feature_set: str | None
    feature_digest: str | None
    threshold: float | None
    sha256: str | None
    alert_id: int | None
    typology: str | None
    reasons: list[str] | None


COLUMNS = (
    "transaction_id", "outcome", "score", "fired", "assessed_at", "transaction__external_id",
    "transaction__account_id", "transaction__batch_id", "transaction__source__slug", "model_version_id",
    "model_version__kind", "model_version__number", "model_version__feature_set", "digest",
    "model_version__threshold", "model_version__sha256", "transaction__alert__id", "transaction__alert__typology",
    "transaction__alert__reasons",
)  # fmt: skip


def decision_get(user: Any, transaction_id: int) -> dict[str, Any]:
    """The decision on one transaction. Raises NotAllowed for who may not bring transactions in, NotFound."""
    found = decisions_of(user, [transaction_id]).get(transaction_id)
    if found is None:
        raise NotFound
    return found


def decisions_of(user: Any, transaction_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """The decisions on these transactions, whole: whoever may bring a transaction in is told why it was decided so.

    Who may: `transaction:create`, as far as they may see the transactions.
    """
    access.require(user, "decide", Assessment)
    visible = access.restrict(Assessment.objects.all(), user, "view")
    visible = visible.annotate(digest=KeyTextTransform("feature_digest", F("model_version__parameters")))
    rows: list[Kept] = []
    ids = sorted(transaction_ids)
    for start in range(0, len(ids), CHUNK):
        found = visible.filter(pk__in=ids[start : start + CHUNK]).values_list(*COLUMNS)
        rows += [Kept(*row) for row in found]
    rules = _rules({pk for row in rows for pk in row.fired})
    return {row.transaction_id: _decision(row, rules) for row in rows}


def decision_told(row: RowResult, source: Source, batch_id: int, evidence: Evidence) -> dict[str, Any]:
    """What `decisions_of` will say of a row that was taken in just now, without asking the database.

    For the answer to whoever brought the row in: `ingest` has checked that they may.
    """
    decision, model = evidence.decision, evidence.model
    flagged = decision.outcome != Outcome.APPROVE
    of_model: tuple[Any, ...] = (None,) * 7
    if model is not None:
        digest = features.get(model.feature_set).digest
        of_model = (model.pk, model.kind, model.number, model.feature_set, digest, model.threshold, model.sha256)
    first = (row.transaction_id, decision.outcome.value, row.score, list(fired_ids(decision)), evidence.at)
    came = (row.external_id, row.account_id, batch_id, source.slug)
    why = (row.alert_id, decision.typology, list(decision.reasons)) if flagged else (None,) * 3
    kept = Kept._make((*first, *came, *of_model, *why))
    return _decision(kept, {rule.version_id: _rule(rule) for rule, _ in decision.fired})


def _rule(rule: LiveRule) -> dict[str, Any]:
    return {"version_id": rule.version_id, "rule": rule.slug, "number": rule.number, "typology": rule.typology}


def _rules(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What a decision says of each rule version."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = RuleVersion.objects.filter(pk__in=wanted).values_list("pk", "rule__slug", "number", "rule__typology")
    return {
        pk: {"version_id": pk, "rule": slug, "number": number, "typology": typology}
        for pk, slug, number, typology in rows
    }


def _decision(row: Kept, rules: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    reasons = row.reasons or []
    return {
        "transaction_id": row.transaction_id,
        "source": row.source,
        "external_id": row.external_id,
        "decision": row.outcome,
        "score": row.score,
        "typology": row.typology,
        "parts": _parts(row),
        # An alert's reasons begin with those of its rules, in their order.
        "rules": [rules[pk] | {"reason": words} for pk, words in zip(row.fired, reasons, strict=False)],
        "reasons": reasons,
        "model": _model(row),
        "alert_id": row.alert_id,
        "decided_at": row.assessed_at,
        "links": _links(row),
    }


def _parts(row: Kept) -> dict[str, str | None]:
    """What the rules demanded and what the model asked for. The decision is the more severe of the two."""
    if row.score is None or row.threshold is None:
        return {"rules": row.outcome, "model": None}
    model = Outcome.REVIEW if row.score >= row.threshold else Outcome.APPROVE
    return {"rules": row.outcome if row.fired else Outcome.APPROVE.value, "model": model.value}


def _model(row: Kept) -> dict[str, Any] | None:
    if row.model_version_id is None:
        return None
    return {
        "version_id": row.model_version_id, "model": f"{row.model_kind} v{row.model_number}",
        "feature_set": row.feature_set, "feature_digest": row.feature_digest, "threshold": row.threshold,
        "sha256": row.sha256,
    }  # fmt: skip


def _links(row: Kept) -> dict[str, str]:
    """Written out rather than reversed: ten thousand times reverse is a second."""
    links = {
        "decision": f"/api/v1/decisions/{row.transaction_id}",
        "transaction": f"/api/v1/transactions/{row.transaction_id}",
        "account": f"/api/v1/accounts/{row.account_id}",
        "batch": f"/api/v1/batches/{row.batch_id}",
    }
    if row.model_version_id is not None:
        links["model"] = f"/api/v1/models/{row.model_version_id}"
    if row.alert_id is not None:
        links["alert"] = f"/api/v1/alerts/{row.alert_id}"
    return links
