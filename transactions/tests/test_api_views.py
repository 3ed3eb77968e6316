"""The API of what came in under what holds of every API (`tests.support.api`)."""

from __future__ import annotations

from typing import Any

from finobs.accounts.system import system_actor
from tests import factories
from tests.support.api import ApiActionTests, ApiDetailTests, ApiListTests, ApiTests
from transactions.choices import IngestMethod
from transactions.models import (
    AccountDetails,
    AccountParty,
    Batch,
    Counterparty,
    CounterpartyDetails,
    CounterpartyResolution,
    Customer,
    ExchangeRate,
    Label,
    PartyRelation,
    QuarantinedRow,
)
from transactions.parties.services import counterparty_resolve
from transactions.row_validation import RawRow
from transactions.services import exchange_rates_add, ingest

from .conftest import fields, raw
from .test_records_customers import add, person
from .test_records_ties import party, relation


class TestTransactionList(ApiListTests):
    url = "transactions_api:transaction-list"

    def add_row(self) -> None:
        factories.transaction()


class TestTransactionIngest(ApiActionTests):
    url = "transactions_api:transaction-list"
    actor = "admin"
    event = "batch.ingest"
    needs_key = True
    has_body_class = False

    def body(self) -> dict[str, Any]:
        return {"source": self.fixture("bank").slug, "transactions": [fields()]}


class TestTransactionDetail(ApiDetailTests):
    url = "transactions_api:transaction-detail"

    def make(self) -> tuple[Any, ...]:
        return (factories.transaction().pk,)


class TestAccountList(TestTransactionList):
    url = "transactions_api:account-list"


class TestAccountDetail(ApiDetailTests):
    url = "transactions_api:account-detail"

    def make(self) -> tuple[Any, ...]:
        return (factories.account().pk,)


class TestAccountDetails(ApiDetailTests):
    url = "transactions_api:account-details"

    def make(self) -> tuple[Any, ...]:
        return (factories.account().pk,)


class TestAccountChange(ApiActionTests):
    url = "transactions_api:account-details"
    method = "PATCH"
    actor = "admin"
    event = "account.change"
    repeat = 200

    def make(self) -> tuple[Any, ...]:
        return (AccountDetails.objects.create(account=factories.account()).pk,)

    def body(self) -> dict[str, Any]:
        return {"name": "Household", "kind": "current", "currency": "EUR", "opened_on": "2020-01-31"}


class TestCounterpartyList(ApiListTests):
    url = "transactions_api:counterparty-list"

    def add_row(self) -> None:
        Counterparty.objects.create(source=factories.source(), external_id="M-9")


class TestCounterpartyDetail(ApiDetailTests):
    url = "transactions_api:counterparty-detail"

    def make(self) -> tuple[Any, ...]:
        return (factories.transaction().counterparty_id,)


class TestCounterpartyDetails(TestCounterpartyDetail):
    url = "transactions_api:counterparty-details"


class TestCounterpartyChange(ApiActionTests):
    url = "transactions_api:counterparty-details"
    method = "PATCH"
    actor = "admin"
    event = "counterparty.change"
    repeat = 200

    def make(self) -> tuple[Any, ...]:
        party = Counterparty.objects.create(source=factories.source(), external_id="M-9")
        return (CounterpartyDetails.objects.create(counterparty=party).pk,)

    def body(self) -> dict[str, Any]:
        return {"name": "Müller GmbH", "country": "DE", "kind": "organisation"}


RATE = {"base": "EUR", "quote": "USD", "rate": "1.08", "date": "2026-03-02", "source": "ECB"}


class TestExchangeRateList(ApiListTests):
    url = "transactions_api:exchange-rate-list"

    def add_row(self) -> None:
        number = ExchangeRate.objects.count()
        exchange_rates_add(actor=system_actor("test"), rows=[RawRow(RATE | {"source": f"Bank {number}"})])


class TestExchangeRatesAdd(ApiActionTests):
    url = "transactions_api:exchange-rate-list"
    actor = "admin"
    event = "rates.add"
    needs_key = True
    has_body_class = False

    def body(self) -> dict[str, Any]:
        return {"rates": [RATE]}


