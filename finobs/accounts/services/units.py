"""Org units: made, changed, moved, closed and opened again."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ValidationError

from finobs.core import access, authority, history
from finobs.core.errors import Invalid, NotAllowed
from finobs.core.plain_text import require_names
from finobs.core.reads import first_or_not_found
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from .. import unit_contents
from ..choices import UnitKind
from ..models import OrgUnit, OrgUnitGroupGrant, OrgUnitUserGrant, User
from ..org_units import ROOT_ID
from ..unit_tree import add_to_tree, ancestor_ids, descendant_ids, lock_tree, move_in_tree

UNIT_FIELDS: Final = ("name", "kind", "parent")
GRANTS: Final = ("view", "work", "lead", "read_data", "feed")


@service
def unit_create(*, actor: User, code: str, name: str, kind: str, parent: OrgUnit) -> OrgUnit:
    """Make a unit below `parent`. Who: system:config. Records: unit.create. Raises: NotAllowed, Invalid."""
    access.require(actor, "create", OrgUnit)
    lock_tree()
    unit = OrgUnit(code=code, name=name, kind=kind, parent=_parent(parent))
    _check(unit)
    history.save(unit, actor=actor)
    add_to_tree(unit)
    record(actor=actor, action="unit.create", subject=unit, data=_data(unit))
    return unit


@service
def unit_change(*, actor: User, unit: OrgUnit, version: int | None = None, **fields: Any) -> OrgUnit:
    """Change a unit's name or kind, or move it, with all below it, to another parent. Its code stays.

    What it was in before reaches it no more, and what it comes into does. Who: system:config; nobody moves a unit to
    where their own grants reach it. Records: unit.change. Raises: NotFound, NotAllowed, Invalid, Stale.
    """
    lock_tree()
    unit = _lock(actor, unit, version)
    if unknown := sorted(set(fields) - set(UNIT_FIELDS)):
        raise Invalid(fields={each: ["This cannot be changed."] for each in unknown})
    before = _data(unit)
    left = ancestor_ids(unit.pk)
    for field, value in fields.items():
        setattr(unit, field, value)
    _check(unit)
    if _data(unit) == before:
        return unit
    if before["parent"] != _data(unit)["parent"]:
        _check_move(actor, unit, left)
        _lock_holders(left)
        move_in_tree(unit)
    history.save(unit, actor=actor)
    record(actor=actor, action="unit.change", subject=unit)
    return unit


@service
def unit_deactivate(*, actor: User, unit: OrgUnit, reason: str, version: int | None = None) -> OrgUnit:
    """Close a unit in which nothing active hangs: no unit, source, queue or open case. What is in it stays readable.

    Who: system:config. Records: unit.deactivate. Raises: NotFound, NotAllowed, Invalid, Stale.
    """
    lock_tree()
    unit = _lock(actor, unit, version)
    reason = require_reason(reason)
    if unit.pk == ROOT_ID:
        raise Invalid("The organisation itself is not closed.")
    if not unit.is_active:
        return unit
    units = OrgUnit.objects.filter(parent=unit, is_active=True).count()
    contents = ([f"{units} units"] if units else []) + unit_contents.in_use(unit.pk)
    if contents:
        raise Invalid(f"{unit} is in use: {', '.join(contents)}. Close or move them first.")
    return _set_active(actor, unit, False, "unit.deactivate", reason)


@service
def unit_reactivate(*, actor: User, unit: OrgUnit, reason: str, version: int | None = None) -> OrgUnit:
    """Open a closed unit again. Who: system:config. Records: unit.reactivate. Raises as `unit_deactivate`."""
    lock_tree()
    unit = _lock(actor, unit, version)
    reason = require_reason(reason)
    if unit.is_active:
        return unit
    if unit.parent is not None and not unit.parent.is_active:
        raise Invalid(f"{unit.parent}, which it is in, is closed.")
    return _set_active(actor, unit, True, "unit.reactivate", reason)


def require_no_gain(actor: User, before: int | None, after: int) -> None:
    """Raise NotAllowed where something that goes from one unit to another would come within the actor's own grants.

    Whoever may move things would give themselves grants by it (SEC-12). before: None for what was nowhere.
    """
    if access.is_unbounded(actor):
        return
    for grant in GRANTS:
        reached = access.granted_ids(actor, OrgUnit, [grant], is_relied_on=False)
        if after in reached and before is not None and before not in reached:
            raise NotAllowed("Nobody moves anything to where their own grants reach it: somebody else must.")


def require_open(unit: OrgUnit, field: str = "unit") -> OrgUnit:
    """Raise Invalid for a unit that is closed: nothing comes into it."""
    if not unit.is_active:
        raise Invalid(fields={field: [f"{unit} is closed."]})
    return unit


def _lock(actor: User, unit: OrgUnit, version: int | None) -> OrgUnit:
    locked = first_or_not_found(OrgUnit.objects.select_for_update(of=("self",)).filter(pk=unit.pk))
    access.require(actor, "change", locked)
    require_version(locked, version)
    return locked


def _parent(parent: OrgUnit) -> OrgUnit:
    """As it is now that the tree is locked."""
    return require_open(first_or_not_found(OrgUnit.objects.filter(pk=parent.pk)), "parent")


def _check(unit: OrgUnit) -> None:
    unit.name = require_names(name=unit.name)["name"]
    try:
        unit.clean_fields(exclude=["parent"])
        unit.validate_unique()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from None
    if unit.pk == ROOT_ID:
        if unit.parent_id is not None or unit.kind != UnitKind.ORGANISATION:
            raise Invalid("The organisation is the root of the tree: only its name changes.")
    elif unit.kind == UnitKind.ORGANISATION:
        raise Invalid(fields={"kind": ["There is one organisation, and all others are in it."]})
    elif unit.parent_id is None:
        raise Invalid(fields={"parent": ["Say which unit it is in."]})


def _check_move(actor: User, unit: OrgUnit, left: set[int]) -> None:
    assert unit.parent is not None, "_check has refused it"
    parent, below = _parent(unit.parent), descendant_ids(unit.pk)
    if parent.pk in below:
        raise Invalid(fields={"parent": [f"{parent} is in {unit}: a unit cannot be in itself."]})
    require_no_gain(actor, unit.pk, parent.pk)
    if why_not := unit_contents.why_not_move(below, left - below - ancestor_ids(parent.pk)):
        raise Invalid(fields={"parent": [why_not]})


def _lock_holders(units: set[int]) -> None:
    """Whoever holds a grant on one of these units may lose what it reached: in the order of their keys, no deadlock."""
    own = OrgUnitUserGrant.objects.filter(content_object__in=units).values("user_id")
    groups = OrgUnitGroupGrant.objects.filter(content_object__in=units).values("group_id")
    members = User.groups.through.objects.filter(group_id__in=groups).values("user_id")
    holders = User.objects.filter(pk__in=own.union(members).values_list("user_id", flat=True)).order_by("pk")
    for pk in holders.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True):
        authority.settle(pk)


def _set_active(actor: User, unit: OrgUnit, is_active: bool, action: str, reason: str) -> OrgUnit:
    unit.is_active = is_active
    history.save(unit, actor=actor, reason=reason, fields=["is_active"])
    record(actor=actor, action=action, subject=unit, data={"reason": reason})
    return unit


def _data(unit: OrgUnit) -> dict[str, Any]:
    parent = None if unit.parent_id is None else str(unit.parent_id)
    return {"code": unit.code, "name": unit.name, "kind": str(unit.kind), "parent": parent}
