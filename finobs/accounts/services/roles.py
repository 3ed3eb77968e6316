"""Roles are given and taken."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import Group

from finobs.core import access
from finobs.core.errors import NotAllowed
from finobs.core.service import service
from finobs.ledger.services import record

from ..choices import Ending
from ..models import User
from ..privilege_ceiling import require_may_give, require_reach
from .sessions import close_all, locked


@service
def role_assign(*, actor: User, user: User, roles: Collection[str]) -> User:
    """Make `roles` exactly the roles of `user`; their sessions end, so that it counts at once.

    Needs user:role_assign, every permission that the old and the new roles carry, and somebody else as `user`.
    Records user.role_assign with what was given and taken. Raises NotAllowed, NotFound, Invalid.
    """
    user = locked(user)
    access.require(actor, "assign_role", user)
    if actor.pk == user.pk:
        raise NotAllowed("Nobody changes their own roles: another administrator must.")
    require_reach(actor, user)
    require_may_give(actor, roles)
    before, after = set(user.roles), set(roles)
    if before == after:
        return user
    user._history_user = actor  # type: ignore[attr-defined]
    put_roles(user, after)
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])
    close_all(user, Ending.CHANGED)
    data = {"given": sorted(after - before), "taken": sorted(before - after), "roles": sorted(after)}
    record(actor=actor, action="user.role_assign", subject=user, data=data)
    return user


def put_roles(user: User, roles: Collection[str]) -> None:
    user.groups.set(Group.objects.filter(name__in=roles))
