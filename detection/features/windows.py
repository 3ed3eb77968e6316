"""The numpy kernel: the history of very many rows at once, as whole numbers. `query` is the definition it agrees with.

Sort by (entity, time, id), find where each window begins by `searchsorted`, take differences of prefix sums. All
sums are of whole minor units, so nothing drifts; int64 may wrap in a prefix, never in a window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

DAY = 86_400_000_000  # microseconds
WINDOWS = (1, 7, 30)
RISK_WINDOWS = (1, 3, 7, 14, 21, 30)
LONGEST = 30
# A transaction counts as looked at by somebody once it is this old; what is younger has had no time for an outcome.
MATURE = 7
HORIZON = LONGEST + MATURE
# Squares are summed as three exact parts of (high * 2^24 + low): amounts up to 2^47 minor units, beyond it cut.
LOW_BITS = 24
LARGEST = (1 << 47) - 1

ACCOUNT = (
    *(f"account_{what}_{days}" for days in WINDOWS for what in ("count", "sum")),
    *(f"account_{part}_{days}" for days in (7, 30) for part in ("hh", "hl", "ll")),
    "account_since", "account_round_30", "account_frauds_7", "account_frauds_30", "pair_count_30", "country_count_30",
)  # fmt: skip
COUNTERPARTY = (
    *(f"counterparty_{what}_{days}" for days in WINDOWS for what in ("count", "sum")),
    *(f"counterparty_{part}_30" for part in ("hh", "hl", "ll")),
    "counterparty_since",
    *(f"counterparty_{what}_{days}" for days in RISK_WINDOWS for what in ("mature", "frauds")),
)
NAMES = (*ACCOUNT, *COUNTERPARTY)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Transactions confirmed as suspicious: whose, when they occurred, since when it is known (microseconds)."""

    account: Ints
    counterparty: Ints
    occurred: Ints
    known: Ints


@dataclass(frozen=True, slots=True)
class History:
    """Rows as arrays. Entities are numbers of one's own choosing, -1 for none; one entity per currency.

    `pair` is the account with its counterparty, `country` the account with the country.
    """

    id: Ints
    time: Ints
    amount: Ints
    is_round: Ints
    account: Ints
    counterparty: Ints
    pair: Ints
    country: Ints

    def taken(self, order: Ints) -> History:
        return History(*(getattr(self, each.name)[order] for each in fields(self)))


def statistics(history: History, outcomes: Outcomes, wanted: Ints) -> dict[str, Ints]:
    """NAMES -> one whole number for each of the rows at the indexes `wanted`, from all rows before it.

    Before it: (time, id) is less. Windows are (t - w, t]. `since` is microseconds, -1 for nobody in 30 days.
    """
    import numpy as np

    order = np.lexsort((history.id, history.time))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    rows, at = history.taken(order), place[wanted]
    clock = _Clock(rows.time, rows.time[at])
    found: dict[str, Ints] = {}
    _entity(found, "account", _Stream(rows.account, clock, at), rows, (7, 30))
    _entity(found, "counterparty", _Stream(rows.counterparty, clock, at), rows, (30,))
    stream = _Stream(rows.account, clock, at)
    found["account_round_30"] = stream.total(rows.is_round, stream.since(LONGEST))
    for name in ("pair", "country"):
        stream = _Stream(getattr(rows, name), clock, at)
        found[f"{name}_count_30"] = stream.count(stream.since(LONGEST))
    stream = _Stream(rows.counterparty, clock, at)
    until = stream.since(MATURE)
    for days in RISK_WINDOWS:
        found[f"counterparty_mature_{days}"] = stream.only(until - stream.since(MATURE + days))
    now = rows.time[at]
    for days in (7, 30):
        found[f"account_frauds_{days}"] = _confirmed(outcomes.account, outcomes, rows.account[at], now, days)
    for days in RISK_WINDOWS:
        counted = _confirmed(outcomes.counterparty, outcomes, rows.counterparty[at], now, days)
        found[f"counterparty_frauds_{days}"] = counted
    return {name: found[name] for name in NAMES}


def parts(amount: Ints) -> tuple[Ints, Ints, Ints]:
    """The three parts that squares are summed in."""
    import numpy as np

    cut = np.minimum(amount, LARGEST)
    high, low = cut >> LOW_BITS, cut & ((1 << LOW_BITS) - 1)
    return high * high, high * low, low * low


