"""An account is the one that is meant, however a person writes its id, in every list that is filtered by it."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from transactions.choices import IngestMethod
from transactions.identifier_filter import IdentifierFilter
from transactions.models import Account
from transactions.row_validation import RawRow
from transactions.services import ingest

IBAN = "DE89370400440532013000"
WRITINGS = [IBAN, "DE89 3704 0044 0532 0130 00", "de89 3704 0044 0532 0130 00", " DE89-3704-0044-0532-0130-00 "]


def filter_sets() -> list[type]:
    from cases.filters import CaseFilter, IncidentFilter
    from detection.alerts.filters import AlertFilter
    from transactions.filters import LabelFilter, TransactionFilter

    return [CaseFilter, IncidentFilter, AlertFilter, TransactionFilter, LabelFilter]


def test_every_filter_by_the_id_of_a_source_reads_it_as_ingestion_does():
    by_id = {
        f"{each.__name__}.{name}": declared
        for each in filter_sets()
        for name, declared in each.base_filters.items()  # type: ignore[attr-defined]
        if declared.field_name.endswith("external_id")
    }
    assert len(by_id) == 10
    assert [name for name, declared in by_id.items() if not isinstance(declared, IdentifierFilter)] == []


@pytest.mark.parametrize("writing", WRITINGS)
def test_transactions_of_an_account_are_listed_however_it_is_written(db, admin, writing):
    row = {"account": writing, "occurred_at": "2025-01-05T12:00:00Z", "amount": "5", "currency": "EUR"}
    rows = [RawRow({**row, "external_id": f"T-{number}", "account": each}) for number, each in enumerate(WRITINGS)]
    ingest(actor=admin, source=factories.source("bank"), rows=rows, method=IngestMethod.REST)
    assert Account.objects.get().external_id == IBAN
    client = Client()
    client.force_login(admin)
    listed = client.get("/api/v1/transactions", {"account": writing}).json()["results"]
    assert len(listed) == len(WRITINGS)
