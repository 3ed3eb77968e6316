"""What was decided, read back from what `assess` kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import F
from django.db.models.fields.json import KeyTextTransform

from finobs.core import access
from finobs.core.errors import NotFound

from ..ml.explain.outcome_phrases import tells_of_outcomes
from ..models import Assessment, ModelVersion, RuleVersion
from ..pipeline.clearance import OutcomeClearance
from .answer import COLUMNS, VERSION_COLUMNS, DecisionRow, VersionRow, decision_body, redact_decision

CHUNK = 900


def decision_get(user: Any, transaction_id: int) -> dict[str, Any]:
    """The decision on one transaction. Raises NotAllowed for who may not bring transactions in, NotFound."""
    decision = decisions_of(user, [transaction_id]).get(transaction_id)
    if decision is None:
        raise NotFound
    return decision


def decisions_of(user: Any, transaction_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """The decisions on these transactions: whoever may bring a transaction in is told why it was decided so, but for
    what rests on outcomes of others, unless they may see those.

    Who may: `transaction:create`, with a grant to feed the source's unit.
    """
    access.require(user, "decide", Assessment)
    visible = access.restrict(Assessment.objects.all(), user, "decide")
    rows: list[DecisionRow] = []
    ids = sorted(transaction_ids)
    for start in range(0, len(ids), CHUNK):
        chunk = visible.filter(pk__in=ids[start : start + CHUNK]).values_list(*COLUMNS)
        rows += [DecisionRow(*row) for row in chunk]
    rules = _rules({pk for row in rows for pk in row.fired})
    versions = _versions({pk for row in rows for pk in (row.model_version_id, row.anomaly_version_id) if pk})
    return for_reader(user, {row.transaction_id: decision_body(row, rules, versions) for row in rows})


def for_reader(user: Any, decisions: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """The same without reasons that rest on outcomes which `user` may not see. Asks only where there are such."""
    clearance = OutcomeClearance(user)
    return {
        pk: redact_decision(each)
        if any(map(tells_of_outcomes, each["reasons"])) and not clearance.covers_slug(each["source"])
        else each
        for pk, each in decisions.items()
    }


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
