"""The tree of org units: made, changed, moved and closed, with its closure right at every step."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from finobs.accounts import services, unit_selectors
from finobs.accounts.models import OrgUnit, OrgUnitGroupGrant, UnitAncestor, User
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.roles import synchronise
from finobs.core import access
from finobs.core.errors import Invalid, NotAllowed, NotFound, Stale
from tests import factories
from tests.support.ledger_events import last_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> OrgUnit:
    return OrgUnit.objects.get(pk=ROOT_ID)


def make(actor: User, code: str, parent: OrgUnit, kind: str = "legal_entity") -> OrgUnit:
    return services.unit_create(actor=actor, code=code, name=code.title(), kind=kind, parent=parent)


def closure() -> set[tuple[int, int]]:
    return set(UnitAncestor.objects.values_list("unit_id", "ancestor_id"))


def walked() -> set[tuple[int, int]]:
    """The closure as the parents say it."""
    parents = dict(OrgUnit.objects.values_list("pk", "parent_id"))
    pairs = set()
    for unit in parents:
        step: int | None = unit
        while step is not None:
            pairs.add((unit, step))
            step = parents[step]
    return pairs


def test_a_unit_is_made_below_another_and_says_so(admin: User, root: OrgUnit) -> None:
    bank = make(admin, "bank", root)
    desk = make(admin, "desk", bank, "desk")
    assert closure() == walked()
    event = last_event("unit.create")
    assert event["data"] == {"code": "desk", "name": "Desk", "kind": "desk", "parent": str(bank.pk)}
    assert event["subject"] == {"type": "accounts.orgunit", "id": str(desk.pk)}


@pytest.mark.parametrize("person", ["analyst", "lead", "auditor", "stranger"])
def test_only_who_configures_makes_and_changes_units(person: str, request: Any, root: OrgUnit) -> None:
    somebody = request.getfixturevalue(person)
    with pytest.raises(NotAllowed):
        make(somebody, "mine", root)
    with pytest.raises((NotAllowed, NotFound)):
        services.unit_change(actor=somebody, unit=root, name="Mine")
    assert OrgUnit.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "organisation"}, "kind"), ({"kind": "planet"}, "kind"), ({"code": "organisation"}, "code"),
        ({"code": "no slug"}, "code"), ({"name": ""}, "name"),
    ],
)  # fmt: skip
def test_a_unit_that_makes_no_sense_is_refused_by_its_field(
    admin: User, root: OrgUnit, values: dict[str, str], field: str
) -> None:
    fields: dict[str, Any] = {"code": "x", "name": "X", "kind": "desk", "parent": root, **values}
    with pytest.raises(Invalid) as refusal:
        services.unit_create(actor=admin, **fields)
    assert field in refusal.value.fields


def test_a_unit_moves_with_all_below_it_and_never_into_itself(admin: User, root: OrgUnit) -> None:
    first, second = make(admin, "first", root), make(admin, "second", root)
    branch = make(admin, "branch", first, "branch")
    desk = make(admin, "desk", branch, "desk")
    services.unit_change(actor=admin, unit=branch, parent=second)
    assert closure() == walked()
    assert closure() & {(desk.pk, second.pk), (desk.pk, first.pk)} == {(desk.pk, second.pk)}
    assert last_event("unit.change")["changes"] == {"parent": [str(first.pk), str(second.pk)]}
    for into in (branch, desk):
        with pytest.raises(Invalid):
            services.unit_change(actor=admin, unit=branch, parent=into)
    assert closure() == walked()


@settings(max_examples=15)
@given(moves=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12))
def test_after_any_moves_the_closure_is_what_the_parents_say(moves: list[tuple[int, int]], admin: User) -> None:
    units = [factories.unit() for _ in range(7)]
    for which, where in moves:
        unit, parent = (OrgUnit.objects.get(pk=units[number].pk) for number in (which, where))
        try:
            services.unit_change(actor=admin, unit=unit, parent=parent)
        except Invalid:
            assert (parent.pk, unit.pk) in walked()
        assert closure() == walked()


def test_the_organisation_keeps_its_place(admin: User, root: OrgUnit) -> None:
    bank = make(admin, "bank", root)
    for change in ({"parent": bank}, {"kind": "desk"}):
        with pytest.raises(Invalid):
            services.unit_change(actor=admin, unit=OrgUnit.objects.get(pk=ROOT_ID), **change)
    with pytest.raises(Invalid):
        services.unit_deactivate(actor=admin, unit=root, reason="No more business.")
    assert services.unit_change(actor=admin, unit=root, name="The Group").name == "The Group"


def test_a_stale_change_is_refused(admin: User, root: OrgUnit) -> None:
    bank = make(admin, "bank", root)
    services.unit_change(actor=admin, unit=bank, name="Bank One", version=1)
    with pytest.raises(Stale):
        services.unit_change(actor=admin, unit=bank, name="Bank Two", version=1)


def test_a_unit_in_use_stays_open_and_an_empty_one_is_closed_and_opened(admin: User, root: OrgUnit) -> None:
    bank = make(admin, "bank", root)
    source, child = factories.source(unit=bank), make(admin, "branch", bank, "branch")
    with pytest.raises(Invalid, match="1 units, 1 sources"):
        services.unit_deactivate(actor=admin, unit=bank, reason="Sold to others.")
    services.unit_deactivate(actor=admin, unit=child, reason="Sold to others.")
    type(source).objects.update(is_active=False)
    closed = services.unit_deactivate(actor=admin, unit=bank, reason="Sold to others.")
    assert not closed.is_active
    for attempt in (
        lambda: make(admin, "late", bank),
        lambda: services.unit_reactivate(actor=admin, unit=child, reason="Bought back."),
    ):
        with pytest.raises(Invalid):
            attempt()
    assert services.unit_reactivate(actor=admin, unit=bank, reason="Bought back.").is_active


@pytest.mark.parametrize("to_group", [False, True])
def test_nobody_gives_a_grant_to_themselves(admin: User, root: OrgUnit, to_group: bool) -> None:
    principal = Group.objects.get(name="admin") if to_group else admin
    with pytest.raises(NotAllowed):
        services.unit_grant(actor=admin, unit=root, principal=principal, action="lead")


@pytest.mark.parametrize("action", services.units.GRANTS)
def test_a_grant_is_given_taken_and_recorded(admin: User, analyst: User, root: OrgUnit, action: str) -> None:
    bank = make(admin, "bank", root)
    desk = make(admin, "desk", bank, "desk")
    OrgUnitGroupGrant.objects.all().delete()
    for act, expected in ((services.unit_grant, {bank.pk, desk.pk}), (services.unit_revoke, set())):
        act(actor=admin, unit=bank, principal=analyst, action=action)
        assert set(access.granted_ids(analyst, OrgUnit, [action])) == expected
        event = last_event(act.__name__.replace("_", "."))
        assert event["data"] == {
            "grant": action, "principal_type": "user", "principal": str(analyst.pk), "name": analyst.name,
        }  # fmt: skip
    with pytest.raises(Invalid):
        services.unit_grant(actor=admin, unit=bank, principal=analyst, action="own")


def test_nobody_moves_a_unit_to_where_their_own_grants_reach_it(admin: User, root: OrgUnit) -> None:
    OrgUnitGroupGrant.objects.all().delete()
    mine, theirs = make(admin, "mine", root), make(admin, "theirs", root)
    factories.grant(admin, "read_data", mine)
    with pytest.raises(NotAllowed):
        services.unit_change(actor=admin, unit=theirs, parent=mine)


def test_an_administrator_moves_a_unit_out_of_where_their_own_grants_reach_it(admin: User, root: OrgUnit) -> None:
    OrgUnitGroupGrant.objects.all().delete()
    mine, theirs = make(admin, "mine", root), make(admin, "theirs", root)
    desk = make(admin, "desk", mine, "desk")
    factories.grant(admin, "read_data", mine)
    assert services.unit_change(actor=admin, unit=desk, parent=theirs).parent == theirs
    assert set(access.granted_ids(admin, OrgUnit, ["read_data"])) == {mine.pk}


def test_one_sees_the_units_of_one_s_grants_and_who_configures_sees_all(
    admin: User, analyst: User, stranger: User, root: OrgUnit
) -> None:
    bank, other = make(admin, "bank", root), make(admin, "other", root)
    OrgUnitGroupGrant.objects.all().delete()
    factories.grant(analyst, "work", bank)
    assert set(unit_selectors.units_visible(analyst)) == {bank}
    assert set(unit_selectors.units_visible(admin)) == {root, bank, other}
    assert not unit_selectors.units_visible(stranger).exists()
    assert unit_selectors.unit_grants(analyst, bank) == []
    assert [row.grant for row in unit_selectors.unit_grants(admin, bank)] == ["work"]


def test_the_page_shows_the_tree_with_what_hangs_in_it(admin: User, root: OrgUnit, client: Client) -> None:
    bank = make(admin, "bank", root)
    make(admin, "desk", bank, "desk")
    factories.source(unit=bank)
    client.force_login(admin, backend="finobs.accounts.backends.RolePermissionBackend")
    page = client.get("/accounts/units/")
    assert page.status_code == 200
    row = next(row for row in page.context["rows"] if row.unit == bank)
    assert (row.depth, dict(row.contents)["sources"]) == (1, 1)
    assert [child.unit.code for child in row.children] == ["desk"]


def test_the_first_use_shows_everybody_what_it_showed_them(analyst: User, admin: User) -> None:
    account = factories.account()
    assert access.allowed(analyst, "view", account)
    assert access.allowed(admin, "ingest", account.source)


def test_what_somebody_has_said_of_grants_is_left_alone(admin: User, root: OrgUnit) -> None:
    make(admin, "bank", root)
    OrgUnitGroupGrant.objects.all().delete()
    synchronise()
    assert not OrgUnitGroupGrant.objects.exists()
