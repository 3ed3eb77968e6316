from __future__ import annotations

from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import Invalid
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..workflow import target
from . import item_locking
from .holding_limit import most_held, why_no_more
from .item_locking import I
from .text_digests import reason_digest

# Whoever is given work need not sit at the desk this minute: they get a day.
ASSIGNED_MINUTES = 24 * 60


@service
def item_assign(*, actor: User, item: I, to: User, reason: str, version: int | None = None) -> I:
    """Give an incident or a case to somebody, whoever holds it now.

    Who: lead on its queue. `to` must be a person who may work it, and who holds less than one person may.
    Records: case.assign, incident.assign.
    Raises: NotFound, NotAllowed, InvalidTransition, Invalid.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "lead", locked)
    lease = item_locking.lease_of(locked)
    item_locking.check("assign", item=locked, actor=actor, lease=lease)
    require_version(locked, version)
    reason = require_reason(reason)
    if to.kind != UserKind.HUMAN or not access.allowed(to, "work", locked):
        raise Invalid(fields={"to": [f"{to} may not work this {locked.KIND}."]})
    holds_it = lease is not None and lease.holder_id == to.pk
    if not holds_it and (why := why_no_more(to, most_held())):
        raise Invalid(fields={"to": [why]})
    before = locked.assignee_id
    item_locking.grant_lease(locked, to, minutes=ASSIGNED_MINUTES)
    locked.status, locked.assignee = target("assign", locked.status, locked.KIND), to
    item_locking.save(locked, actor=actor, reason=f"Assigned: {reason}", fields=["status", "assignee"])
    data = {"to": str(to.pk), "from": str(before) if before else None, "reason_digest": reason_digest(locked, reason)}
    record(actor=actor, action=f"{locked.KIND}.assign", subject=locked, data=data)
    return locked
