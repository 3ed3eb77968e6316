"""What one may know of org units: those that one holds a grant on; all of them, for who configures them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet

from finobs.core import access
from finobs.core.errors import NotFound
from finobs.core.reads import first_or_not_found

from . import unit_contents
from .models import OrgUnit, OrgUnitGroupGrant, OrgUnitUserGrant


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit in its tree. depth: 0 for what is in no unit that is visible. contents: names and numbers of what hangs in
    it itself."""

    unit: OrgUnit
    depth: int
    contents: list[tuple[str, int]]
    children: list[UnitRow]


@dataclass(frozen=True, slots=True)
class UnitGrant:
    """Who holds what on a unit: `principal_type` is "user" or "group"."""

    principal_type: str
    principal: int
    name: str
    grant: str


def units_visible(user: Any) -> QuerySet[OrgUnit]:
    action = "list" if access.allowed(user, "list", OrgUnit) else "view"
    return access.restrict(OrgUnit.objects.select_related("parent"), user, action)


def unit_get(user: Any, code: str) -> OrgUnit:
    """Raises NotFound."""
    return first_or_not_found(units_visible(user).filter(code=code))


def with_unit(user: Any, body: dict[str, Any]) -> dict[str, Any]:
    """What somebody sent, with the unit that `unit` names by its code, if it does. Raises NotFound for one that they do
    not see."""
    if "unit" not in body:
        return body
    unit = units_visible(user).filter(code=body["unit"]).first()
    if unit is None:
        raise NotFound(f"There is no unit {body['unit']}, or you do not see it.")
    return body | {"unit": unit}


def unit_rows(user: Any) -> list[UnitRow]:
    """The visible units as trees, each below its parent, by name. Two statements, and one for each kind of content."""
    units = list(units_visible(user).order_by("name", "pk"))
    counts = unit_contents.counts([unit.pk for unit in units])
    below: dict[int | None, list[OrgUnit]] = defaultdict(list)
    visible = {unit.pk for unit in units}
    for unit in units:
        below[unit.parent_id if unit.parent_id in visible else None].append(unit)

    def rows(parent: int | None, depth: int) -> list[UnitRow]:
        return [UnitRow(unit, depth, list(counts[unit.pk].items()), rows(unit.pk, depth + 1)) for unit in below[parent]]

    return rows(None, 0)


def unit_grants(user: Any, unit: OrgUnit) -> list[UnitGrant]:
    """Who holds what on this very unit, for who may grant; nothing for others."""
    if not access.allowed(user, "grant", unit):
        return []
    own = OrgUnitUserGrant.objects.filter(content_object=unit).select_related("user", "permission")
    shared = OrgUnitGroupGrant.objects.filter(content_object=unit).select_related("group", "permission")
    grants = [UnitGrant("user", row.user_id, str(row.user), _grant(row)) for row in own]
    grants += [UnitGrant("group", row.group_id, row.group.name, _grant(row)) for row in shared]
    return sorted(grants, key=lambda grant: (grant.principal_type, grant.name, grant.principal, grant.grant))


def principal_get(user: Any, principal_type: str, pk: int) -> Any:
    """The person or group that a grant is for, as far as one may see people. Raises NotFound."""
    from .selectors import user_get

    if principal_type == "user":
        return user_get(user, pk)
    return first_or_not_found(access.restrict(Group.objects.all(), user, "view").filter(pk=pk))


def may_configure(user: Any) -> bool:
    return access.allowed(user, "change", OrgUnit)


def _grant(row: Any) -> str:
    return str(row.permission.codename).removesuffix(f"_{OrgUnit._meta.model_name}")
