"""The API of what came in under what holds of every API (`tests.support.api`)."""

from __future__ import annotations

from typing import Any

from tests import factories
from tests.support.api import ApiActionTests, ApiDetailTests, ApiListTests, ApiTests
from transactions.choices import IngestMethod
from transactions.models import Batch, Label, QuarantinedRow
from transactions.services import ingest

from .conftest import fields, raw


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
