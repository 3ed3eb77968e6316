"""Dates as files write them. A mapping says the format; no date is guessed from its digits.

Formats are strptime's, of those directives that mean the same everywhere, and five names:

    excel    days since 1899-12-30, as spreadsheets count: 45012.5208; to the millisecond
    unix     seconds since 1970-01-01 UTC, and unix_ms, milliseconds
    iso      ISO 8601, what is read where no format is said
    hours since 2023-01-01   (or seconds, minutes, days; and any date of ISO 8601), as simulations count their steps
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache, partial
from typing import Final

MAX_LENGTH: Final = 40
EXCEL_EPOCH: Final = datetime(1899, 12, 30)
_UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,18})?")
_SINCE: Final = re.compile("(seconds|minutes|hours|days) since (.{10,40})")
# The extended format, with what Python reads of it.
_ISO: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]+)?)?)?(?:[Zz]| ?[+-][0-9:]+)?)?"
)
_DIRECTIVE: Final = re.compile("%(.?)")
# %Z reads names of zones and forgets them; %c, %x and %X depend on the machine.
_DIRECTIVES: Final = frozenset("dmbByYHIMSfpzaA%")
_ADJACENT: Final = re.compile("%[dmyYHIMSf]%[dmyYHIMSf]")


def iso_moment(text: str) -> datetime:
    """A date, or a date and time, of ISO 8601. Raises ValueError in words that continue the field's value."""
    if len(text) > MAX_LENGTH or not _ISO.fullmatch(text):
        raise ValueError("; write it as 2026-03-31T14:05:00Z, or say its format in the mapping.")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(", which is no date and time of the calendar.") from None


@lru_cache(maxsize=64)
def date_reader(format: str) -> Callable[[str], datetime]:
    """What reads a text of this format. Raises ValueError, in words, for a format that is none.

    The reader raises ValueError in words that continue the field's value.
    """
    if format in _NAMED:
        return _NAMED[format]
    if since := _SINCE.fullmatch(format):
        return _since(since[1], since[2])
    directives = _DIRECTIVE.findall(format)
    if unknown := [f"%{each}" for each in directives if each not in _DIRECTIVES]:
        raise ValueError(f"the format knows no {', '.join(unknown)}")
    used = set(directives)
    if not (used & {"y", "Y"} and used & {"m", "b", "B"} and "d" in used):
        raise ValueError(f"a format has day, month and year, as %d.%m.%Y, or is one of {', '.join(_NAMED)}")
    if ("p" in used) != ("I" in used) or {"H", "I"} <= used:
        raise ValueError("hours are %H, or %I with %p")
    if len(directives) != len(used | {"%"} & used):
        raise ValueError("the format says something twice")
    return partial(_formatted, format)


def _since(unit: str, epoch_text: str) -> Callable[[str], datetime]:
    try:
        epoch = datetime.fromisoformat(epoch_text)
    except ValueError:
        raise ValueError(f"{epoch_text} is no date of ISO 8601 to count {unit} from") from None
    seconds = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}[unit]
    return lambda text: _after(epoch, int(_number(text, f"{unit} since {epoch_text}") * seconds * 1_000_000))


def _formatted(format: str, text: str) -> datetime:
    try:
        moment = datetime.strptime(text, format)
        # Without marks between them digits can be shared out in several ways (2025117).
        if _ADJACENT.search(format) and moment.strftime(format).lower() != text.lower():
            raise ValueError
    except ValueError:
        raise ValueError(f", which is no date and time written as {format}.") from None
    return moment


def _excel(text: str) -> datetime:
    return _after(EXCEL_EPOCH, 1_000 * round(_number(text, "days as a spreadsheet counts them") * 86_400_000))


def _unix(text: str) -> datetime:
    return _after(_UNIX_EPOCH, int(_number(text, "seconds since 1970") * 1_000_000))


def _unix_ms(text: str) -> datetime:
    return _after(_UNIX_EPOCH, int(_number(text, "milliseconds since 1970") * 1_000))


def _after(epoch: datetime, microseconds: int) -> datetime:
    try:
        return epoch + timedelta(microseconds=microseconds)
    except OverflowError:
        raise ValueError(", outside any calendar.") from None


def _number(text: str, what: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f", which is no number of {what}.")
    return Decimal(text)


_NAMED: Final[dict[str, Callable[[str], datetime]]] = {
    "iso": iso_moment, "excel": _excel, "unix": _unix, "unix_ms": _unix_ms,
}  # fmt: skip