class TestBatchList(TestTransactionList):
    url = "transactions_api:batch-list"


class TestBatchDetail(ApiDetailTests):
    url = "transactions_api:batch-detail"

    def make(self) -> tuple[Any, ...]:
        return (factories.transaction().batch_id,)


class TestLabelList(ApiListTests):
    url = "transactions_api:label-list"

    def add_row(self) -> None:
        Label.objects.create(transaction=factories.transaction(), is_suspicious=True, known_at=factories.NOON)


class TestLabelsAdd(ApiActionTests):
    url = "transactions_api:label-list"
    actor = "admin"
    event = "batch.label"
    needs_key = True
    has_body_class = False

    def make(self) -> tuple[Any, ...]:
        self.transaction = factories.transaction()
        return ()

    def body(self) -> dict[str, Any]:
        label = {"external_id": self.transaction.external_id, "is_suspicious": True}
        return {"source": self.transaction.source.slug, "labels": [label]}


class TestSourceList(ApiListTests):
    url = "transactions_api:source-list"

    def add_row(self) -> None:
        factories.source()


class TestSourceCreate(ApiActionTests):
    url = "transactions_api:source-list"
    actor = "admin"
    status = 201
    event = "source.create"
    repeat = 409

    def body(self) -> dict[str, Any]:
        return {"slug": "cards", "name": "Cards", "default_currency": "EUR", "time_zone": "Europe/Berlin"}


class TestSourceDetail(ApiDetailTests):
    url = "transactions_api:source-detail"
    unknown = ("no-source",)

    def make(self) -> tuple[Any, ...]:
        return (factories.source().slug,)


class TestSourceChange(ApiActionTests):
    url = "transactions_api:source-detail"
    actor = "admin"
    method = "PATCH"
    event = "source.change"
    unknown = ("no-source",)

    def make(self) -> tuple[Any, ...]:
        return (factories.source().slug,)

    def body(self) -> dict[str, Any]:
        return {"name": "Renamed", "time_zone": "Asia/Tokyo"}


class TestAccountMove(ApiActionTests):
    url = "transactions_api:account-move"
    actor = "superuser"
    event = "account.move"
    repeat = 200

    def make(self) -> tuple[Any, ...]:
        self.unit = factories.unit("branch-9")
        return (factories.account().pk,)

    def body(self) -> dict[str, Any]:
        return {"unit": self.unit.code, "reason": "It is kept there."}


class TestQuarantineList(ApiListTests):
    url = "transactions_api:quarantine-list"

    def add_row(self) -> None:
        quarantined(self)


class TestQuarantineDetail(ApiDetailTests):
    url = "transactions_api:quarantine-detail"

    def make(self) -> tuple[Any, ...]:
        return (quarantined(self).pk,)


class TestQuarantineCorrect(ApiActionTests):
    url = "transactions_api:quarantine-correct"
    actor = "admin"
    event = "quarantine.correct"

    def make(self) -> tuple[Any, ...]:
        self.row = quarantined(self)
        return (self.row.pk,)

    def body(self) -> dict[str, Any]:
        return {"values": fields(self.row.pk)}


class TestQuarantineDiscard(TestQuarantineCorrect):
    url = "transactions_api:quarantine-discard"
    event = "quarantine.discard"
    repeat = 409

    def body(self) -> dict[str, Any]:
        return {"reason": "A test row."}


class TestQuarantineRelease(TestQuarantineDiscard):
    url = "transactions_api:quarantine-release"
    event = "quarantine.release"

    def make(self) -> tuple[Any, ...]:
        arguments = super().make()
        QuarantinedRow.objects.filter(pk=self.row.pk).update(fields=fields(9))
        return arguments


def quarantined(of: ApiTests) -> QuarantinedRow:
    """A row whose amount is no number."""
    number = 100 + Batch.objects.count()
    ingest(
        actor=of.fixture("admin"), source=of.fixture("bank"), rows=[raw(number, amount="ten")], method=IngestMethod.REST
    )
    return QuarantinedRow.objects.latest("pk")


