"""Numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from finobs.core import money
from finobs.core.errors import Invalid

# Of a feature's value and the currency of its amounts.
ValueFormat = Callable[[float, str], str]

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A float32 holds about seven digits: what is larger is not known to the cent.
MAX_EXACT_TO_THE_CENT = 100_000


def number(value: float) -> str:
    """As many digits as a person reads."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def counted(value: float, what: str) -> str:
    """ "1 transaction", "2 transactions"."""
    return f"{number(value)} {what}{'' if value == 1 else 's'}"


def window(days: str) -> str:
    return "1 day" if days == "1" else f"{days} days"


def sum_of_money(value: float, currency: str) -> str:
    """A feature's amount, in major units: "$1,234.50"; beyond what a float32 knows, without cents."""
    places, before, after = _currency_format(currency)
    if abs(value) >= MAX_EXACT_TO_THE_CENT:
        places = 0
    return f"{before}{value:,.{places}f}{after}"


@cache
def _currency_format(currency: str) -> tuple[int, str, str]:
    """Decimal places of a currency, and what stands before and after the number. Formatting by locale is slow."""
    try:
        before, _, after = money.display(10 ** money.exponent(currency), currency).partition("1")
    except Invalid:
        return 2, "", ""
    return money.exponent(currency), before, after.lstrip(".0")


def in_money(value: float, currency: str) -> str:
    return sum_of_money(value, currency)


def in_log_money(value: float, currency: str) -> str:
    return sum_of_money(math.expm1(value), currency)


def yes(value: float, _: str) -> str:
    return "yes" if value > 0.5 else "no"


def clock(value: float, _: str) -> str:
    """From hours."""
    minutes = round(value * 60) % 1440
    return f"{minutes // 60:02}:{minutes % 60:02} UTC"


def weekday(value: float, _: str) -> str:
    return DAYS[int(value) % 7]


def waited(value: float, _: str) -> str:
    """From the log of seconds."""
    seconds = math.expm1(value)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def share(value: float, _: str) -> str:
    return f"{value:.1%}"


def small_share(value: float, _: str) -> str:
    """A share of which a thousandth says something too."""
    return f"{value:.3%}" if 0 < value < 0.001 else share(value, "")


def times(value: float, _: str) -> str:
    return f"{value:,.0f} times" if value >= 100 else f"{value:,.1f} times"


def plain(value: float, _: str) -> str:
    return number(value)


def deviations(value: float, _: str) -> str:
    return f"{value:+,.1f} deviations"
