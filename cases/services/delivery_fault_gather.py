from __future__ import annotations

from datetime import datetime

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock, history
from finobs.core.db.ids import reserve
from finobs.core.service import service
from finobs.ledger.services import record
from transactions.models import Delivery, DeliveryFault

from ..choices import EntryCause, IncidentOrigin, PolicyKind
from ..models import Incident
from ..policies.gathering import Gathering
from ..policies.in_force import policy_in_force
from ..policies.shipped import GATHERING, INCOMPLETE_DELIVERY
from ..references import reference
from ..workflow import WORKABLE
from .automatic_assignment import assign_new
from .gather_alerts import opening_data
from .item_priority import prioritise
from .queue_entries import enter_queue
from .routing_of_items import route
from .sampling import is_drawn


@service
def delivery_fault_gather(*, fault: DeliveryFault) -> Incident:
    """Bring a new fault to triage: into the incident on its delivery that is being worked, or a new one.

    A new one is in the unit of the source, goes to the queue that routing says, and follows the one before it on the
    same delivery in that unit, which is finished or awaits approval. Faults that end do not close it: people say what
    became of it.
    Who: finobs itself, in the transaction that raises the fault, which holds the delivery.
    Records: incident.open, incident.fault_add, and incident.assign of what the policy gives to people.
    """
    actor, at = system_actor("watch-deliveries"), clock.now()
    unit_id = fault.delivery.schedule.source.unit_id
    rows = Incident.objects.filter(delivery=fault.delivery_id, unit=unit_id).order_by("-pk")
    newest = rows.select_for_update(of=("self",)).first()
    if newest is not None and newest.status in WORKABLE:
        incident = newest
        incident.last_at = incident.updated_at = at
        history.bulk_update([incident], fields=("last_at", "updated_at"), actor=actor, reason="Fault added")
    else:
        incident = _open(actor, fault.delivery, newest, at)
    data = {"fault": str(fault.pk), "kind": str(fault.kind)}
    record(actor=actor, action="incident.fault_add", subject=incident, data=data)
    assign_new([incident] if incident is not newest else [])
    return incident


def _open(actor: User, delivery: Delivery, predecessor: Incident | None, at: datetime) -> Incident:
    (number,) = reserve(Incident, 1)
    rule = Gathering(policy_in_force(PolicyKind.GATHERING, GATHERING).content)
    incident = Incident(
        pk=number, reference=reference("I", at.year, number), delivery=delivery, typology=INCOMPLETE_DELIVERY,
        title=str(delivery)[: Incident._meta.get_field("title").max_length], origin=IncidentOrigin.DELIVERY,
        unit_id=delivery.schedule.source.unit_id, predecessor=predecessor, first_at=at, last_at=at, opened_at=at,
        created_at=at, updated_at=at, is_sampled=is_drawn(rule.sampled_percent),
    )  # fmt: skip
    prioritise(incident, at)
    versions = route([incident])
    history.save(incident, actor=actor, reason="Opened")
    enter_queue([incident], EntryCause.ROUTED, versions)
    record(actor=actor, action="incident.open", subject=incident, data=opening_data(incident))
    return incident
