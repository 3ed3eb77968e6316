"""What a decision says: the same of a transaction that was taken in just now and of one that is known for years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from transactions.models import Source
from transactions.services import RowResult

from .. import features
from ..choices import ModelRole, Outcome
from ..ml.explain.redaction import redact_reasons
from ..ml.scoring import MEMBER_COLUMNS
from ..models import ModelVersion
from ..pipeline.batch_assessment import APPROVED_DECISION, AssessmentContext
from ..pipeline.decision import ActiveRule, is_flagged
from ..pipeline.snapshot import fired_ids


class DecisionRow(NamedTuple):
    """What is read of one decision, in the order of the columns below."""

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
    anomaly_version_id: int | None
    anomaly_score: float | None
    if_score: float | None
    pca_error: float | None
    alert_id: int | None
    typology: str | None
    reasons: list[str] | None


COLUMNS = (
    "transaction_id", "outcome", "score", "fired", "assessed_at", "transaction__external_id",
    "transaction__account_id", "transaction__batch_id", "transaction__source__slug", "model_version_id",
    "anomaly_version_id", "anomaly_score", *MEMBER_COLUMNS, "transaction__alert__id", "transaction__alert__typology",
    "transaction__alert__reasons",
)  # fmt: skip


class VersionRow(NamedTuple):
    """What a decision says of a model version, in the order of the columns below."""

    version_id: int
    role: str
    kind: str
    number: int
    feature_set: str
    feature_digest: str | None
    threshold: float
    sha256: str


VERSION_COLUMNS = ("pk", "role", "kind", "number", "feature_set", "digest", "threshold", "sha256")


def fresh_decision(row: RowResult, source: Source, batch_id: int, evidence: AssessmentContext) -> dict[str, Any]:
    """What `decisions_of` will say of a row that was taken in just now, without asking the database.

    For the answer to whoever brought the row in: `ingest` has checked that they may.
    """
    assessment = evidence.assessment
    index = assessment.place(row.transaction_id or 0)
    decision = assessment.decisions.get(index, APPROVED_DECISION)
    flagged = decision.outcome != Outcome.APPROVE
    leading = assessment.primary.version.pk if assessment.primary else None
    anomaly = assessment.of_role(ModelRole.ANOMALY)
    unusual = (anomaly.version.pk, anomaly.scores[index]) if anomaly else (None, None)
    members = (anomaly.members[name][index] if anomaly and name in anomaly.members else None for name in MEMBER_COLUMNS)
    first = (row.transaction_id, decision.outcome.value, row.score, list(fired_ids(decision)), evidence.at)
    came = (row.external_id, row.account_id, batch_id, source.slug)
    why = (row.alert_id, decision.typology, list(decision.reasons)) if flagged else (None,) * 3
    decided = DecisionRow._make((*first, *came, leading, *unusual, *members, *why))
    rules = {rule.version_id: _rule(rule) for rule, _ in decision.fired}
    return decision_body(decided, rules, {each.version.pk: _version(each.version) for each in assessment.champions})


def _version(version: ModelVersion) -> VersionRow:
    digest = features.get(version.feature_set).digest
    own = (version.pk, version.role, version.kind, version.number, version.feature_set)
    return VersionRow(*own, digest, version.threshold, version.sha256)


def _rule(rule: ActiveRule) -> dict[str, Any]:
    return {"version_id": rule.version_id, "rule": rule.slug, "number": rule.number, "typology": rule.typology}


def decision_body(
    row: DecisionRow, rules: Mapping[int, dict[str, Any]], versions: Mapping[int, VersionRow]
) -> dict[str, Any]:
    """The decision as the API answers it; `rules` and `versions` by their ids."""
    if row.outcome == Outcome.APPROVE:
        # An alert of what was approved was raised later, when what came in late was known: no part of this decision.
        row = row._replace(alert_id=None, typology=None, reasons=None)
    reasons, models = row.reasons or [], _models(row, versions)
    return {
        "transaction_id": row.transaction_id,
        "source": row.source,
        "external_id": row.external_id,
        "decision": row.outcome,
        "score": row.score,
        "typology": row.typology,
        "parts": _parts(row, models),
        # An alert's reasons begin with those of its rules, in their order.
        "rules": [rules[pk] | {"reason": reason} for pk, reason in zip(row.fired, reasons, strict=False)],
        "reasons": reasons,
        "models": models,
        "alert_id": row.alert_id,
        "decided_at": row.assessed_at,
        "links": _links(row),
    }


def redact_decision(decision: dict[str, Any]) -> dict[str, Any]:
    """The decision for who may not see outcomes of the source's other transactions (`pipeline.clearance`)."""
    return decision | {"reasons": redact_reasons(decision["reasons"])}


def _parts(row: DecisionRow, models: Sequence[dict[str, Any]]) -> dict[str, str | None]:
    """What the rules demanded and what each model asked for. The decision is the most severe of them."""
    by_role: dict[str, str | None] = {model["role"]: model["decision"] for model in models}
    rules = row.outcome if row.fired or not models else Outcome.APPROVE.value
    return {"rules": rules} | {
        role: by_role.get(role) for role in (ModelRole.ANOMALY.value, ModelRole.SUPERVISED.value)
    }


def _models(row: DecisionRow, versions: Mapping[int, VersionRow]) -> list[dict[str, Any]]:
    """Each model that scored, the one whose score is shown first."""
    models = []
    if row.model_version_id is not None and row.model_version_id != row.anomaly_version_id:
        models.append(_model(versions[row.model_version_id], row.score))
    if row.anomaly_version_id is not None:
        members = {name: getattr(row, name) for name in MEMBER_COLUMNS} if row.if_score is not None else None
        models.append(_model(versions[row.anomaly_version_id], row.anomaly_score, members))
    return models


def _model(version: VersionRow, score: float | None, members: dict[str, float] | None = None) -> dict[str, Any]:
    flagged = score is not None and is_flagged(score, version.threshold)
    return {
        "version_id": version.version_id, "model": f"{version.kind} v{version.number}", "role": version.role,
        "feature_set": version.feature_set, "feature_digest": version.feature_digest,
        "threshold": version.threshold, "sha256": version.sha256, "score": score,
        "decision": (Outcome.REVIEW if flagged else Outcome.APPROVE).value, "members": members,
    }  # fmt: skip


def _links(row: DecisionRow) -> dict[str, str]:
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
