from __future__ import annotations

from typing import Any, Final

from approvals.selectors import pending_same
from finobs.accounts.models import User
from finobs.core import access, gate
from finobs.core.errors import ApprovalRequired
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..choices import IncidentStatus
from ..models import Incident
from . import item_locking
from .conclusion import CONCLUSION_FIELDS, add_labels, conclude, conclusion, conclusion_data
from .queue_entries import leave_queue

CLOSE_INCIDENT_ACTION: Final = "cases.close_incident"


@service
def incident_close(
    *, actor: User, item: Incident, disposition: str, reason_code: str, rationale: str, version: int | None = None
) -> Incident:
    """End the triage of an incident with a conclusion, which labels the transactions of its alerts.

    A share of the incidents, drawn when they were opened (the policy of gathering), is closed only once a lead has
    approved. Who: work on its queue, while nobody else holds it. Gate: cases.close_incident, of those. Records:
    incident.close, or approval.request. Raises: NotFound, NotAllowed, InvalidTransition, Invalid, Stale, Conflict when
    somebody else holds it, and ApprovalRequired of the share.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "work", locked)
    payload = conclusion(locked, disposition=disposition, reason_code=reason_code, rationale=rationale)
    if locked.status == IncidentStatus.AWAITING_APPROVAL:
        pending = pending_same(actor, action=CLOSE_INCIDENT_ACTION, subject=locked, payload=payload)
        if pending is not None:
            raise ApprovalRequired(pending.pk, "This already waits for approval.")
    item_locking.check("close", item=locked, actor=actor, lease=item_locking.lease_of(locked))
    require_version(locked, version)
    if locked.is_sampled:
        gate.require_approval(actor=actor, action=CLOSE_INCIDENT_ACTION, subject=locked, payload=payload)
    return close(actor, locked, payload)


def close(actor: User, incident: Incident, payload: dict[str, str]) -> Incident:
    """Close a locked incident, which was checked."""
    conclude(incident, payload, action="close")
    item_locking.save(incident, actor=actor, reason="Closed", fields=CONCLUSION_FIELDS)
    item_locking.end_lease(incident)
    leave_queue(incident)
    data: dict[str, Any] = {**conclusion_data(incident, payload), "labels": add_labels(actor, incident)}
    record(actor=actor, action="incident.close", subject=incident, data=data)
    return incident
