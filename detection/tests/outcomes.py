"""Fifty days of transactions with outcomes, for what learns from them."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta

from detection.tests.places import batch
from tests import factories
from transactions.models import Account, Counterparty, Label, Source, Transaction

DAYS = 50
# After them, outcomes of all but the newest week are known.
NOW = factories.NOON + timedelta(days=DAYS)
KNOWN_AFTER = timedelta(days=3)


def lived(of: Source, a_day: int = 40, share: float = 0.06, seed: int = 1) -> list[Transaction]:
    """`a_day` transactions on each of 50 days; about `share` of them large, and most of these confirmed in three days."""
    chance = random.Random(seed)
    owners = [Account.objects.create(source=of, external_id=f"A-{number}") for number in range(20)]
    shops = [Counterparty.objects.create(source=of, external_id=f"M-{number}") for number in range(10)]
    into, rows, suspicious = batch(of, a_day * DAYS), [], []
    for number in range(a_day * DAYS):
        odd = chance.random() < share
        amount = round(chance.lognormvariate(8, 0.6) * (12 if odd else 1)) + 1
        at = factories.NOON + timedelta(days=number / a_day)
        row = Transaction(
            source=of, external_id=f"L-{number}", batch=into, position=number, account=chance.choice(owners),
            counterparty=chance.choice(shops), amount_minor=amount, currency="USD", occurred_at=at, received_at=at,
            digest=hashlib.sha256(f"L-{number}".encode()).digest(),
        )  # fmt: skip
        rows.append(row)
        suspicious.append(odd and chance.random() < 0.9)
    made = Transaction.objects.bulk_create(rows, batch_size=500)
    confirm([row for row, is_so in zip(made, suspicious, strict=True) if is_so])
    return made


def confirm(rows: list[Transaction], known_at: datetime | None = None) -> None:
    Label.objects.bulk_create(
        [Label(transaction=row, is_suspicious=True, known_at=known_at or row.occurred_at + KNOWN_AFTER) for row in rows]
    )
