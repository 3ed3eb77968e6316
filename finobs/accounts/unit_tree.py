"""The tree of org units, and its closure: each unit with each that it is in, itself among them."""

from __future__ import annotations

from collections.abc import Collection

from django.core.management.color import no_style
from django.db import connection

from finobs.core import context, history

from .choices import UnitKind
from .org_units import ROOT_ID, OrgUnit, UnitAncestor
from .system import system_actor


def ensure_root() -> None:
    """Make the organisation where there is none, as after a test has emptied all tables."""
    if OrgUnit.objects.filter(pk=ROOT_ID).exists():
        return
    root = OrgUnit(pk=ROOT_ID, code="organisation", name="Organisation", kind=UnitKind.ORGANISATION)
    history.save(root, actor=system_actor("setup"), reason="Made with the database")
    UnitAncestor.objects.create(unit_id=ROOT_ID, ancestor_id=ROOT_ID)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [OrgUnit]):
            cursor.execute(statement)


def lock_tree() -> None:
    """Changes to the tree happen one after another: two moves at once could make a circle."""
    OrgUnit.objects.select_for_update().get(pk=ROOT_ID)


def ancestor_ids(unit_id: int) -> set[int]:
    """What the unit is in, itself among them."""
    return set(UnitAncestor.objects.filter(unit_id=unit_id).values_list("ancestor_id", flat=True))


def descendant_ids(unit_id: int) -> set[int]:
    """What is in the unit, itself among them."""
    return set(UnitAncestor.objects.filter(ancestor_id=unit_id).values_list("unit_id", flat=True))


def paths_upward(unit_ids: Collection[int]) -> dict[int, list[int]]:
    """What each of these units is in, itself first, then upward: in one statement, for there are hundreds at most."""
    parents = dict(OrgUnit.objects.values_list("pk", "parent_id"))
    paths: dict[int, list[int]] = {}
    for unit_id in unit_ids:
        step: int | None = unit_id
        paths[unit_id] = []
        while step is not None:
            paths[unit_id].append(step)
            step = parents.get(step)
    return paths


def add_to_tree(unit: OrgUnit) -> None:
    """A new unit below its parent."""
    above = ancestor_ids(unit.parent_id) if unit.parent_id is not None else set()
    UnitAncestor.objects.bulk_create(UnitAncestor(unit_id=unit.pk, ancestor_id=pk) for pk in sorted(above | {unit.pk}))
    context.forget_memo()


def move_in_tree(unit: OrgUnit) -> None:
    """A unit, with all below it, to where its parent is now."""
    below, above = descendant_ids(unit.pk), ancestor_ids(unit.parent_id or ROOT_ID)
    UnitAncestor.objects.filter(unit_id__in=below).exclude(ancestor_id__in=below).delete()
    UnitAncestor.objects.bulk_create(
        UnitAncestor(unit_id=each, ancestor_id=pk) for each in sorted(below) for pk in sorted(above)
    )
    # Grants reach other units now.
    context.forget_memo()
