from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access, clock, history
from finobs.core.db.ids import reserve
from finobs.core.errors import Invalid
from finobs.core.plain_text import require_names
from finobs.core.service import service
from finobs.ledger.services import record
from transactions.models import Account, Customer

from ..choices import EntryCause, IncidentOrigin, PolicyKind
from ..models import Incident, Queue
from ..policies.gathering import Gathering
from ..policies.in_force import policy_in_force
from ..policies.programmes import typologies_in_use, typology_labels
from ..policies.shipped import GATHERING
from ..references import reference
from ..routing import serves
from .automatic_assignment import assign_new
from .gather_alerts import opening_data
from .item_priority import prioritise
from .note_add import add_note
from .queue_entries import enter_queue
from .sampling import is_drawn

MAX_TITLE_LENGTH = 200


@service
def incident_open(
    *, actor: User, queue: Queue, typology: str, title: str, text: str, account: Account | None = None,
    customer: Customer | None = None,
) -> Incident:  # fmt: skip
    """Open an incident by hand: what somebody saw, told to the queue that is to look at it.

    text: what was seen, kept as its first note. The queue serves the units of the account and of the customer.
    Who: work on the queue; and who may see the account and the customer.
    Records: incident.open, note.add, and incident.assign of what the policy gives to people.
    Raises: NotFound, NotAllowed, Invalid.
    """
    access.require(actor, "work", queue)
    for subject in (account, customer):
        if subject is not None:
            access.require(actor, "view", subject)
    title = require_names(title=title)["title"]
    wrong: dict[str, list[str]] = {}
    if not all(serves(queue, subject.unit_id) for subject in (account, customer) if subject is not None):
        wrong["queue"] = [f"{queue} does not serve the unit of what this is about."]
    if typology not in typologies_in_use():
        label = typology_labels().get(typology)
        refusal = f"“{label}” is not used for anything new." if label else f"There is no typology {typology!r}."
        wrong["typology"] = [refusal]
    if len(title) > MAX_TITLE_LENGTH:
        wrong["title"] = [f"At most {MAX_TITLE_LENGTH} characters; this has {len(title)}."]
    if wrong:
        raise Invalid(fields=wrong)
    incident = _incident(queue, typology, title, account, customer)
    history.save(incident, actor=actor, reason="Opened")
    enter_queue([incident], EntryCause.CHOSEN)
    record(actor=actor, action="incident.open", subject=incident, data=opening_data(incident))
    add_note(actor=actor, item=incident, text=text)
    assign_new([incident])
    return incident


def _incident(queue: Queue, typology: str, title: str, account: Account | None, customer: Customer | None) -> Incident:
    at = clock.now()
    subject = account or customer
    (number,) = reserve(Incident, 1)
    rule = Gathering(policy_in_force(PolicyKind.GATHERING, GATHERING).content)
    incident = Incident(
        pk=number, reference=reference("I", at.year, number), account=account, customer=customer, typology=typology,
        title=title, origin=IncidentOrigin.PERSON, queue=queue, unit_id=subject.unit_id if subject else queue.unit_id,
        first_at=at, last_at=at, opened_at=at, created_at=at, updated_at=at, is_sampled=is_drawn(rule.sampled_percent),
    )  # fmt: skip
    prioritise(incident, at)
    return incident
