"""Grants on org units are given and taken."""

from __future__ import annotations

from django.contrib.auth.models import Group

from finobs.core import access, history
from finobs.core.errors import Invalid
from finobs.core.reads import first_or_not_found
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..models import OrgUnit, OrgUnitGroupGrant, OrgUnitUserGrant, User
from .grant_rules import grant_data, refuse_own_grant
from .locking import lock_principal
from .units import GRANTS


@service
def unit_grant(
    *, actor: User, unit: OrgUnit, principal: User | Group, action: str, version: int | None = None
) -> OrgUnit:
    """Let a person or a group view, work, lead, read_data or feed a unit and all below it.

    Who: user:role_assign, but not to themselves, nor to a group of theirs. Records: unit.grant. The unit is returned
    with its new version; given again, nothing happens. Raises: NotFound, NotAllowed, Invalid, Stale.
    """
    locked = _lock(actor, unit, action)
    refuse_own_grant(actor, principal)
    require_version(locked, version)
    if _holds(principal, action, locked):
        return locked
    access.grant(principal, action, locked)
    history.save(locked, actor=actor, reason=f"Grant given: {action} to {principal}", fields=())
    record(actor=actor, action="unit.grant", subject=locked, data=grant_data(principal, action))
    return locked


@service
def unit_revoke(
    *, actor: User, unit: OrgUnit, principal: User | Group, action: str, version: int | None = None
) -> OrgUnit:
    """Take a grant on a unit away. The unit is returned with its new version.

    Who: user:role_assign. Records: unit.revoke. Raises: NotFound, NotAllowed, Invalid, Stale.
    """
    locked = _lock(actor, unit, action)
    require_version(locked, version)
    if not _holds(principal, action, locked):
        return locked
    lock_principal(principal)
    access.revoke(principal, action, locked)
    history.save(locked, actor=actor, reason=f"Grant taken: {action} of {principal}", fields=())
    record(actor=actor, action="unit.revoke", subject=locked, data=grant_data(principal, action))
    return locked


def _lock(actor: User, unit: OrgUnit, action: str) -> OrgUnit:
    locked = first_or_not_found(OrgUnit.objects.select_for_update(of=("self",)).filter(pk=unit.pk))
    access.require(actor, "grant", locked)
    if action not in GRANTS:
        raise Invalid(fields={"action": [f"A grant is one of {', '.join(GRANTS)}."]})
    return locked


def _holds(principal: User | Group, action: str, unit: OrgUnit) -> bool:
    """Is this very grant given already, on this very unit?"""
    codename = f"{action}_{unit._meta.model_name}"
    if isinstance(principal, Group):
        shared = OrgUnitGroupGrant.objects.filter(content_object=unit, permission__codename=codename)
        return shared.filter(group=principal).exists()
    return OrgUnitUserGrant.objects.filter(content_object=unit, permission__codename=codename, user=principal).exists()
