"""Several imports of the same rows at the same moment: each row is taken once, and nobody waits in a circle."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from tests import factories
from transactions import hooks
from transactions.choices import IngestMethod, QuarantineReason
from transactions.models import Account, QuarantinedRow, Transaction
from transactions.services import ingest

from .conftest import raw

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def feed(db):
    from finobs.accounts.roles import synchronise

    synchronise()
    return factories.user("feed", role="admin")


def together(jobs: list[Any]) -> list[Any]:
    def run(job: Any) -> Any:
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_the_same_rows_from_four_sides_are_accepted_once(feed, bank, monkeypatch):
    def assess(*, batch: Any, transactions: Any, **_: Any) -> list[hooks.AssessmentResult]:
        return [hooks.AssessmentResult(row.pk, "approve") for row in transactions]

    monkeypatch.setattr(hooks, "_assessor", assess)
    rows = [raw(n, account=f"A-{n % 17}", counterparty=f"M-{n % 13}") for n in range(400)]

    def job(seed: int) -> Any:
        mixed = random.Random(seed).sample(rows, len(rows))
        return lambda: [
            ingest(actor=feed, source=bank, rows=mixed[start : start + 150], method=IngestMethod.REST).batch
            for start in range(0, 400, 150)
        ]

    batches = [batch for done in together([job(seed) for seed in range(4)]) for batch in done]
    assert sum(batch.accepted for batch in batches) == 400
    assert sum(batch.duplicate for batch in batches) == 1200
    assert Transaction.objects.count() == 400
    assert Account.objects.count() == 17
    for batch in batches:
        positions = batch.transactions.order_by("position").values_list("position", flat=True)
        assert list(positions) == list(range(batch.accepted))


def test_of_two_contents_under_one_id_one_wins_and_the_other_is_kept(feed, bank):
    def job(amount: str) -> Any:
        rows = [raw(n, amount=amount) for n in range(150)]
        return lambda: ingest(actor=feed, source=bank, rows=rows, method=IngestMethod.REST)

    together([job("1.00"), job("2.00")])
    assert Transaction.objects.count() == 150
    assert QuarantinedRow.objects.filter(reason=QuarantineReason.CONFLICT).count() == 150
