"""What opening an incident otherwise than by gathering alerts begins and ends with."""

from __future__ import annotations

from typing import Any, Final

from finobs.accounts.models import User
from finobs.core import clock, history
from finobs.core.db.ids import reserve
from finobs.ledger.services import record

from ..choices import PolicyKind
from ..models import Incident
from ..policies.gathering import Gathering
from ..policies.in_force import policy_in_force
from ..policies.shipped import GATHERING
from ..references import reference
from .gather_alerts import opening_data
from .item_priority import prioritise
from .queue_entries import enter_queue
from .sampling import is_drawn

MAX_TITLE_LENGTH: Final = 200


def new_incident(**fields: Any) -> Incident:
    """An incident of this moment, unsaved, with its key, reference and priority; drawn for the sample as others are."""
    at = clock.now()
    (number,) = reserve(Incident, 1)
    rule = Gathering(policy_in_force(PolicyKind.GATHERING, GATHERING).content)
    incident = Incident(
        pk=number, reference=reference("I", at.year, number), first_at=at, last_at=at, opened_at=at, created_at=at,
        updated_at=at, is_sampled=is_drawn(rule.sampled_percent), **fields,
    )  # fmt: skip
    prioritise(incident, at)
    return incident


def save_new(incident: Incident, *, actor: User, cause: str, routing_version_id: int | None = None) -> None:
    """Save a new incident that has a queue; `cause`: what brought it there. Records: incident.open."""
    history.save(incident, actor=actor, reason="Opened")
    enter_queue([incident], cause, [routing_version_id])
    record(actor=actor, action="incident.open", subject=incident, data=opening_data(incident))
