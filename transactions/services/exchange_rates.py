"""Exchange rates: taken in once each, from files, the API and the admin alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.db.bulk import MAX_ROWS_PER_STATEMENT
from finobs.core.db.locks import wait_for_lock
from finobs.core.errors import Invalid, TooLarge
from finobs.core.service import service
from finobs.ledger import merkle
from finobs.ledger.services import acting_user, leaf_hash, record

from ..choices import QuarantineReason, RateStatus
from ..file_names import plain_file_name
from ..models import ExchangeRate, ExchangeRateBatch
from ..rate_rows import RateRow, rate_text, read_rate
from ..row_validation import RawRow, RowFault
from .quarantine_add import printable_fields
from .row_batch import MAX_BATCH_SIZE

Key = tuple[str, str, date, str]


@dataclass(slots=True)
class RateResult:
    """What became of one row."""

    row_number: int
    status: RateStatus
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeRatesAddResult:
    """A batch of rates, and what became of each of its rows, in their order."""

    batch: ExchangeRateBatch
    rows: list[RateResult]


@service
def exchange_rates_add(
    *, actor: User, rows: Sequence[RawRow], file_name: str = "", first_row: int = 1
) -> ExchangeRatesAddResult:
    """Take up to 10,000 rates (base, quote, rate, date, source) in; each is of a day, and of who published it.

    Who may: `transaction:create`. Each is accepted, known already, or refused with the reason and kept with the batch:
    another rate of the same pair, day and source is refused, for nothing is overwritten. Records `rates.add` with the
    counts and the RFC 6962 root over the digests of the rates taken. Raises Invalid for no rows, TooLarge.
    """
    access.require(actor, "add", ExchangeRate)
    if not rows:
        raise Invalid("There are no rates.")
    if len(rows) > MAX_BATCH_SIZE:
        raise TooLarge(f"{len(rows):,} rates are more than one batch takes ({MAX_BATCH_SIZE:,}).")
    # One batch at a time: whether a rate is known is then known.
    wait_for_lock("transactions.exchange_rates")
    batch = ExchangeRateBatch(
        actor=acting_user(actor), file_name=plain_file_name(file_name), received_at=clock.now(), received=len(rows)
    )
    results, new = _compared(rows, batch, first_row)
    _save(actor, batch, rows, results, new)
    return ExchangeRatesAddResult(batch, results)


def _compared(
    rows: Sequence[RawRow], batch: ExchangeRateBatch, first_row: int
) -> tuple[list[RateResult], list[RateRow]]:
    """What becomes of each row, and the rates that are new."""
    read: list[RateRow | RowFault] = [_read(raw, batch.received_at.date()) for raw in rows]
    there = _existing([row for row in read if isinstance(row, RateRow)])
    results, new = [], []
    for number, row in enumerate(read, first_row):
        if isinstance(row, RowFault):
            results.append(RateResult(number, RateStatus.REFUSED, row.reason.value, row.detail))
        elif row.key not in there:
            there[row.key] = row.rate
            new.append(row)
            results.append(RateResult(number, RateStatus.ACCEPTED))
        elif there[row.key] == row.rate:
            results.append(RateResult(number, RateStatus.DUPLICATE))
        else:
            detail = (
                f"{row.source} said {rate_text(there[row.key])} of {row.base}/{row.quote} on {row.day}; that stays."
            )
            results.append(RateResult(number, RateStatus.REFUSED, QuarantineReason.CONFLICT.value, detail))
    return results, new


def _read(raw: RawRow, today: date) -> RateRow | RowFault:
    try:
        return read_rate(raw, today)
    except RowFault as fault:
        return fault


def _existing(rows: Sequence[RateRow]) -> dict[Key, Decimal]:
    """Rates of the pairs and days of `rows` that are in already."""
    if not rows:
        return {}
    days, pairs = [row.day for row in rows], {(row.base, row.quote) for row in rows}
    rates = ExchangeRate.objects.order_by().filter(
        base__in={base for base, _ in pairs},
        quote__in={quote for _, quote in pairs},
        date__range=(min(days), max(days)),
    )
    return {
        (base, quote, day, source): rate
        for base, quote, day, source, rate in rates.values_list("base", "quote", "date", "source", "rate")
    }


def _save(
    actor: User, batch: ExchangeRateBatch, raw: Sequence[RawRow], results: list[RateResult], new: list[RateRow]
) -> None:
    for status in RateStatus:
        setattr(batch, status.value, sum(result.status == status for result in results))
    batch.refusals = [
        {"row": result.row_number, "reason": result.reason, "detail": result.detail,
         "fields": printable_fields(row.fields)}
        for row, result in zip(raw, results, strict=True) if result.status == RateStatus.REFUSED
    ]  # fmt: skip
    batch.root = merkle.root([leaf_hash(row.digest) for row in new])
    batch.save(force_insert=True)
    rates = [
        ExchangeRate(batch=batch, base=row.base, quote=row.quote, date=row.day, source=row.source, rate=row.rate)
        for row in new
    ]
    ExchangeRate.objects.bulk_create(rates, batch_size=MAX_ROWS_PER_STATEMENT)
    data = {name: getattr(batch, name) for name in ("received", *RateStatus.values)}
    data |= {"file": batch.file_name, "root": batch.root.hex()}
    record(actor=actor, action="rates.add", subject=batch, data=data)
