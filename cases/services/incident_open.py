from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import Invalid
from finobs.core.plain_text import require_names
from finobs.core.service import service
from transactions.models import Account, Customer

from ..choices import EntryCause, IncidentOrigin
from ..models import Incident, Queue
from ..policies.programmes import typologies_in_use, typology_labels
from ..routing import serves
from .automatic_assignment import assign_new
from .incident_opening import MAX_TITLE_LENGTH, new_incident, save_new
from .note_add import add_note


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
    subject = account or customer
    incident = new_incident(
        account=account, customer=customer, typology=typology, title=title, origin=IncidentOrigin.PERSON, queue=queue,
        unit_id=subject.unit_id if subject else queue.unit_id,
    )  # fmt: skip
    save_new(incident, actor=actor, cause=EntryCause.CHOSEN)
    add_note(actor=actor, item=incident, text=text)
    assign_new([incident])
    return incident
