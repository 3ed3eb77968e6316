"""What was announced of a delivery beside what is in, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from finobs.core import money

from ..models import Delivery


@dataclass(frozen=True, slots=True)
class TotalsRow:
    """One line of the comparison: rows, or a currency. `control` and `difference` are None where nothing was said."""

    name: str
    received: Any
    control: Any
    difference: Any


def totals_table(delivery: Delivery) -> list[TotalsRow]:
    """What was announced beside what is in."""
    control = delivery.control_rows
    difference = None if control is None else delivery.received_rows - control
    table = [TotalsRow("Rows", delivery.received_rows, control, difference)]
    for currency in sorted(delivery.received_sums.keys() | delivery.control_sums.keys()):
        is_, should = (_amount(sums, currency) for sums in (delivery.received_sums, delivery.control_sums))
        stated = should if delivery.control_sums else None
        table.append(TotalsRow(currency, is_, stated, None if stated is None else is_ - stated))
    return table


def _amount(sums: Mapping[str, str], currency: str) -> Any:
    return money.to_decimal(int(sums.get(currency, 0)), currency)
