"""Money: whole minor units and an ISO 4217 code inside, decimal where people and machines read.

Sums of integers are exact on every database and in every window; a decimal is made once, at the edge.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import Final

import moneyed
from moneyed.l10n import format_money

from .errors import Invalid

# BIGINT holds 9.2e18; ten times that room keeps sums over windows inside it.
MAX_MINOR = 10**17
# Decimal itself would also read 1_000, the digits of other scripts, and blanks around a number.
DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
# Three digits after a mark are a group of thousands as often as a fraction.
_GROUPED: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")

# On list one of ISO 4217, and not in moneyed yet; a test holds the whole list against it. All have hundredths.
for _code, _numeric, _name in (
    ("XAD", "396", "Arab Accounting Dinar"),
    ("XCG", "532", "Caribbean Guilder"),
    ("ZWG", "924", "Zimbabwe Gold"),
):
    if _code not in moneyed.CURRENCIES:
        moneyed.add_currency(_code, _numeric, sub_unit=100, name=_name)


@cache
def exponent(currency: str) -> int:
    """Decimal places of a currency: 2 for USD, 0 for JPY, 3 for BHD. Raises Invalid for an unknown code."""
    try:
        unit: int = moneyed.get_currency(currency).sub_unit
    except moneyed.CurrencyDoesNotExist:
        raise Invalid(f"{currency!r} is not an ISO 4217 currency code.") from None
    return len(str(unit)) - 1


def to_minor(amount: str | int | Decimal, currency: str) -> int:
    """Whole minor units. Raises Invalid for what is no finite number, too large, or finer than the currency.

    So it does for a text such as 1.000 of a currency with fewer places, which half of the world writes for a thousand.
    """
    places = exponent(currency)
    if isinstance(amount, str) and not DECIMAL.fullmatch(amount):
        raise Invalid(f"{amount[:40]!r} is not a decimal number.")
    if isinstance(amount, str) and places < 3 and _GROUPED.fullmatch(amount):
        raise Invalid(f"{amount!r} may be thousands or a fraction; {currency} has {places} decimal places.")
    value = Decimal(amount)
    if not value.is_finite():
        raise Invalid(f"{str(amount)[:40]!r} is not a finite amount.")
    # Zero has any exponent, 0E-999999 too.
    if not value:
        return 0
    sign, digits, finest = value.as_tuple()
    shift, coarsest = int(finest) + places, value.adjusted() + places
    if coarsest > 17:
        raise Invalid(f"{str(amount)[:40]} {currency} is larger than any amount this system accepts.")
    # In whole numbers: a decimal context rounds beyond its 28 digits, and makes nothing of 1E-999999999.
    whole = int("".join(map(str, digits)))
    minor, rest = (whole * 10**shift, 0) if shift >= 0 else divmod(whole, 10**-shift) if coarsest >= 0 else (0, whole)
    if rest:
        raise Invalid(f"{str(amount)[:40]} has more decimal places than {currency} has ({places}).")
    if minor > MAX_MINOR:
        raise Invalid(f"{str(amount)[:40]} {currency} is larger than any amount this system accepts.")
    return -minor if sign else minor


def to_decimal(minor: int, currency: str) -> Decimal:
    """The decimal amount of `minor` units, with exactly the currency's places."""
    return Decimal(minor).scaleb(-exponent(currency))


def text(minor: int, currency: str) -> str:
    """As machines write it: "1234.50"."""
    return f"{to_decimal(minor, currency):f}"


def display(minor: int, currency: str, locale: str = "en_US") -> str:
    """As people read it, with separators and sign of the currency: "$1,234.50"."""
    return format_money(moneyed.Money(to_decimal(minor, currency), currency), locale=locale)
