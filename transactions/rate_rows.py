"""Rows of exchange rates: pure functions from a raw row to a rate, or to the reason why not."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from finobs.core import money
from finobs.core.text import DeceptiveText, clean
from finobs.ledger.canonical import canonical

from .amounts import NumberText
from .choices import QuarantineReason
from .field_sources import FieldSource
from .identifiers import is_nothing
from .mappings import Mapping
from .reference_data import CURRENCIES
from .row_details import in_capitals
from .row_faults import RowFault, missing, not_text, quoted
from .row_validation import RawRow

RATE_FIELDS: Final = ("base", "quote", "rate", "date", "source")
MAX_SOURCE_LENGTH: Final = 40
# Of decimal(24, 12): beyond it a rate would be rounded by one database and refused by the other.
MAX_PLACES: Final = 12
MIN_DATE: Final = date(1970, 1, 1)


class RateRow(NamedTuple):
    """One unit of `base` is `rate` units of `quote`."""

    base: str
    quote: str
    day: date
    source: str
    rate: Decimal

    @property
    def key(self) -> tuple[str, str, date, str]:
        return self.base, self.quote, self.day, self.source

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes."""
        content = {
            "base": self.base, "quote": self.quote, "date": self.day.isoformat(), "source": self.source,
            "rate": rate_text(self.rate),
        }  # fmt: skip
        return hashlib.sha256(canonical(content)).digest()


def rate_text(rate: Decimal) -> str:
    """A rate in its one form.

    >>> rate_text(Decimal("1.080000000000"))
    '1.08'
    """
    return format(rate.normalize(), "f")


def rate_mapping(published_by: str = "") -> Mapping:
    """Columns named as the fields; `published_by` in place of a column of sources."""
    sources = {name: FieldSource(column=name) for name in RATE_FIELDS}
    if published_by:
        sources["source"] = FieldSource(value=published_by)
    return Mapping(sources)


def read_rate(raw: RawRow, today: date) -> RateRow:
    """The rate. Raises RowFault."""
    if raw.fault:
        raise raw.fault
    fields = raw.fields
    if unknown := sorted(str(name) for name in fields if name not in RATE_FIELDS):
        names = ", ".join(map(quoted, unknown[:5]))
        raise RowFault(QuarantineReason.UNKNOWN_FIELD, f"A rate has no field named {names}.")
    base, quote = _currency(fields.get("base"), "base"), _currency(fields.get("quote"), "quote")
    if base == quote:
        raise RowFault(QuarantineReason.CURRENCY, f"base and quote are both {base}.")
    return RateRow(
        base, quote, _date(fields.get("date"), today), _source(fields.get("source")), _rate(fields.get("rate"))
    )


def _currency(value: Any, name: str) -> str:
    if is_nothing(value):
        missing(name, value)
    if not isinstance(value, str):
        not_text(value, name)
    code = in_capitals(value.strip())
    if code not in CURRENCIES:
        raise RowFault(QuarantineReason.CURRENCY, f"{name} is {quoted(value)}, which is no ISO 4217 code finobs knows.")
    return code


def _source(value: Any) -> str:
    if is_nothing(value):
        missing("source", value)
    if not isinstance(value, str):
        not_text(value, "source")
    try:
        text = clean(value)
    except DeceptiveText as error:
        raise RowFault(QuarantineReason.CHARACTERS, f"source {error}.") from None
    if len(text) > MAX_SOURCE_LENGTH:
        raise RowFault(QuarantineReason.TOO_LONG, f"source has more than {MAX_SOURCE_LENGTH} characters.")
    return text


def _date(value: Any, today: date) -> date:
    if is_nothing(value):
        missing("date", value)
    try:
        day = value.date() if isinstance(value, datetime) else date.fromisoformat(str(value).strip())
    except ValueError:
        raise RowFault(QuarantineReason.DATE, f"date is {quoted(value)}; write it as 2026-03-31.") from None
    if not MIN_DATE <= day <= today + timedelta(days=1):
        raise RowFault(QuarantineReason.DATE, f"date is {day}: before 1970, or nobody knows its rate yet.")
    return day


def _rate(value: Any) -> Decimal:
    if is_nothing(value):
        missing("rate", value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        not_text(value, "rate")
    text = str(value).strip()
    if len(text) > 40 or not money.DECIMAL.fullmatch(text):
        raise RowFault(QuarantineReason.AMOUNT, f"rate is {quoted(text)}, which is no decimal number.")
    rate = Decimal(text)
    if isinstance(value, NumberText) and value.max_exact and len(rate.normalize().as_tuple().digits) > 15:
        raise RowFault(QuarantineReason.AMOUNT, f"rate is {quoted(text)} of a type that may have cut its digits.")
    if rate <= 0:
        raise RowFault(QuarantineReason.AMOUNT, f"rate is {quoted(text)}; it must be above zero.")
    places = -int(rate.normalize().as_tuple().exponent)
    if places > MAX_PLACES or rate.adjusted() >= MAX_PLACES:
        raise RowFault(
            QuarantineReason.AMOUNT, f"rate is {quoted(text)}: it has more than {MAX_PLACES} places, or digits before."
        )
    return rate
