"""What holds of every grant, on whatever it hangs."""

from __future__ import annotations

from django.contrib.auth.models import Group

from finobs.core.errors import NotAllowed

from ..models import User


def refuse_own_grant(actor: User, principal: User | Group) -> None:
    """Raise NotAllowed for a grant to oneself, or to a group of one's own.

    SEC-12: who may give grants must not reach the cases of every queue, or the data of every entity, by giving one.
    """
    own = actor.groups.filter(pk=principal.pk).exists() if isinstance(principal, Group) else principal.pk == actor.pk
    if own:
        raise NotAllowed("Nobody gives a grant to themselves.")


def grant_data(principal: User | Group, action: str) -> dict[str, str]:
    """What an event says of a grant that was given or taken."""
    kind = "group" if isinstance(principal, Group) else "user"
    return {"grant": action, "principal_type": kind, "principal": str(principal.pk), "name": str(principal)}