class _Clock:
    """Times as ranks among all rows' times, so that an entity and a moment make one sortable number."""

    def __init__(self, times: Ints, now: Ints) -> None:
        self.times, self.now = times, now
        self.ranks = self.rank(times)
        self._known: dict[int, Ints] = {}

    def rank(self, moments: Ints) -> Ints:
        """How many rows occurred until then."""
        return self.times.searchsorted(moments, side="right")

    def ago(self, days: int) -> Ints:
        if days not in self._known:
            self._known[days] = self.rank(self.now - days * DAY)
        return self._known[days]


class _Stream:
    """Rows by entity. A start is the place, in that order, of the first row of the window."""

    def __init__(self, key: Ints, clock: _Clock, at: Ints) -> None:
        import numpy as np

        self.clock, self.key = clock, key[at]
        self.order = np.argsort(key, kind="stable")
        place = np.empty(len(key), dtype=np.int64)
        place[self.order] = np.arange(len(key))
        self.place = place[at]
        self.known = self.key >= 0
        dense = np.unique(key, return_inverse=True)[1] if len(key) and key.max() > 1 << 30 else key
        self.span = len(key) + 1
        self.base = dense[at] * self.span
        self.sorted = (dense * self.span + clock.ranks)[self.order]

    def since(self, days: int) -> Ints:
        found: Ints = self.sorted.searchsorted(self.base + self.clock.ago(days), side="right")
        return found

    def only(self, values: Ints, otherwise: int = 0) -> Ints:
        """Rows without an entity have no history."""
        import numpy as np

        return np.where(self.known, values, otherwise)

    def count(self, start: Ints) -> Ints:
        return self.only(self.place - start)

    def total(self, values: Ints, start: Ints) -> Ints:
        import numpy as np

        sums = np.zeros(len(values) + 1, dtype=np.int64)
        np.cumsum(values[self.order], out=sums[1:])
        return self.only(sums[self.place] - sums[start])

    def last(self, start: Ints) -> Ints:
        """Microseconds since the row before, -1 if the window holds none."""
        import numpy as np

        before = self.clock.times[self.order[np.maximum(self.place - 1, 0)]]
        return self.only(np.where(self.place > start, self.clock.now - before, -1), -1)


def _entity(found: dict[str, Ints], name: str, stream: _Stream, rows: History, squared: tuple[int, ...]) -> None:
    total: Callable[[Ints, Ints], Ints] = stream.total
    for days in WINDOWS:
        start = stream.since(days)
        found[f"{name}_count_{days}"] = stream.count(start)
        found[f"{name}_sum_{days}"] = total(rows.amount, start)
    for part, values in zip(("hh", "hl", "ll"), parts(rows.amount), strict=True):
        for days in squared:
            found[f"{name}_{part}_{days}"] = total(values, stream.since(days))
    found[f"{name}_since"] = stream.last(stream.since(LONGEST))


def _confirmed(of: Ints, outcomes: Outcomes, key: Ints, now: Ints, days: int) -> Ints:
    """Outcomes that became known in (t - days, t], of transactions of the entity in (t - 37 days, t)."""
    import numpy as np

    start = np.maximum(outcomes.known, outcomes.occurred + 1)
    end = np.minimum(outcomes.known + days * DAY, outcomes.occurred + HORIZON * DAY)
    kept = (end > start) & (of >= 0)
    begun, ended = _until(of[kept], start[kept], key, now), _until(of[kept], end[kept], key, now)
    return np.where(key >= 0, begun - ended, 0)


def _until(of: Ints, moments: Ints, key: Ints, now: Ints) -> Ints:
    """How many of these (entity, moment) are of the same entity and not after now."""
    import numpy as np

    if not len(of):
        return np.zeros(len(key), dtype=np.int64)
    order = np.lexsort((moments, of))
    times = np.sort(moments)
    entities, own = np.unique(of, return_inverse=True)
    number = np.minimum(np.searchsorted(entities, key), len(entities) - 1)
    span = len(of) + 1
    placed = own[order] * span + times.searchsorted(moments[order], side="right")
    base = number * span
    counted = placed.searchsorted(base + times.searchsorted(now, side="right"), side="right")
    return np.where(entities[number] == key, counted - placed.searchsorted(base, side="left"), 0)
