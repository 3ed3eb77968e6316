"""Roles are given and taken."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import Group

from finobs.core import access, history
from finobs.core.errors import NotAllowed
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..choices import SessionEndReason, UserKind
from ..models import User
from ..privilege_ceiling import require_may_assign, require_not_above
from ..roles import STAFF_ROLES
from .locking import lock_user
from .sessions import end_sessions


@service
def role_assign(*, actor: User, user: User, roles: Collection[str], version: int | None = None) -> User:
    """Make `roles` exactly the roles of `user`; their sessions end, so that it counts at once.

    Whoever becomes an administrator may open the administration, and whoever no longer is one may not.
    Needs user:role_assign, every permission that the old and the new roles carry, and somebody else as `user`.
    Records user.role_assign with what was given and taken. Raises NotAllowed, NotFound, Invalid, Stale.
    """
    user = lock_user(user)
    access.require(actor, "assign_role", user)
    if actor.pk == user.pk:
        raise NotAllowed("Nobody changes their own roles: another administrator must.")
    # SEC-12: both what they have and what they get, or a role could be taken from somebody more powerful.
    require_not_above(actor, user)
    require_may_assign(actor, roles)
    require_version(user, version)
    before, after = set(user.roles), set(roles)
    if before == after:
        return user
    set_roles(user, after, actor=actor)
    if STAFF_ROLES & (before ^ after):
        user.is_staff = user.is_superuser or opens_admin(user.kind, after)
    user.session_epoch += 1
    history.save(user, actor=actor, fields=["session_epoch", "is_staff"])
    end_sessions(user, SessionEndReason.CHANGED)
    data = {"given": sorted(after - before), "taken": sorted(before - after), "roles": sorted(after)}
    record(actor=actor, action="user.role_assign", subject=user, data=data)
    return user


def opens_admin(kind: str, roles: Collection[str]) -> bool:
    """Do these roles alone let an account of this kind into the administration?"""
    return kind == UserKind.HUMAN and bool(STAFF_ROLES & set(roles))


def set_roles(user: User, roles: Collection[str], *, actor: User) -> None:
    history.set_members(user, "groups", Group.objects.filter(name__in=roles), actor=actor)
