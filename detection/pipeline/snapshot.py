"""What an alert keeps so that it can be raised again (REG-29): its input and the versions, as canonical text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from finobs.core import money
from finobs.ledger.canonical import canonical
from finobs.ledger.services import timestamp
from transactions.attributes import attribute_texts
from transactions.models import Source, Transaction

from .. import features
from ..ml.scoring import ModelScores
from ..models import ModelVersion
from .decision import Decision, ModelVote


def input_snapshot(
    row: Transaction, source: Source, vectors: Mapping[str, Any], history: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """The transaction's fields, and, for models that looked at it, the feature vector and the whole numbers of the
    history that it was made from. `vectors`: by feature set, that of the score that is shown first; models in force
    look at one and the same set but for the time in which one of them is replaced."""
    first, *others = vectors or ("",)
    past: dict[str, Any] = {"history": {name: str(value) for name, value in history.items()}} if history else {}
    if others:
        past["more_features"] = {name: _features(name, vectors) for name in others}
    return past | {
        "transaction": {
            "id": row.pk,
            "source": source.slug,
            "external_id": row.external_id,
            "digest": bytes(row.digest).hex(),
            "account": row.account.external_id,
            "counterparty": row.counterparty.external_id if row.counterparty_id and row.counterparty else None,
            "occurred_at": timestamp(row.occurred_at),
            "received_at": timestamp(row.received_at),
            "amount": money.text(row.amount_minor, row.currency),
            "amount_minor": str(row.amount_minor),
            "currency": row.currency,
            "direction": str(row.direction),
            "channel": row.channel,
            "country": row.country,
            **_attributes(row),
        },
        "feature_set": first or None,
        "features": _features(first, vectors) if first else {},
    }


def _attributes(row: Transaction) -> dict[str, Any]:
    """As rules look at them; nothing of a row that has none, as of every row of before there were any."""
    texts = attribute_texts(row.attributes)
    return {"attributes": texts} if texts else {}


def _features(feature_set: str, vectors: Mapping[str, Any]) -> dict[str, str | None]:
    return features.as_text(features.get(feature_set).names, vectors[feature_set])


def features_of(snapshot: Mapping[str, Any], feature_set: str) -> dict[str, str | None]:
    """What a snapshot keeps of a feature set. Raises KeyError."""
    is_first = snapshot["feature_set"] == feature_set
    texts: dict[str, str | None] = snapshot["features"] if is_first else snapshot["more_features"][feature_set]
    return texts


def snapshot_digest(snapshot: dict[str, Any]) -> str:
    """SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(snapshot)).hexdigest()


def parameter_snapshot(decision: Decision, champions: Sequence[ModelScores], index: int) -> dict[str, Any]:
    """Of every rule version that fired, of every model that scored, and of what came in late, if that is why."""
    late = {} if decision.late is None else {"late": dict(decision.late)}
    return late | {
        "rules": [_rule(rule) for rule, _ in decision.fired],
        "models": [_model(each.version, each.scores[index]) for each in champions],
    }


def _rule(rule: Any) -> dict[str, Any]:
    return {
        "version": rule.version_id, "rule": rule.slug, "number": rule.number, "kind": rule.kind,
        "typology": rule.typology, "parameters": dict(rule.parameters),
    }  # fmt: skip


def _model(version: ModelVersion, score: float) -> dict[str, Any]:
    return {
        "version": version.pk, "model": str(version), "role": str(version.role), "sha256": version.sha256,
        "feature_set": version.feature_set, "threshold": repr(version.threshold), "score": repr(score),
        "is_flagged": ModelVote.of(version, score).is_flagged,
    }  # fmt: skip


def fired_ids(decision: Decision) -> Sequence[int]:
    return [rule.version_id for rule, _ in decision.fired]
