"""What was decided, read back from what `assess` kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import F
from django.db.models.fields.json import KeyTextTransform

from finobs.core import access
from finobs.core.errors import NotFound

from ..models import Assessment, ModelVersion, RuleVersion
from .answer import COLUMNS, VERSION_COLUMNS, DecisionRow, VersionRow, decision_body

CHUNK = 900


def decision_get(user: Any, transaction_id: int) -> dict[str, Any]:
    """The decision on one transaction. Raises NotAllowed for who may not bring transactions in, NotFound."""
    decision = decisions_of(user, [transaction_id]).get(transaction_id)
    if decision is None:
        raise NotFound
    return decision


def decisions_of(user: Any, transaction_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """The decisions on these transactions, whole: whoever may bring a transaction in is told why it was decided so.

    Who may: `transaction:create`, as far as they may see the transactions.
    """
    access.require(user, "decide", Assessment)
    visible = access.restrict(Assessment.objects.all(), user, "view")
    rows: list[DecisionRow] = []
    ids = sorted(transaction_ids)
    for start in range(0, len(ids), CHUNK):
        chunk = visible.filter(pk__in=ids[start : start + CHUNK]).values_list(*COLUMNS)
        rows += [DecisionRow(*row) for row in chunk]
    rules = _rules({pk for row in rows for pk in row.fired})
    versions = _versions({pk for row in rows for pk in (row.model_version_id, row.anomaly_version_id) if pk})
    return {row.transaction_id: decision_body(row, rules, versions) for row in rows}


def _versions(ids: Iterable[int]) -> dict[int, VersionRow]:
    pks = list(ids)
    if not pks:
        return {}
    rows = ModelVersion.objects.filter(pk__in=pks)
    rows = rows.annotate(digest=KeyTextTransform("feature_digest", F("parameters")))
    return {row[0]: VersionRow(*row) for row in rows.values_list(*VERSION_COLUMNS)}


def _rules(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What a decision says of each rule version."""
    pks = list(ids)
    if not pks:
        return {}
    rows = RuleVersion.objects.filter(pk__in=pks).values_list("pk", "rule__slug", "number", "rule__typology")
    return {
        pk: {"version_id": pk, "rule": slug, "number": number, "typology": typology}
        for pk, slug, number, typology in rows
    }
