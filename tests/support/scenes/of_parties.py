"""Customers, what ties them, and their erasure."""

from __future__ import annotations

from datetime import date
from typing import Any

from approvals.models import ApprovalRequest
from approvals.tests.factories import CONCLUSION
from cases import services as cases
from detection.alerts.services import external_alerts_erase
from finobs.core.errors import ApprovalRequired
from tests import factories
from transactions.choices import IngestMethod
from transactions.models import AccountParty, Counterparty, CounterpartyResolution, Customer, PartyRelation
from transactions.parties import services as parties
from transactions.records.services import records_add
from transactions.row_validation import RawRow

from .of_approvals import vote
from .scene import REASON, Scene, by_admin, numbers, scene, superuser

NEW_YEAR = date(2024, 1, 1)


def customer_row(**changes: Any) -> RawRow:
    fields = {"external_id": f"C-{next(numbers)}", "kind": "person", "valid_from": "2024-01-01", "name": "Ana Berg"}
    return RawRow(fields | changes)


def new_customer(source: Any = None, **changes: Any) -> Customer:
    rows = [customer_row(**changes)]
    records_add(
        actor=superuser(), source=source or factories.source(), kind="customer", rows=rows, method=IngestMethod.FILE
    )  # fmt: skip
    return Customer.objects.latest("id")


def by_officer(act: Any) -> Scene:
    return Scene(factories.user("Cora Compliance", role="compliance"), act)


@scene
def of_records_add() -> Scene:
    source, rows = factories.source(), [customer_row()]
    return by_admin(
        lambda actor: records_add(actor=actor, source=source, kind="customer", rows=rows, method=IngestMethod.REST)
    )


@scene
def of_customer_correct() -> Scene:
    customer = new_customer()
    return by_officer(
        lambda actor: parties.customer_correct(
            actor=actor, customer=customer, valid_from=NEW_YEAR, profile={"name": "Ana Bergh"}, reason=REASON
        )
    )


def tie_of_account(customer: Customer) -> dict[str, Any]:
    return {"customer": customer, "account": factories.account(of=customer.source), "role": "holder"}


@scene
def of_account_party_add() -> Scene:
    tie = tie_of_account(new_customer())
    return by_officer(
        lambda actor: parties.account_party_add(actor=actor, **tie, valid_from=NEW_YEAR, reason=REASON)
    )  # fmt: skip


@scene
def of_account_party_end() -> Scene:
    tie = tie_of_account(new_customer())
    party: AccountParty = parties.account_party_add(actor=superuser(), **tie, valid_from=NEW_YEAR, reason=REASON)
    return by_officer(
        lambda actor: parties.account_party_end(actor=actor, party=party, valid_until=NEW_YEAR, reason=REASON)
    )


@scene
def of_account_party_withdraw() -> Scene:
    tie = tie_of_account(new_customer())
    party: AccountParty = parties.account_party_add(actor=superuser(), **tie, valid_from=NEW_YEAR, reason=REASON)
    return by_officer(lambda actor: parties.account_party_withdraw(actor=actor, party=party, reason=REASON))


def tie_of_customers() -> dict[str, Any]:
    customer = new_customer()
    return {"customer": customer, "other": new_customer(customer.source), "kind": "owns", "share": 5000}


@scene
def of_relation_add() -> Scene:
    tie = tie_of_customers()
    return by_officer(lambda actor: parties.relation_add(actor=actor, **tie, valid_from=NEW_YEAR, reason=REASON))


@scene
def of_relation_end() -> Scene:
    relation: PartyRelation = parties.relation_add(
        actor=superuser(), **tie_of_customers(), valid_from=NEW_YEAR, reason=REASON
    )
    return by_officer(
        lambda actor: parties.relation_end(actor=actor, relation=relation, valid_until=NEW_YEAR, reason=REASON)
    )


def counterparty_of(customer: Customer) -> Counterparty:
    return Counterparty.objects.create(source=customer.source, external_id=f"M-{next(numbers)}")


@scene
def of_counterparty_resolve() -> Scene:
    customer = new_customer()
    counterparty = counterparty_of(customer)
    return by_officer(
        lambda actor: parties.counterparty_resolve(
            actor=actor, counterparty=counterparty, customer=customer, reason=REASON
        )
    )


@scene
def of_counterparty_unresolve() -> Scene:
    customer = new_customer()
    resolution: CounterpartyResolution = parties.counterparty_resolve(
        actor=superuser(), counterparty=counterparty_of(customer), customer=customer, reason=REASON
    )
    return by_officer(
        lambda actor: parties.counterparty_unresolve(actor=actor, resolution=resolution, reason=REASON)
    )  # fmt: skip


@scene
def of_items_erase() -> Scene:
    customer, queue = new_customer(), factories.queue()
    incident = factories.incident(inside=queue)
    type(incident).objects.filter(pk=incident.pk).update(account=None, customer=customer, title="Ana at the counter")
    cases.note_add(actor=superuser(), item=incident, text="Ana was seen at the branch.")
    incident.refresh_from_db()
    cases.incident_close(actor=superuser(), item=incident, version=incident.version, **CONCLUSION)
    return by_officer(lambda actor: cases.items_erase(actor=actor, customer=customer))


@scene
def of_relation_withdraw() -> Scene:
    relation: PartyRelation = parties.relation_add(
        actor=superuser(), **tie_of_customers(), valid_from=NEW_YEAR, reason=REASON
    )
    return by_officer(lambda actor: parties.relation_withdraw(actor=actor, relation=relation, reason=REASON))


@scene
def of_customer_erase() -> Scene:
    customer = new_customer(exited_on="2010-01-01")
    return by_officer(lambda actor: parties.customer_erase(actor=actor, customer=customer, reason=REASON))


@scene
def of_external_alerts_erase() -> Scene:
    customer = new_customer()
    return by_officer(lambda actor: external_alerts_erase(actor=actor, customer=customer))


@scene
def of_customer_erase_approved() -> Scene:
    """It rests on whoever asked, while somebody else votes."""
    person, customer = factories.user("Cora Compliance", role="compliance"), new_customer(exited_on="2010-01-01")
    try:
        parties.customer_erase(actor=person, customer=customer, reason=REASON)
    except ApprovalRequired:
        request = ApprovalRequest.objects.latest("id")
    second = factories.user("Leo Lead", role="compliance")
    return Scene(person, lambda _: vote(second, request), takes_tokens=False, is_actor=False, event="customer.erase")
