from __future__ import annotations

from django.contrib.auth.models import Group

from finobs.accounts.models import User
from finobs.accounts.services import grant_data, lock_principal, refuse_own_grant
from finobs.core import access, history
from finobs.core.errors import Invalid
from finobs.core.reads import first_or_not_found
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..models import Queue
from ..policy import VIEW_GRANTS


@service
def queue_grant(
    *, actor: User, queue: Queue, principal: User | Group, action: str, version: int | None = None
) -> Queue:
    """Let a person or a group view, work or lead a queue, which is returned with its new version.

    Who: user:role_assign, but not to themselves, nor to a group of theirs. Records: queue.grant.
    Raises: NotFound, NotAllowed, Invalid, Stale.
    """
    locked = _lock(actor, queue, action)
    refuse_own_grant(actor, principal)
    require_version(locked, version)
    access.grant(principal, action, locked)
    history.save(locked, actor=actor, reason=f"Grant given: {action} to {principal}", fields=())
    record(actor=actor, action="queue.grant", subject=locked, data=grant_data(principal, action))
    return locked


@service
def queue_revoke(
    *, actor: User, queue: Queue, principal: User | Group, action: str, version: int | None = None
) -> Queue:
    """Take a grant on a queue away. The queue is returned with its new version.

    Who: user:role_assign. Records: queue.revoke. Raises: NotFound, NotAllowed, Invalid, Stale.
    """
    locked = _lock(actor, queue, action)
    require_version(locked, version)
    lock_principal(principal)
    access.revoke(principal, action, locked)
    history.save(locked, actor=actor, reason=f"Grant taken: {action} of {principal}", fields=())
    record(actor=actor, action="queue.revoke", subject=locked, data=grant_data(principal, action))
    return locked


def _lock(actor: User, queue: Queue, action: str) -> Queue:
    locked = first_or_not_found(Queue.objects.select_for_update().filter(pk=queue.pk))
    access.require(actor, "grant", locked)
    if action not in VIEW_GRANTS:
        raise Invalid(fields={"action": [f"A grant is one of {', '.join(VIEW_GRANTS)}."]})
    return locked
