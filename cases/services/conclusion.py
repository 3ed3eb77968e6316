"""What incidents and cases end with: a disposition, a reason code that goes with it, and why; and labels of it.

However an item comes to be closed (by its triage, many at once, or as approved), it is closed by `conclude`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from detection.alerts.queries import transactions_named
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import Invalid
from finobs.core.reasons import why_not_reason
from finobs.core.text import clean
from finobs.ledger.services import record
from transactions.choices import LabelOrigin
from transactions.services import label_add

from ..models import CaseAlert, WorkItem
from ..policies.programmes import is_suspicious, labels, programme_of, reasons_by_disposition
from ..workflow import target
from . import item_locking
from .queue_entries import leave_queue
from .text_digests import rationale_digest

MIN_RATIONALE_LENGTH: Final = 10
MAX_RATIONALE_LENGTH: Final = 10_000
CONCLUSION_FIELDS: Final = ("disposition", "reason_code", "rationale", "status", "closed_at", "concluded_by_version")


def conclusion(item: WorkItem, *, disposition: str, reason_code: str, rationale: str) -> dict[str, str]:
    """What is concluded of `item`, checked against the words of its programme. Raises Invalid."""
    programme = programme_of(item.typology)
    reasons = reasons_by_disposition(programme)
    fields: dict[str, list[str]] = {}
    if disposition not in reasons:
        fields["disposition"] = ["Choose what you conclude."]
    elif reason_code not in {row["code"] for row in reasons[disposition]}:
        is_one = reason_code in labels(programme, "reason_codes")
        fields["reason_code"] = ["This reason does not go with that conclusion." if is_one else "Choose a reason."]
    if refusal := why_not_reason(rationale, min_length=MIN_RATIONALE_LENGTH, max_length=MAX_RATIONALE_LENGTH):
        fields["rationale"] = [refusal]
    if fields:
        raise Invalid(fields=fields)
    return {"disposition": disposition, "reason_code": reason_code, "rationale": clean(rationale, multiline=True)}


def conclude(actor: User, item: WorkItem, payload: Mapping[str, str], *, step: str, approval: str = "") -> None:
    """Close a locked item, of which was checked that it can be: nobody holds it, it lies in no queue, and its alerts'
    transactions are labelled.

    step: of the workflow table. approval: the key of the one it was closed by. Records: case.close, incident.close.
    """
    for name, value in payload.items():
        setattr(item, name, value)
    item.status, item.closed_at = target(step, item.status, item.KIND), clock.now()
    item.concluded_by_version_id = programme_of(item.typology).version_id
    item_locking.save(item, actor=actor, reason="Closed", fields=CONCLUSION_FIELDS)
    item_locking.end_lease(item)
    leave_queue(item)
    by = {"approval": approval} if approval else {}
    data: dict[str, Any] = {**_conclusion_data(item, payload), **by, "labels": _add_labels(actor, item)}
    record(actor=actor, action=f"{item.KIND}.close", subject=item, data=data)


def _conclusion_data(item: WorkItem, payload: Mapping[str, str]) -> dict[str, str]:
    """What events say of a conclusion: its words of the programme, and a digest of its rationale."""
    codes = {name: payload[name] for name in ("disposition", "reason_code")}
    return codes | {"rationale_digest": rationale_digest(item, payload["rationale"])}


def _add_labels(actor: User, item: WorkItem) -> dict[str, Any]:
    """Write down, for the transactions of the alerts that lie in the item now, what was concluded of it.

    Returns what the event says of it.
    """
    assert item.closed_at is not None
    # Said of the alerts' own transactions only, never of everything that lay in the item.
    suspicious = is_suspicious(programme_of(item.typology), item.disposition)
    alerts = CaseAlert.objects.filter(**{item.KIND: item})
    own = alerts.filter(alert__transaction__isnull=False).values_list("alert__transaction_id", flat=True)
    # And of those that other systems raised: the transactions that they name.
    named = transactions_named(alerts.filter(alert__transaction=None).values_list("alert_id", flat=True))
    concluded = label_add(
        actor=actor, transactions=[*own, *named], origin=LabelOrigin.CASE,
        is_suspicious=suspicious, known_at=item.closed_at, typology=item.typology if suspicious else "",
    )  # fmt: skip
    return {"is_suspicious": suspicious, "transactions": [str(pk) for pk in concluded]}
