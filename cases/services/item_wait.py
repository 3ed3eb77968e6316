from __future__ import annotations

from datetime import datetime, timedelta

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.errors import Invalid
from finobs.core.plain_text import require_names
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record, timestamp

from ..workflow import target
from . import item_locking
from .item_locking import I

MAX_WAIT = timedelta(days=366)


@service
def item_wait(*, actor: User, item: I, waiting_for: str, until: datetime, version: int | None = None) -> I:
    """Let an incident or a case wait for something outside, until a moment at the latest; whoever holds it lets go.

    Who takes it goes on with it; `items_wake` puts it back to work when the moment has come. Who: work on its queue.
    Records: case.wait, incident.wait. Raises: NotFound, NotAllowed, InvalidTransition, Invalid, Stale, Conflict.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "work", locked)
    item_locking.check("wait", item=locked, actor=actor, lease=item_locking.lease_of(locked))
    require_version(locked, version)
    text = require_names(waiting_for=waiting_for)["waiting_for"]
    if len(text) > 200:
        raise Invalid(fields={"waiting_for": [f"At most 200 characters; this has {len(text)}."]})
    if not clock.now() < until <= clock.now() + MAX_WAIT:
        raise Invalid(fields={"until": ["A moment to come, within a year."]})
    locked.status = target("wait", locked.status, locked.KIND)
    locked.waiting_for, locked.waiting_until = text, until
    fields = ["status", "waiting_for", "waiting_until"]
    item_locking.save(locked, actor=actor, reason="Waiting", fields=fields)
    item_locking.end_lease(locked)
    record(actor=actor, action=f"{locked.KIND}.wait", subject=locked, data={"until": timestamp(until)})
    return locked
