"""What an alert keeps so that it can be raised again (REG-29): its input and the versions, as canonical text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from finobs.core import money
from finobs.ledger.canonical import canonical
from finobs.ledger.services import timestamp
from transactions.models import Source, Transaction

from . import features
from .decision import Decision
from .models import ModelVersion


def snapshot(
    row: Transaction, source: Source, feature_set: str, vector: Any, history: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """The transaction's fields, and, if a model looked at it, the feature vector and the whole numbers of the history
    that it was made from."""
    names = features.get(feature_set).names if feature_set else ()
    past = {"history": {name: str(value) for name, value in history.items()}} if history else {}
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
        },
        "feature_set": feature_set or None,
        "features": features.as_text(names, vector) if feature_set else {},
    }


def digest(kept: dict[str, Any]) -> str:
    """SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(kept)).hexdigest()


def parameters(decision: Decision, version: ModelVersion | None) -> dict[str, Any]:
    """Of every rule version that fired, and of the model that scored."""
    return {"rules": [_rule(rule) for rule, _ in decision.fired], "model": version and _model(version)}


def _rule(rule: Any) -> dict[str, Any]:
    return {
        "version": rule.version_id, "rule": rule.slug, "number": rule.number, "kind": rule.kind,
        "typology": rule.typology, "parameters": dict(rule.parameters),
    }  # fmt: skip


def _model(version: ModelVersion) -> dict[str, Any]:
    return {
        "version": version.pk, "model": str(version), "sha256": version.sha256,
        "feature_set": version.feature_set, "threshold": repr(version.threshold),
    }  # fmt: skip


def fired_ids(decision: Decision) -> Sequence[int]:
    return [rule.version_id for rule, _ in decision.fired]
