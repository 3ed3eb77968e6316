"""Which days are looked at: whole days in UTC, by when transactions occurred."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from finobs.core.errors import Invalid

DEFAULT_DAYS = 30
# Beyond it a page would read more rows than somebody waits for.
MAX_DAYS = 92
FIRST, LAST = date(1970, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class Window:
    """`first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    @property
    def query(self) -> str:
        return f"from={self.first}&to={self.last}"

    def moved(self, windows: int) -> Window | None:
        """The window of as many days that many windows later; None beyond the calendar."""
        step = timedelta(days=self.days * windows)
        try:
            return window(self.first + step, self.last + step)
        except (Invalid, OverflowError):
            return None


def window(first: date, last: date) -> Window:
    """Raises Invalid for days that are none, or too many."""
    if not FIRST <= first <= LAST:
        raise Invalid(fields={"from": [f"A day from {FIRST} to {LAST}."]})
    if not FIRST <= last <= LAST:
        raise Invalid(fields={"to": [f"A day from {FIRST} to {LAST}."]})
    if last < first:
        raise Invalid(fields={"to": ["The last day lies before the first."]})
    if (last - first).days >= MAX_DAYS:
        raise Invalid(fields={"to": [f"At most {MAX_DAYS} days at a time."]})
    return Window(first, last)


def requested_window(first: date | None, last: date | None, newest: datetime) -> Window:
    """The window of one or both days given; without any, the 30 days that end with the `newest` transaction's.

    Raises Invalid.
    """
    if first is None and last is None:
        last = min(max(newest.astimezone(UTC).date(), FIRST + timedelta(days=DEFAULT_DAYS)), LAST)
    if last is None and first is not None:
        last = min(first + timedelta(days=DEFAULT_DAYS - 1), LAST) if first <= LAST else first
    assert last is not None
    if first is None:
        first = max(last - timedelta(days=DEFAULT_DAYS - 1), FIRST) if last >= FIRST else last
    return window(first, last)
