"""Control totals as senders write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from finobs.core import money
from finobs.core.errors import Invalid

from ..reference_data import CURRENCIES
from .standing import Totals

MAX_CONTROL_ROWS: Final = 10**12


def control_totals(rows: int, sums: Mapping[str, str]) -> Totals:
    """Totals from a number of rows and decimal text by currency. Raises Invalid."""
    if not 0 <= rows <= MAX_CONTROL_ROWS:
        raise Invalid(fields={"rows": [f"A whole number from 0 to {MAX_CONTROL_ROWS:,} is needed."]})
    return Totals(rows, {currency: _minor(currency, text) for currency, text in sorted(sums.items())})


def _minor(currency: str, text: str) -> int:
    if currency not in CURRENCIES:
        raise Invalid(fields={"sums": [f"{currency[:10]!r} is no ISO 4217 currency code."]})
    try:
        minor = money.to_minor(str(text), currency)
    except Invalid as error:
        raise Invalid(fields={"sums": [error.detail]}) from None
    if minor < 0:
        raise Invalid(fields={"sums": [f"Amounts have no sign, and neither has their sum: {str(text)[:40]}."]})
    return minor
