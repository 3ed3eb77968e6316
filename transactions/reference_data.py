"""Which currencies and countries there are."""

from __future__ import annotations

from typing import Final

import moneyed
from babel import Locale

from finobs.core import money

# Codes of ISO 4217 for "no currency" and for tests, and what moneyed uses for "not said".
_NO_MONEY = {"XXX", "XTS", "XYZ"}
CURRENCIES: Final[dict[str, int]] = {
    code: money.exponent(code) for code in sorted(moneyed.CURRENCIES) if code not in _NO_MONEY
}

# CLDR knows a few codes of two letters that stand for no place on ISO 3166-1 (XK, Kosovo, is in general use).
_NO_COUNTRY = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
COUNTRIES: Final[frozenset[str]] = frozenset(
    code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY
)
