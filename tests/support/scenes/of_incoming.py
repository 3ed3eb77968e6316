"""Transactions, labels, quarantine, sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finobs.core import clock
from tests import factories
from transactions import services as transactions
from transactions.choices import IngestMethod, LabelOrigin
from transactions.models import QuarantinedRow
from transactions.row_validation import RawRow

from .scene import (
    REASON,
    Scene,
    by_admin,
    numbers,
    own,
    scene,
    superuser,
)


def row(**changes: Any) -> RawRow:
    fields = {
        "external_id": f"N-{next(numbers)}", "account": "A-1", "occurred_at": "2026-03-02T12:00:00Z",
        "amount": "12.50", "currency": "USD",
    }  # fmt: skip
    return RawRow(fields | changes)


@scene
def of_ingest() -> Scene:
    source, rows = factories.source(), [row()]
    return by_admin(lambda actor: transactions.ingest(actor=actor, source=source, rows=rows, method=IngestMethod.REST))


@scene
def of_labels_add() -> Scene:
    known = factories.transaction()
    label = {"external_id": known.external_id, "is_suspicious": "true", "label_known_at": "2026-03-20T00:00:00Z"}
    return by_admin(lambda actor: transactions.labels_add(actor=actor, source=known.source, rows=[RawRow(label)]))


@scene
def of_label_add() -> Scene:
    known = factories.transaction()
    return own(
        lambda actor: transactions.label_add(
            actor=actor, transactions=[known.pk], origin=LabelOrigin.CASE, is_suspicious=True, known_at=clock.now()
        )
    )


def on_quarantined(act: Callable[..., Any], **fields: Any) -> Scene:
    source = factories.source()
    transactions.ingest(actor=superuser(), source=source, rows=[row(amount="ten")], method=IngestMethod.FILE)
    quarantined = QuarantinedRow.objects.get(source=source)
    return by_admin(lambda actor: act(actor=actor, row=quarantined, **fields))


@scene
def of_quarantine_correct() -> Scene:
    return on_quarantined(transactions.quarantine_correct, fields=dict(row().fields), version=1)


@scene
def of_quarantine_release() -> Scene:
    return on_quarantined(transactions.quarantine_release, reason=REASON)


@scene
def of_quarantine_discard() -> Scene:
    return on_quarantined(transactions.quarantine_discard, reason=REASON)


@scene
def of_source_create() -> Scene:
    slug = f"source-of-{next(numbers)}"
    return by_admin(lambda actor: transactions.source_create(actor=actor, slug=slug))


@scene
def of_source_change() -> Scene:
    source = factories.source()
    return by_admin(lambda actor: transactions.source_change(actor=actor, source=source, name="Another name"))
