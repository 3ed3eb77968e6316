"""One box finds cases, incidents, customers and accounts, by whole ids and customers by name; nobody finds what is not
theirs to see."""

from __future__ import annotations

import pytest

from cases.models import Case, Incident, Queue
from cases.services import incident_escalate
from finobs.accounts.models import OrgUnitGroupGrant, User
from finobs.accounts.names import name_key
from tests import factories
from tests.support.clients import signed_in
from transactions.choices import CustomerKind
from transactions.models import Account, Customer

from .factories import hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(queue: Queue, analyst: User) -> Customer:
    OrgUnitGroupGrant.objects.all().delete()
    queue.is_default = True
    queue.save()
    bank = factories.unit("bank")
    factories.grant(analyst, "read_data", bank)
    account = factories.account("A-SEARCHED", of=factories.source("bank", unit=bank))
    person = Customer.objects.create(
        source=account.source,
        external_id="C-SEARCHED",
        unit=account.unit,
        kind=CustomerKind.PERSON,
        name="Ada Lovelace",
        name_key=name_key("Ada Lovelace"),
    )
    hold(person, account)
    return person


@pytest.fixture
def incident(customer: Customer, queue: Queue) -> Incident:
    made = factories.incident(of=Account.objects.get(external_id="A-SEARCHED"), inside=queue)
    Incident.objects.filter(pk=made.pk).update(customer=customer)
    made.refresh_from_db()
    return made


def found(person: User, text: str) -> str:
    return signed_in(person).get("/cases/search/", {"q": text}).content.decode()


@pytest.mark.parametrize("what", ["reference", "customer", "account"])
def test_incidents_are_found_by_reference_customer_and_account(incident: Incident, analyst: User, what: str) -> None:
    names = {"reference": incident.reference, "customer": "C-SEARCHED", "account": "A-SEARCHED"}
    assert f"/cases/incidents/{incident.reference}/" in found(analyst, names[what])


def test_cases_are_found_by_the_customer(customer: Customer, queue: Queue, analyst: User) -> None:
    case = factories.case(inside=queue)
    Case.objects.filter(pk=case.pk).update(customer=customer)
    assert f"/cases/{case.reference}/" in found(analyst, "C-SEARCHED")


def test_customers_are_found_by_name_and_accounts_by_their_holder(customer: Customer, analyst: User) -> None:
    page = found(analyst, "lovelace")
    assert f"/transactions/customers/{customer.pk}/" in page
    assert "A-SEARCHED" in page
    assert "Nothing found" not in page


def test_who_sees_the_queue_and_not_the_data_is_told_no_name(incident: Incident, queue: Queue, lead: User) -> None:
    """The analyst sees both."""
    for address in (
        f"/cases/incidents/{incident.reference}/",
        f"/cases/queues/{queue.slug}/incidents/",
        "/cases/incidents/",
    ):
        page = signed_in(lead).get(address).content.decode()
        assert "C-SEARCHED" in page, address
        assert "Lovelace" not in page, address
    assert "Nothing found" in found(lead, "lovelace")


def test_who_sees_the_data_is_told_the_name(incident: Incident, queue: Queue, analyst: User) -> None:
    for address in (
        f"/cases/incidents/{incident.reference}/",
        f"/cases/queues/{queue.slug}/incidents/",
        "/cases/incidents/",
    ):
        assert "Ada Lovelace" in signed_in(analyst).get(address).content.decode(), address


def test_strangers_find_nothing(incident: Incident, customer: Customer) -> None:
    stranger = factories.user("Stan", role="analyst")
    for text in (incident.reference, "C-SEARCHED", "A-SEARCHED", "lovelace"):
        assert "Nothing found" in found(stranger, text)


def test_the_case_says_why_an_incident_was_escalated_to_it(incident: Incident, analyst: User) -> None:
    incident_escalate(actor=analyst, item=incident, reason="Cash in three branches on one day.")
    case = Case.objects.get(incidents=incident)
    page = signed_in(analyst).get(f"/cases/{case.reference}/timeline/").content.decode()
    assert f"{incident.reference} escalated to it" in page
    assert "Cash in three branches on one day." in page
    assert f'<a class="btn" href="/cases/{case.reference}/">' in page
    queues = signed_in(analyst).get(f"/cases/incidents/{incident.reference}/queues/").content.decode()
    assert f'<a class="btn" href="/cases/incidents/{incident.reference}/">' in queues
