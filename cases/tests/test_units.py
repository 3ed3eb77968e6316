"""Incidents and cases keep to the walls of units: nothing joins, follows or lies in a queue across them."""

from __future__ import annotations

from typing import Any

import pytest

from cases import routing, services
from cases.models import Case, CaseAlert, Incident, Queue
from finobs.accounts import unit_contents
from finobs.accounts.models import OrgUnit, User
from finobs.accounts.services import unit_change
from finobs.core.errors import Invalid
from tests import factories
from tests.support.escalation import escalated
from transactions.models import Account, Customer
from transactions.services import account_move

pytestmark = pytest.mark.django_db
CLOSED: dict[str, Any] = {
    "status": "closed", "closed_at": factories.NOON, "disposition": "no_action", "reason_code": "known_pattern",
}  # fmt: skip
MAKE: dict[str, Any] = {"incident": factories.incident, "case": factories.case}


@pytest.fixture
def entity() -> OrgUnit:
    return factories.unit("bank")


@pytest.fixture
def account(entity: OrgUnit) -> Account:
    return factories.account(of=factories.source(unit=entity))


def gathered(account: Account) -> Incident:
    alert = factories.alert(of=account)
    services.gather_alerts(alerts=[alert])
    return Incident.objects.get(case_alerts__alert=alert)


def moved(account: Account, admin: User) -> Account:
    unit = factories.unit("beside")
    account_move(actor=admin, account=account, unit=unit, reason="Another entity's customer now.")
    account.refresh_from_db()
    return account


def test_an_alert_of_an_account_that_moved_joins_no_incident_of_its_former_unit(account: Account, admin: User) -> None:
    queue = factories.queue(is_default=True)
    before = gathered(account)
    after = gathered(moved(account, admin))
    assert (before.unit, after.unit, after.predecessor) == (OrgUnit.objects.get(code="bank"), account.unit, None)
    assert (before.queue, after.queue) == (queue, queue)
    assert CaseAlert.objects.get(incident=after).cause == "opened"


def test_a_closed_incident_of_the_former_unit_is_not_followed(account: Account, admin: User) -> None:
    factories.queue(is_default=True)
    before = gathered(account)
    Incident.objects.filter(pk=before.pk).update(**CLOSED)
    assert gathered(moved(account, admin)).predecessor is None


def test_by_policy_nothing_joins_or_follows_a_case_of_the_former_unit(account: Account, admin: User) -> None:
    factories.queue(is_default=True)
    (before,) = escalated(alerts=[factories.alert(of=account)])
    (after,) = escalated(alerts=[factories.alert(of=moved(account, admin))])
    assert (after.unit, after.predecessor, before.unit == after.unit) == (account.unit, None, False)
    Case.objects.filter(pk=before.pk).update(**CLOSED)
    Case.objects.filter(pk=after.pk).update(**CLOSED)
    Incident.objects.update(**CLOSED)
    (third,) = escalated(alerts=[factories.alert(of=account)])
    assert third.predecessor == after


@pytest.mark.parametrize("kind", ["incident", "case"])
def test_a_queue_does_not_leave_its_work_behind(kind: str, entity: OrgUnit, account: Account, admin: User) -> None:
    queue = factories.queue(unit=entity)
    MAKE[kind](of=account, inside=queue)
    beside = factories.unit("beside")
    assert routing.stranded_work(queue, beside.pk) == f"1 {kind}"
    with pytest.raises(Invalid) as refusal:
        services.queue_change(actor=admin, queue=queue, unit=beside)
    assert f"1 {kind} of units" in refusal.value.message


@pytest.mark.parametrize("kind", ["incident", "case"])
def test_an_account_does_not_leave_its_open_work_behind(
    kind: str, entity: OrgUnit, account: Account, admin: User
) -> None:
    item = MAKE[kind](of=account, inside=factories.queue(unit=entity))
    with pytest.raises(Invalid) as refusal:
        moved(account, admin)
    assert f"1 open {kind} of it" in refusal.value.message
    type(item).objects.filter(pk=item.pk).update(**CLOSED)
    account_move(actor=admin, account=account, unit=factories.unit(), reason="All is concluded.")


@pytest.mark.parametrize("kind", ["incident", "case"])
def test_a_unit_does_not_leave_the_queue_of_its_work(kind: str, entity: OrgUnit, admin: User) -> None:
    branch = factories.unit("branch", parent=entity, kind="branch")
    MAKE[kind](of=factories.account(of=factories.source(unit=branch)), inside=factories.queue(unit=entity))
    with pytest.raises(Invalid) as refusal:
        unit_change(actor=admin, unit=branch, parent=factories.unit("beside"))
    assert f"1 {kind} of its own" in refusal.value.message


def test_a_unit_counts_its_open_incidents_and_cases(entity: OrgUnit, account: Account) -> None:
    factories.incident(of=account)
    factories.incident(of=account, **CLOSED)
    for fields in ({}, {}, CLOSED):
        factories.case(of=account, **fields)
    counts = unit_contents.counts([entity.pk])[entity.pk]
    assert (counts["open incidents"], counts["open cases"]) == (1, 2)


def open_by_hand(actor: User, queue: Queue, **about: Any) -> Incident:
    return services.incident_open(
        actor=actor, queue=queue, typology="structuring", title="Cash", text="Seven deposits.", **about
    )


@pytest.mark.parametrize("subject", ["account", "customer"])
def test_a_referral_goes_to_a_queue_that_serves_its_subject(
    subject: str, entity: OrgUnit, account: Account, superuser: User
) -> None:
    customer = Customer.objects.create(source=account.source, external_id="C-1", unit=entity, kind="person")
    about: dict[str, Any] = {"account": account} if subject == "account" else {"customer": customer}
    with pytest.raises(Invalid) as refusal:
        open_by_hand(superuser, factories.queue(unit=factories.unit("beside")), **about)
    assert set(refusal.value.fields) == {"queue"}
    assert open_by_hand(superuser, factories.queue(), **about).unit == entity
    assert open_by_hand(superuser, factories.queue(unit=entity), **about).unit == entity
