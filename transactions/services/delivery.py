"""Deliveries: announced with their control totals, received batch by batch, ended, and looked at when they are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Sum

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.errors import Conflict, Invalid
from finobs.core.reads import first_or_not_found
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..choices import DeliveryFaultKind
from ..deliveries.business_days import business_dates, due_at
from ..deliveries.comparison import compare, lock_delivery, raise_fault, settle
from ..deliveries.control_totals import control_totals
from ..deliveries.standing import Totals
from ..file_names import plain_file_name
from ..models import (
    Batch,
    DeliveredRow,
    Delivery,
    DeliveryBatch,
    DeliveryFault,
    DeliveryFile,
    DeliverySchedule,
    Transaction,
)


@service
def delivery_open(*, actor: User, schedule: DeliverySchedule, business_date: date) -> Delivery:
    """The delivery for a business date, made if it is not there yet.

    Who may: `transaction:create`. Records `delivery.open`. Raises Invalid for a day on which none is expected.
    """
    # Locked: two clocks that wake at once make one row.
    rows = DeliverySchedule.objects.select_related("source").select_for_update(of=("self",))
    schedule = first_or_not_found(rows.filter(pk=schedule.pk))
    access.require(actor, "ingest", schedule.source)
    existing = Delivery.objects.filter(schedule=schedule, business_date=business_date).first()
    if existing is not None:
        return lock_delivery(existing.pk)
    if not list(business_dates(schedule, business_date, business_date)):
        raise Invalid(fields={"business_date": [f"{schedule} expects nothing for {business_date}."]})
    delivery = Delivery(schedule=schedule, business_date=business_date, due_at=due_at(schedule, business_date))
    compare(delivery, actor=actor, at=clock.now(), fields=set())
    data = {"schedule": str(schedule.pk), "business_date": business_date.isoformat()}
    record(actor=actor, action="delivery.open", subject=delivery, data=data)
    return delivery


@service
def delivery_announce(
    *, actor: User, delivery: Delivery, rows: int, sums: Mapping[str, str] | None = None, reason: str = "",
    version: int | None = None,
) -> Delivery:  # fmt: skip
    """Say how many rows a delivery has, and what they add up to by currency, as decimal text ("1234.50").

    The same again changes nothing. Other totals than those that were announced need a reason.
    Who may: `transaction:create`. Records `delivery.announce`. Raises Invalid, Conflict, Stale.
    """
    locked = lock_delivery(delivery.pk)
    access.require(actor, "receive", locked)
    require_version(locked, version)
    totals = control_totals(rows, sums or {})
    if locked.control_rows is not None:
        if Totals.of(locked.control_rows, locked.control_sums) == totals:
            return locked
        if not reason:
            raise Conflict("Other control totals were announced before: say why these are right.")
        require_reason(reason)
    locked.control_rows, locked.control_sums = totals.rows, totals.as_text()
    compare(locked, actor=actor, at=clock.now(), fields={"control_rows", "control_sums"})
    data: dict[str, Any] = {"rows": totals.rows, "sums": totals.as_text(), "reason": reason}
    record(actor=actor, action="delivery.announce", subject=locked, data=data)
    return locked


@service
def delivery_receive(*, actor: User, delivery: Delivery, batch: Batch, duplicates: Sequence[int] = ()) -> Delivery:
    """Count a batch for a delivery: its accepted rows, and `duplicates`, transactions that were in already, each once.

    Who may: `transaction:create`. Records `delivery.receive`. Raises Conflict for a batch that counts for another,
    Invalid for one of another source.
    """
    locked, at = lock_delivery(delivery.pk), clock.now()
    access.require(actor, "receive", locked)
    if batch.source_id != locked.schedule.source_id:
        raise Invalid(fields={"batch": [f"It is not of {locked.schedule.source}."]})
    linked = DeliveryBatch.objects.filter(batch=batch).first()
    if linked is not None and linked.delivery_id != locked.pk:
        raise Conflict(f"Batch {batch.pk} counts for another delivery already.")
    more = Totals()
    if linked is None:
        DeliveryBatch.objects.create(batch=batch, delivery=locked)
        more = _totals(Transaction.objects.filter(batch=batch))
    more = more.with_more(_duplicate_totals(locked, duplicates))
    locked.first_at = locked.first_at or at
    _add(locked, more)
    compare(locked, actor=actor, at=at, fields={"first_at", "received_rows", "received_sums"})
    data: dict[str, Any] = {"batch": str(batch.pk), "rows": more.rows, "sums": more.as_text()}
    record(actor=actor, action="delivery.receive", subject=locked, data=data)
    return locked


@service
def delivery_end(
    *, actor: User, delivery: Delivery, file_name: str = "", file_digest: bytes = b"", rows: int = 0
) -> Delivery:
    """Say that this is all of it: what is missing is missing from now on, and not only from the cut-off.

    file_digest: SHA-256 of a file that came, `rows` long; the same bytes again are told at once, and count once.
    Who may: `transaction:create`. Records `delivery.end`.
    """
    locked, at = lock_delivery(delivery.pk), clock.now()
    access.require(actor, "receive", locked)
    if file_digest:
        _raise_if_repeated(locked, file_name, file_digest, actor, at)
        DeliveryFile.objects.create(
            delivery=locked, file_name=plain_file_name(file_name), digest=file_digest, rows=rows, actor=actor,
            received_at=at,
        )  # fmt: skip
    locked.ended_at = at
    compare(locked, actor=actor, at=at, fields={"ended_at"})
    data: dict[str, Any] = {"rows": locked.received_rows, "state": str(locked.state)}
    record(actor=actor, action="delivery.end", subject=locked, data=data)
    return locked


@service
def delivery_fault_settle(*, actor: User, fault: DeliveryFault, reason: str, version: int | None = None) -> None:
    """Say that a fault is dealt with, and how. What is compared again and still wrong is raised anew.

    Who may: `transaction:create`. Records `delivery.fault_settle`. Raises Invalid, Conflict, Stale.
    """
    locked = first_or_not_found(DeliveryFault.objects.select_for_update().filter(pk=fault.pk))
    access.require(actor, "settle", locked)
    require_version(locked, version)
    require_reason(reason)
    if locked.settled_at is not None:
        raise Conflict("It is settled already.")
    settle(locked, actor=actor, at=clock.now(), reason=reason)


def _raise_if_repeated(delivery: Delivery, file_name: str, digest: bytes, actor: User, at: datetime) -> None:
    """Say so where the same bytes came for any day of the schedule before."""
    files = DeliveryFile.objects.select_related("delivery").filter(delivery__schedule=delivery.schedule, digest=digest)
    earlier = files.first()
    if earlier is not None:
        name, day = plain_file_name(file_name), earlier.delivery.business_date
        detail = f"{name} is, byte for byte, {earlier.file_name}, which came for {day} before."
        raise_fault(delivery, DeliveryFaultKind.REPEATED, detail, actor=actor, at=at)


def _totals(rows: Any) -> Totals:
    by_currency = rows.order_by().values("currency").annotate(number=Count("pk"), minor=Sum("amount_minor"))
    counted = [(each["currency"], each["number"], each["minor"]) for each in by_currency]
    return Totals(sum(number for _, number, _ in counted), {currency: int(minor) for currency, _, minor in counted})


def _duplicate_totals(delivery: Delivery, duplicates: Sequence[int]) -> Totals:
    """Of transactions that were in already: those that do not count for the delivery yet, which do from now on."""
    if not duplicates:
        return Totals()
    rows = Transaction.objects.filter(pk__in=duplicates, source=delivery.schedule.source)
    rows = rows.exclude(batch__of_delivery__delivery=delivery)
    counted = DeliveredRow.objects.filter(delivery=delivery, transaction__in=duplicates).values("transaction")
    new = list(rows.exclude(pk__in=counted).values_list("pk", flat=True))
    DeliveredRow.objects.bulk_create([DeliveredRow(delivery=delivery, transaction_id=pk) for pk in new])
    return _totals(Transaction.objects.filter(pk__in=new)) if new else Totals()


def _add(delivery: Delivery, more: Totals) -> None:
    totals = Totals.of(delivery.received_rows, delivery.received_sums).with_more(more)
    delivery.received_rows, delivery.received_sums = totals.rows, totals.as_text()
