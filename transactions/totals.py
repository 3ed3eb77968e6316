"""Sums of transactions: by currency, exactly, and in one currency at the rates of a day that is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .choices import Direction
from .conversion import ConvertedTotal, converted_total


@dataclass(slots=True)
class CurrencyTotal:
    """What went in and out in one currency, in minor units, and in how many transactions."""

    currency: str
    into: int = 0
    out: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class TransactionTotals:
    """rows: by currency, in the order of their codes. into, out: all of them in one currency, or which have no rate;
    None where there is only that one, or none was named."""

    rows: list[CurrencyTotal]
    into: ConvertedTotal | None = None
    out: ConvertedTotal | None = None


def totals_of(sums: Iterable[tuple[str, str, int, int]], to: str, on: date) -> TransactionTotals:
    """Of (currency, direction, sum in minor units, count) of each."""
    by_currency: dict[str, CurrencyTotal] = {}
    for currency, direction, total, count in sums:
        row = by_currency.setdefault(currency, CurrencyTotal(currency))
        row.count += count
        if direction == Direction.IN:
            row.into += int(total)
        else:
            row.out += int(total)
    rows = [by_currency[currency] for currency in sorted(by_currency)]
    if not to or by_currency.keys() <= {to}:
        return TransactionTotals(rows)
    into, out = {row.currency: row.into for row in rows}, {row.currency: row.out for row in rows}
    return TransactionTotals(rows, converted_total(into, to, on), converted_total(out, to, on))