class TestAccountsAdd(ApiActionTests):
    url = "transactions_api:account-list"
    actor = "admin"
    event = "batch.records"
    needs_key = True
    has_body_class = False

    def body(self) -> dict[str, Any]:
        return {"source": self.fixture("bank").slug, "accounts": [{"external_id": "A-77", "kind": "loan"}]}


class TestCounterpartiesAdd(TestAccountsAdd):
    url = "transactions_api:counterparty-list"

    def body(self) -> dict[str, Any]:
        return {"source": self.fixture("bank").slug, "counterparties": [{"external_id": "M-77", "country": "SE"}]}


class TestCustomerList(ApiListTests):
    url = "transactions_api:customer-list"

    def add_row(self) -> None:
        customer(self)


class TestCustomersAdd(ApiActionTests):
    url = "transactions_api:customer-list"
    actor = "admin"
    event = "batch.records"
    needs_key = True
    has_body_class = False

    def body(self) -> dict[str, Any]:
        return {"source": self.fixture("bank").slug, "customers": [person()]}


class TestCustomerDetail(ApiDetailTests):
    url = "transactions_api:customer-detail"

    def make(self) -> tuple[Any, ...]:
        return (customer(self).pk,)


class TestCustomerProfileDetail(TestCustomerDetail):
    url = "transactions_api:customer-profile-detail"


class TestCustomerErase(ApiActionTests):
    url = "transactions_api:customer-erase"
    actor = "lead"
    status = 202
    event = "approval.request"

    def make(self) -> tuple[Any, ...]:
        row = customer(self, exited_on="2010-01-01", onboarded_on="2001-01-01")
        return (row.pk,)

    def body(self) -> dict[str, Any]:
        return {"reason": "The time of retention is over."}


class TestCustomerCorrect(ApiActionTests):
    url = "transactions_api:customer-correct"
    actor = "lead"
    event = "customer.correct"

    def make(self) -> tuple[Any, ...]:
        self.row = customer(self)
        return (self.row.pk,)

    def body(self) -> dict[str, Any]:
        return {"valid_from": "2026-03-01", "profile": {"name": "Ana Right"}, "reason": "Seen in her passport."}


class TestAccountPartyAdd(TestCustomerCorrect):
    url = "transactions_api:account-party-add"
    event = "account_party.add"
    status = 201

    def body(self) -> dict[str, Any]:
        account = factories.account(of=self.fixture("bank")).external_id
        return {"account": account, "role": "signatory", "valid_from": "2026-03-01", "reason": "Signed the form."}


class TestAccountPartyEnd(ApiActionTests):
    url = "transactions_api:account-party-end"
    actor = "lead"
    event = "account_party.end"
    status = 201
    repeat = 409

    def make(self) -> tuple[Any, ...]:
        return (tied(self).pk,)

    def body(self) -> dict[str, Any]:
        return {"valid_until": "2026-03-01", "reason": "Left the account."}


class TestAccountPartyWithdraw(TestAccountPartyEnd):
    url = "transactions_api:account-party-withdraw"
    event = "account_party.withdraw"
    status = 200

    def body(self) -> dict[str, Any]:
        return {"reason": "Another person of that name."}


class TestRelationAdd(TestAccountPartyAdd):
    url = "transactions_api:relation-add"
    event = "relation.add"

    def make(self) -> tuple[Any, ...]:
        self.other = customer(self)
        return super().make()

    def body(self) -> dict[str, Any]:
        other = self.other.external_id
        return {"other": other, "kind": "owns", "share": "12.5", "valid_from": "2026-03-01", "reason": "The register."}


class TestRelationEnd(TestAccountPartyEnd):
    url = "transactions_api:relation-end"
    event = "relation.end"

    def make(self) -> tuple[Any, ...]:
        return (related(self).pk,)


class TestRelationWithdraw(TestAccountPartyWithdraw):
    url = "transactions_api:relation-withdraw"
    event = "relation.withdraw"

    def make(self) -> tuple[Any, ...]:
        return (related(self).pk,)


