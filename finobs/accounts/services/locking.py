"""The lock on whoever's authority changes: whoever acts for them meanwhile waits for it, or is waited for."""

from __future__ import annotations

from django.contrib.auth.models import Group

from finobs.core import authority

from ..models import User


def lock_user(user: User) -> User:
    """The row of `user`, held until the transaction ends: changes to one person happen one after another.

    Taken before anything that takes authority away (roles, grants, sessions, tokens), too: see `core.authority`.
    """
    # Not their key: rows that only refer to them do not wait.
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    authority.settle(locked.pk)
    return locked


def lock_principal(principal: User | Group) -> None:
    """The same for everybody in a group, before the group loses a grant. In the order of their keys: no deadlock."""
    if isinstance(principal, User):
        lock_user(principal)
        return
    members = User.objects.filter(groups=principal).order_by("pk")
    for pk in members.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True):
        authority.settle(pk)
