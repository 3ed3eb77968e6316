from __future__ import annotations

from django.contrib.auth.models import Group

from finobs.accounts.models import User
from finobs.accounts.services import lock_principal
from finobs.core import access
from finobs.core.errors import Invalid, NotAllowed
from finobs.core.service import service
from finobs.ledger.services import record

from ..models import Queue
from ..policy import VIEW_GRANTS


@service
def queue_grant(*, actor: User, queue: Queue, principal: User | Group, action: str) -> None:
    """Let a person or a group view, work or lead a queue.

    Who: user:role_assign, but not to themselves, nor to a group of theirs. Records: queue.grant.
    Raises: NotFound, NotAllowed, Invalid.
    """
    _checked(actor, queue, principal, action)
    own = actor.groups.filter(pk=principal.pk).exists() if isinstance(principal, Group) else principal.pk == actor.pk
    # SEC-12: who may give grants must not reach the cases of every queue by giving one to themselves.
    if own:
        raise NotAllowed("Nobody gives a grant to themselves.")
    access.grant(principal, action, queue)
    record(actor=actor, action="queue.grant", subject=queue, data=_data(principal, action))


@service
def queue_revoke(*, actor: User, queue: Queue, principal: User | Group, action: str) -> None:
    """Take a grant on a queue away.

    Who: user:role_assign. Records: queue.revoke. Raises: NotFound, NotAllowed, Invalid.
    """
    _checked(actor, queue, principal, action)
    lock_principal(principal)
    access.revoke(principal, action, queue)
    record(actor=actor, action="queue.revoke", subject=queue, data=_data(principal, action))


def _checked(actor: User, queue: Queue, principal: User | Group, action: str) -> None:
    access.require(actor, "grant", queue)
    if action not in VIEW_GRANTS:
        raise Invalid(fields={"action": [f"A grant is one of {', '.join(VIEW_GRANTS)}."]})


def _data(principal: User | Group, action: str) -> dict[str, str]:
    kind = "group" if isinstance(principal, Group) else "user"
    return {"grant": action, "principal_type": kind, "principal": str(principal.pk), "name": str(principal)}
