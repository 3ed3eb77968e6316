"""A case goes to the nearest queue upward in the tree of units, and stays where it is served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cases.models import Case, Queue
from cases.services import queue_change, queue_create
from detection.choices import Typology
from finobs.accounts.models import OrgUnit, OrgUnitGroupGrant, User
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.services import unit_change
from finobs.core import access
from finobs.core.errors import Invalid, NotAllowed
from finobs.ledger.models import Event
from tests import factories
from tests.support.escalation import escalated
from tests.support.ledger_events import last_event
from transactions.models import Account, Transaction
from transactions.services import account_move, source_change

pytestmark = pytest.mark.django_db
LARGE = Typology.LARGE_AMOUNT


@pytest.fixture
def entity() -> OrgUnit:
    return factories.unit("bank")


@pytest.fixture
def branch(entity: OrgUnit) -> OrgUnit:
    return factories.unit("branch", parent=entity, kind="branch")


@contextmanager
def refused(why: str) -> Iterator[None]:
    with pytest.raises(Invalid) as refusal:
        yield
    assert why in str(refusal.value.fields)


def case_in(unit: OrgUnit, typology: str = LARGE) -> Case:
    alert = factories.alert(of=factories.account(of=factories.source(unit=unit)), typology=typology)
    escalated(alerts=[alert])
    return Case.objects.get(case_alerts__alert=alert)


def test_the_nearest_queue_that_takes_the_typology_gets_it(entity: OrgUnit, branch: OrgUnit) -> None:
    above = factories.queue("all", typologies=[LARGE])
    assert case_in(branch).queue == above
    nearer = factories.queue("bank-aml", unit=entity, typologies=[LARGE])
    assert case_in(branch).queue == nearer
    own = factories.queue("branch-aml", unit=branch, typologies=[LARGE])
    case = case_in(branch)
    assert (case.queue, case.unit) == (own, branch)
    assert case_in(entity).queue == nearer
    assert case_in(factories.unit("beside")).queue == above


def test_what_none_takes_goes_to_the_nearest_default(entity: OrgUnit, branch: OrgUnit) -> None:
    general = case_in(branch).queue
    assert (general.is_default, general.unit_id) == (True, ROOT_ID)
    rest = factories.queue("bank-rest", unit=entity, is_default=True)
    assert case_in(branch).queue == rest
    assert case_in(factories.unit("beside")).queue == general


def test_each_unit_has_one_default_and_one_queue_for_a_typology(admin: User, entity: OrgUnit) -> None:
    first = queue_create(actor=admin, slug="first", name="First", is_default=True, typologies=[LARGE])
    own = queue_create(actor=admin, slug="own", name="Own", is_default=True, typologies=[LARGE], unit=entity)
    assert Queue.objects.filter(is_default=True).count() == 2
    with refused("takes large_amount already"):
        queue_create(actor=admin, slug="again", name="Again", typologies=[LARGE], unit=entity)
    assert access.allowed(factories.user(role="auditor"), "view", first)
    assert not access.allowed(factories.user(role="auditor"), "view", own)


def test_a_queue_moves_only_to_where_it_serves_its_cases(admin: User, entity: OrgUnit, branch: OrgUnit) -> None:
    queue = factories.queue("bank-aml", unit=entity, typologies=[LARGE])
    case_in(entity)
    with refused("1 incident and 1 case"):
        queue_change(actor=admin, queue=queue, unit=branch)
    queue_change(actor=admin, queue=queue, unit=OrgUnit.objects.get(pk=ROOT_ID))
    assert last_event("queue.change")["changes"] == {"unit": [str(entity.pk), str(ROOT_ID)]}


def test_the_organisation_s_auditors_see_a_queue_no_more_that_went_into_a_unit(admin: User, entity: OrgUnit) -> None:
    queue, auditor = queue_create(actor=admin, slug="q", name="Q"), factories.user(role="auditor")
    assert access.allowed(auditor, "view", queue)
    queue_change(actor=admin, queue=queue, unit=entity)
    assert not access.allowed(auditor, "view", queue)


def test_nobody_moves_a_queue_to_where_their_own_grants_reach_it(admin: User, entity: OrgUnit) -> None:
    OrgUnitGroupGrant.objects.all().delete()
    queue = factories.queue("q", unit=factories.unit())
    factories.grant(admin, "view", entity)
    with pytest.raises(NotAllowed):
        queue_change(actor=admin, queue=queue, unit=entity)


def test_a_unit_does_not_leave_the_queue_of_its_cases(admin: User, entity: OrgUnit, branch: OrgUnit) -> None:
    factories.queue("bank-aml", unit=entity, typologies=[LARGE])
    case_in(branch)
    with refused("would leave"):
        unit_change(actor=admin, unit=branch, parent=factories.unit("beside"))


def test_an_account_moves_with_its_transactions(admin: User, entity: OrgUnit, branch: OrgUnit) -> None:
    account = factories.account(of=factories.source(unit=entity))
    row = factories.transaction(of=account)
    account_move(actor=admin, account=account, unit=branch, reason="The customer moved house.")
    assert Account.objects.get(pk=account.pk).unit == Transaction.objects.get(pk=row.pk).unit == branch
    event = last_event("account.move")
    assert event["data"] == {"reason": "The customer moved house.", "transactions": 1}
    assert event["changes"] == {"unit": [str(entity.pk), str(branch.pk)]}


def test_moving_an_account_again_brings_along_what_came_meanwhile(admin: User, entity: OrgUnit) -> None:
    account = factories.account()
    account_move(actor=admin, account=account, unit=entity, reason="The customer moved house.")
    late = factories.transaction(of=account)
    Transaction.objects.filter(pk=late.pk).update(unit=ROOT_ID)
    account_move(actor=admin, account=account, unit=entity, reason="An import was under way.")
    assert Transaction.objects.get(pk=late.pk).unit == entity
    assert last_event("account.move")["changes"] == {}


def test_an_account_stays_while_an_open_case_would_be_in_a_queue_beside(admin: User, entity: OrgUnit) -> None:
    factories.queue("bank-aml", unit=entity, typologies=[LARGE])
    case = case_in(entity)
    assert case.account is not None
    with refused("1 open case"):
        account_move(actor=admin, account=case.account, unit=factories.unit("beside"), reason="Another entity's.")
    case.account.refresh_from_db()
    assert case.account.unit == entity


def test_a_source_that_moves_makes_accounts_there_from_then_on(admin: User, entity: OrgUnit, service: User) -> None:
    from transactions.choices import IngestMethod
    from transactions.services import RawRow, ingest

    source = factories.source()
    rows = [
        {"external_id": f"T-{n}", "account": f"A-{n}", "occurred_at": "2026-03-01T10:00:00Z", "amount": "5.00"}
        for n in (1, 2)
    ]
    ingest(actor=service, source=source, rows=[RawRow(fields=rows[0])], method=IngestMethod.REST)
    source = source_change(actor=admin, source=source, unit=entity)
    ingest(actor=service, source=source, rows=[RawRow(fields=rows[1])], method=IngestMethod.REST)
    units = dict(Account.objects.values_list("external_id", "unit_id"))
    assert units == {"A-1": ROOT_ID, "A-2": entity.pk}
    assert dict(Transaction.objects.values_list("external_id", "unit_id")) == {"T-1": ROOT_ID, "T-2": entity.pk}


def test_events_are_of_the_unit_of_their_subject_and_seen_there(entity: OrgUnit, analyst: User) -> None:
    factories.queue("bank-aml", unit=entity, typologies=[LARGE])
    case = case_in(entity)
    assert set(Event.objects.filter(subject_type="cases.case").values_list("unit_id", flat=True)) == {entity.pk}
    OrgUnitGroupGrant.objects.all().delete()
    insider = factories.user(role="analyst")
    factories.grant(insider, "view", entity)
    of_case = {"subject_type": "cases.case", "subject_id": str(case.pk)}
    assert access.restrict(Event.objects.filter(**of_case), insider, "view").exists()
    assert not access.restrict(Event.objects.filter(**of_case), analyst, "view").exists()


def test_the_statements_of_grouping_do_not_grow_with_units_or_alerts(entity: OrgUnit, branch: OrgUnit) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    factories.queue("all", typologies=[LARGE])
    counts = []
    case_in(entity)
    for units in ((entity, branch), (entity, branch, factories.unit(), factories.unit(), entity, branch)):
        alerts = [factories.alert(of=factories.account(of=factories.source(unit=each))) for each in units]
        with CaptureQueriesContext(connection) as made:
            escalated(alerts=alerts)
        counts.append(len(made))
    assert counts[0] == counts[1]


def test_whoever_may_work_the_unit_may_be_given_a_case_of_it(lead: User, entity: OrgUnit) -> None:
    from cases.selectors import people_for_assign

    queue = factories.queue("bank-aml", unit=entity, typologies=[LARGE])
    case, person = case_in(entity), factories.user("Una Unit", role="analyst")
    factories.grant(lead, "lead", queue)
    assert person not in people_for_assign(lead, case)
    factories.grant(person, "work", entity)
    assert person in people_for_assign(lead, case)
