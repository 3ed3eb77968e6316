"""Numbers as people read them. Values of a feature come as a list: some are shown as one, as sine and cosine are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache

from finobs.core import money
from finobs.core.errors import Invalid

Values = Sequence[float]
Show = Callable[[Values, str], str]

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A float32 holds about seven digits: what is larger is not known to the cent.
KNOWN_TO_THE_CENT = 100_000


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
    places, before, after = _written(currency)
    if abs(value) >= KNOWN_TO_THE_CENT:
        places = 0
    return f"{before}{value:,.{places}f}{after}"


@cache
def _written(currency: str) -> tuple[int, str, str]:
    """Decimal places of a currency, and what stands before and after the number. Formatting by locale is slow."""
    try:
        before, _, after = money.display(10 ** money.exponent(currency), currency).partition("1")
    except Invalid:
        return 2, "", ""
    return money.exponent(currency), before, after.lstrip(".0")


def in_money(values: Values, currency: str) -> str:
    return sum_of_money(values[0], currency)


def in_log_money(values: Values, currency: str) -> str:
    return sum_of_money(math.expm1(values[0]), currency)


def yes(values: Values, _: str) -> str:
    return "yes" if values[0] > 0.5 else "no"


def clock(values: Values, _: str) -> str:
    """From its sine and cosine, or from hours."""
    hours = values[0] if len(values) == 1 else math.atan2(values[0], values[1]) * 12 / math.pi % 24
    minutes = round(hours * 60) % 1440
    return f"{minutes // 60:02}:{minutes % 60:02} UTC"


def weekday(values: Values, _: str) -> str:
    return DAYS[int(values[0]) % 7]


def waited(values: Values, _: str) -> str:
    """From the log of seconds."""
    seconds = math.expm1(values[0])
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def share(values: Values, _: str) -> str:
    return f"{values[0]:.1%}"


def small_share(values: Values, _: str) -> str:
    """A share of which a thousandth says something too."""
    return f"{values[0]:.3%}" if 0 < values[0] < 0.001 else share(values, "")


def times(values: Values, _: str) -> str:
    return f"{values[0]:,.0f} times" if values[0] >= 100 else f"{values[0]:,.1f} times"


def plain(values: Values, _: str) -> str:
    return number(values[0])


def deviations(values: Values, _: str) -> str:
    return f"{values[0]:+,.1f} deviations"