class TestAccountPartyList(ApiListTests):
    url = "transactions_api:account-party-list"

    def add_row(self) -> None:
        tied(self)


class TestAccountPartiesAdd(ApiActionTests):
    url = "transactions_api:account-party-list"
    actor = "admin"
    event = "batch.records"
    needs_key = True
    has_body_class = False

    def make(self) -> tuple[Any, ...]:
        self.row = customer(self)
        return ()

    def body(self) -> dict[str, Any]:
        row = {"account": "A-1", "customer": self.row.external_id, "role": "holder", "valid_from": "2024-01-01"}
        return {"source": self.fixture("bank").slug, "account_parties": [row]}


class TestAccountPartyDetail(ApiDetailTests):
    url = "transactions_api:account-party-detail"

    def make(self) -> tuple[Any, ...]:
        return (tied(self).pk,)


class TestRelationList(ApiListTests):
    url = "transactions_api:relation-list"

    def add_row(self) -> None:
        related(self)


class TestRelationsAdd(ApiActionTests):
    url = "transactions_api:relation-list"
    actor = "admin"
    event = "batch.records"
    needs_key = True
    has_body_class = False

    def make(self) -> tuple[Any, ...]:
        self.rows = [customer(self), customer(self)]
        return ()

    def body(self) -> dict[str, Any]:
        row = {
            "customer": self.rows[0].external_id, "other": self.rows[1].external_id, "kind": "owns",
            "share": "12.5", "valid_from": "2024-01-01",
        }  # fmt: skip
        return {"source": self.fixture("bank").slug, "relations": [row]}


class TestRelationDetail(ApiDetailTests):
    url = "transactions_api:relation-detail"

    def make(self) -> tuple[Any, ...]:
        return (related(self).pk,)


class TestResolutionList(ApiListTests):
    url = "transactions_api:resolution-list"

    def add_row(self) -> None:
        resolution(self)


class TestResolutionDetail(ApiDetailTests):
    url = "transactions_api:resolution-detail"

    def make(self) -> tuple[Any, ...]:
        return (resolution(self).pk,)


class TestCounterpartyResolve(ApiActionTests):
    url = "transactions_api:counterparty-resolve"
    actor = "lead"
    status = 201
    event = "counterparty.resolve"
    repeat = 409

    def make(self) -> tuple[Any, ...]:
        self.row = customer(self)
        return (counterparty(self).pk,)

    def body(self) -> dict[str, Any]:
        return {"customer": self.row.pk, "reason": "The same passport."}


class TestCounterpartyUnresolve(ApiActionTests):
    url = "transactions_api:counterparty-unresolve"
    actor = "lead"
    event = "counterparty.unresolve"
    repeat = 409

    def make(self) -> tuple[Any, ...]:
        return (resolution(self).pk,)

    def body(self) -> dict[str, Any]:
        return {"reason": "Another person."}


def counterparty(of: ApiTests) -> Counterparty:
    number = 100 + Counterparty.objects.count()
    return Counterparty.objects.create(source=of.fixture("bank"), external_id=f"M-{number}")


def resolution(of: ApiTests) -> CounterpartyResolution:
    made: CounterpartyResolution = counterparty_resolve(
        actor=of.fixture("lead"), counterparty=counterparty(of), customer=customer(of), reason="The same passport."
    )
    return made


def customer(of: ApiTests, **changes: Any) -> Customer:
    number = 100 + Customer.objects.count()
    add(of.fixture("admin"), of.fixture("bank"), person(number, **changes))
    return Customer.objects.latest("pk")


def tied(of: ApiTests) -> AccountParty:
    add(of.fixture("admin"), of.fixture("bank"), party(customer=customer(of).external_id), kind="account_party")
    return AccountParty.objects.latest("pk")


def related(of: ApiTests) -> PartyRelation:
    rows = [relation(customer(of).external_id, customer(of).external_id)]
    add(of.fixture("admin"), of.fixture("bank"), *rows, kind="relation")
    return PartyRelation.objects.latest("pk")
