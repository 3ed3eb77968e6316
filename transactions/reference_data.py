"""Which currencies and countries there are."""

from __future__ import annotations

from typing import Final

import moneyed
from babel import Locale
from babel.core import get_global

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

# Codes that people write for a country instead: of three letters, out of use, and of the EU's own list.
_OTHER_CODES: Final[dict[str, str]] = {
    code: names[0]
    for code, names in get_global("territory_aliases").items()
    if len(names) == 1 and names[0] in COUNTRIES
} | {"EL": "GR"}
_CODES_BY_NAME: Final[dict[str, str]] = {
    str(name).casefold(): code for code, name in Locale("en").territories.items() if code in COUNTRIES
}


_NAMES: Final[dict[str, str]] = {code: str(name) for code, name in Locale("en").territories.items()}
_SCRIPTS: Final[dict[str, str]] = {code: str(name) for code, name in Locale("en").scripts.items()}


def country_name(code: str) -> str:
    """What a country is called; a code of no country as it is.

    >>> country_name("DE"), country_name("??")
    ('Germany', '??')
    """
    return _NAMES.get(code, code)


def script_name(code: str) -> str:
    """What a script of ISO 15924 is called.

    >>> script_name("Latn")
    'Latin'
    """
    return _SCRIPTS.get(code, code)


def country_hint(text: str) -> str:
    """The code of ISO 3166-1 that `text` seems to mean; "" where there is no telling."""
    return _OTHER_CODES.get(text.upper(), "") or _CODES_BY_NAME.get(text.casefold(), "")
