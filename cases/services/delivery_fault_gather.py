from __future__ import annotations

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock, history
from finobs.core.service import service
from finobs.ledger.services import record
from transactions.models import Delivery, DeliveryFault

from ..choices import EntryCause, IncidentOrigin
from ..models import Incident
from ..policies.shipped import INCOMPLETE_DELIVERY
from ..workflow import WORKABLE
from .automatic_assignment import assign_new
from .incident_opening import MAX_TITLE_LENGTH, new_incident, save_new
from .routing_of_items import route


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
    if newest is None or newest.status not in WORKABLE:
        incident = _open(actor, fault.delivery, newest)
    else:
        incident = newest
        incident.last_at = incident.updated_at = at
        history.save(incident, actor=actor, reason="Fault added", fields=["last_at", "updated_at"])
    data = {"fault": str(fault.pk), "kind": str(fault.kind)}
    record(actor=actor, action="incident.fault_add", subject=incident, data=data)
    return incident


def _open(actor: User, delivery: Delivery, predecessor: Incident | None) -> Incident:
    incident = new_incident(
        delivery=delivery, typology=INCOMPLETE_DELIVERY, title=str(delivery)[:MAX_TITLE_LENGTH],
        origin=IncidentOrigin.DELIVERY, unit_id=delivery.schedule.source.unit_id, predecessor=predecessor,
    )  # fmt: skip
    (version_id,) = route([incident])
    save_new(incident, actor=actor, cause=EntryCause.ROUTED, routing_version_id=version_id)
    assign_new([incident])
    return incident
