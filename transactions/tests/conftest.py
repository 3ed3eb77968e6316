"""A source, and an assessor that approves everything, so that these tests are about what comes in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests import factories
from transactions import hooks
from transactions.models import Source
from transactions.row_validation import RawRow


class Assessor:
    """Approves; remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, *, batch: Any, transactions: Sequence[Any], **_: Any) -> list[hooks.AssessmentResult]:
        self.seen += [row.external_id for row in transactions]
        return [hooks.AssessmentResult(row.pk, "approve", 0.25) for row in transactions]


@pytest.fixture(autouse=True)
def assessor(monkeypatch) -> Assessor:
    made = Assessor()
    monkeypatch.setattr(hooks, "_assessor", made)
    return made


@pytest.fixture
def bank(db: None) -> Source:
    return factories.source("bank", name="Bank")


def fields(number: int = 1, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "external_id": f"T-{number}", "account": "A-1", "counterparty": "M-1", "occurred_at": "2026-03-02T12:00:00Z",
        "amount": "12.50", "currency": "USD", "channel": "card", "country": "DE", "memo": "Grüße",
    }  # fmt: skip
    given.update(changes)
    return {name: value for name, value in given.items() if value is not ...}


def raw(number: int = 1, **changes: Any) -> RawRow:
    return RawRow(fields(number, **changes))
