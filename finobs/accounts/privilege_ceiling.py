"""How far one person's power over others reaches: never beyond the permissions that they hold themselves (SEC-12).

Whoever could change somebody more powerful (their password, their address, their roles) could become them.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Permission

from finobs.core import access
from finobs.core.errors import Invalid, NotAllowed

from .choices import UserKind
from .models import User
from .roles import PERMISSIONS, ROLES


def permissions_held(user: User) -> frozenset[str]:
    """The named permissions that `user` may use now; for a scoped token, no more than its scopes."""
    return frozenset(name for name in PERMISSIONS if access.has_permission(user, name))


def permissions_carried(user: User) -> frozenset[str]:
    """The named permissions that the roles of `user` carry, active or not."""
    codenames = Permission.objects.filter(group__user=user, content_type__app_label="accounts")
    return frozenset(codenames.values_list("codename", flat=True))


def permissions_of_roles(roles: Iterable[str]) -> frozenset[str]:
    """Every permission that any of `roles` carries. Raises Invalid for a role that does not exist."""
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise Invalid("Some of these roles do not exist.", fields={"roles": [f"No such role: {unknown[0]}."]})
    return frozenset().union(*(ROLES[role] for role in roles))


def require_not_above(actor: User, target: User) -> None:
    """Raise NotAllowed unless `actor` holds whatever `target` could do."""
    if target.kind == UserKind.SYSTEM:
        raise NotAllowed("This is a part of finobs itself; nobody changes it.")
    # A command at the server acts as a part of finobs: whoever may start one needs no account to change things.
    unbounded = actor.kind == UserKind.SYSTEM or (actor.is_superuser and actor.token_scopes is None)
    if target.is_superuser and not unbounded:
        raise NotAllowed("Only a superuser may change a superuser.")
    if permissions_carried(target) - permissions_held(actor):
        raise NotAllowed("This person's roles carry permissions that you do not hold.")


def require_may_assign(actor: User, roles: Iterable[str]) -> None:
    """Raise NotAllowed unless `actor` may assign roles at all, and holds everything that `roles` carry."""
    permissions = permissions_of_roles(roles)
    access.require_permission(actor, "user:role_assign")
    if permissions - permissions_held(actor):
        raise NotAllowed("These roles carry permissions that you do not hold.")
