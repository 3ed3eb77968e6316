"""The numpy kernel: the history of very many rows at once, as whole numbers. `query` is the definition it agrees with.

Sort by (entity, time, id), find where each window begins by `searchsorted`, take differences of prefix sums. All
sums are of whole minor units, so nothing drifts; int64 may wrap in a prefix, and a window's sum ends at 2^62.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from .wavelet_matrix import WaveletMatrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

DAY_MICROSECONDS = 86_400_000_000  # microseconds
WINDOWS = (1, 7, 30)
RISK_WINDOWS = (1, 3, 7, 14, 21, 30)
MAX_WINDOW = 30
# A transaction counts as looked at by somebody once it is this old; what is younger has had no time for an outcome.
LABEL_DELAY_DAYS = 7
HORIZON = MAX_WINDOW + LABEL_DELAY_DAYS
# Squares are summed as three exact parts of (high * 2^24 + low): amounts up to 2^47 minor units, beyond it cut.
LOW_BITS = 24
MAX_AMOUNT = (1 << 47) - 1
# No sum of a window says more than this: beyond it, two numbers would not fit into 64 bits any more.
MAX_SUM = 1 << 62
COARSE = 20  # bits that are left out to see whether a sum of 64 bits has overflowed

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
STATISTICS = (*ACCOUNT, *COUNTERPARTY)


@dataclass(frozen=True, slots=True)
class ConfirmedRows:
    """Transactions confirmed as suspicious: whose, when they occurred, since when it is known (microseconds).

    `after`: only rows with a greater id are told; `weight`: 1, or -1 for what was taken back from them on.
    """

    account: Ints
    counterparty: Ints
    occurred: Ints
    known: Ints
    after: Ints | None = None
    weight: Ints | None = None

    def taken(self, kept: Bools) -> ConfirmedRows:
        after, weight = (None if part is None else part[kept] for part in (self.after, self.weight))
        return ConfirmedRows(
            self.account[kept], self.counterparty[kept], self.occurred[kept], self.known[kept], after, weight
        )  # fmt: skip


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


def statistics(history: History, outcomes: ConfirmedRows, wanted: Ints, bound: Ints | None = None) -> dict[str, Ints]:
    """NAMES -> one whole number for each of the rows at the indexes `wanted`, from all rows before it.

    Before it: (time, id) is less, and, if given, the id is less than the row's `bound`; of outcomes, what is told to
    ids less than it. Windows are (t - w, t]. `since` is microseconds, -1 for nobody in 30 days.
    """
    import numpy as np

    order = np.lexsort((history.id, history.time))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    rows, at = history.taken(order), place[wanted]
    clock = _Clock(rows.time, rows.time[at])
    newer = None if bound is None else _newer(rows, at, bound)

    def stream_of(key: Ints) -> _Stream:
        if newer is None or bound is None:
            return _Stream(key, clock, at)
        return _BoundedStream(key, clock, at, rows.id, newer, bound)

    found: dict[str, Ints] = {}
    of_account, of_counterparty = stream_of(rows.account), stream_of(rows.counterparty)
    _entity(found, "account", of_account, rows, (7, 30))
    _entity(found, "counterparty", of_counterparty, rows, (30,))
    found["account_round_30"] = of_account.total(rows.is_round, of_account.since(MAX_WINDOW))
    for name in ("pair", "country"):
        stream = stream_of(getattr(rows, name))
        found[f"{name}_count_30"] = stream.count(stream.since(MAX_WINDOW))
    until = of_counterparty.since(LABEL_DELAY_DAYS)
    for days in RISK_WINDOWS:
        found[f"counterparty_mature_{days}"] = of_counterparty.between(
            of_counterparty.since(LABEL_DELAY_DAYS + days), until
        )
    now = rows.time[at]
    if len(now):
        outcomes = outcomes.taken(outcomes.known <= now.max())
    for days in (7, 30):
        found[f"account_frauds_{days}"] = _confirmed(outcomes.account, outcomes, rows.account[at], now, days, bound)
    for days in RISK_WINDOWS:
        counted = _confirmed(outcomes.counterparty, outcomes, rows.counterparty[at], now, days, bound)
        found[f"counterparty_frauds_{days}"] = counted
    return {name: found[name] for name in STATISTICS}


def _newer(rows: History, at: Ints, bound: Ints) -> Bools | None:
    """Which rows may not count for everybody: those with an id from the least bound that any row before it in the
    order of time breaks. None if there is no such bound, as in a file in the order of time."""
    import numpy as np

    broken = np.zeros(len(at), dtype=bool)
    ids = np.sort(rows.id)
    ranks, limit, span = np.searchsorted(ids, rows.id), np.searchsorted(ids, bound), len(ids) + 1
    for key in (rows.account, rows.counterparty):
        order = np.argsort(key, kind="stable")
        # The greatest id so far of each entity: entities rise, so that none reaches into the next.
        base = np.unique(key, return_inverse=True)[1].astype(np.int64) * span
        so_far = np.empty(len(key), dtype=np.int64)
        so_far[order] = np.maximum.accumulate((base + ranks)[order])
        broken |= (key[at] >= 0) & (so_far[at] > (base + ranks)[at]) & (so_far[at] - base[at] >= limit)
    return rows.id >= bound[broken].min() if broken.any() else None


def parts(amount: Ints) -> tuple[Ints, Ints, Ints]:
    """The three parts that squares are summed in."""
    import numpy as np

    cut = np.minimum(amount, MAX_AMOUNT)
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
            self._known[days] = self.rank(self.now - days * DAY_MICROSECONDS)
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
        return self.between(start, self.place)

    def between(self, start: Ints, end: Ints) -> Ints:
        return self.only(end - start)

    def total(self, values: Ints, start: Ints) -> Ints:
        """The sums of whole numbers, none below zero, each MOST_SUM at most."""
        import numpy as np

        found = self._total(values, start)
        if values.sum(dtype=np.float64) < MAX_SUM:
            return found
        is_more = self._total(values >> COARSE, start) >= (MAX_SUM + MAX_SUM // 2) >> COARSE
        return np.where(is_more, MAX_SUM, np.minimum(found, MAX_SUM))

    def _total(self, values: Ints, start: Ints) -> Ints:
        import numpy as np

        sums = np.zeros(len(values) + 1, dtype=np.int64)
        np.cumsum(values[self.order], out=sums[1:])
        return self.only(sums[self.place] - sums[start])

    def last(self, start: Ints) -> Ints:
        """Microseconds since the row before, -1 if the window holds none."""
        import numpy as np

        before = self.clock.times[self.order[np.maximum(self.place - 1, 0)]]
        return self.only(np.where(self.place > start, self.clock.now - before, -1), -1)


class _BoundedStream(_Stream):
    """Of the rows that are `newer`, only those with an id less than the row's bound count."""

    def __init__(self, key: Ints, clock: _Clock, at: Ints, ids: Ints, newer: Bools, bound: Ints) -> None:
        import numpy as np

        super().__init__(key, clock, at)
        self.newer = newer[self.order]
        self.ahead = np.concatenate(([0], np.cumsum(self.newer)))
        self.kept = self.order[self.newer]
        self.bounded = WaveletMatrix(ids[self.kept], bound)

    def between(self, start: Ints, end: Ints) -> Ints:
        first, last = self.ahead[start], self.ahead[end]
        return self.only(end - start - (last - first) + self.bounded.between(first, last))

    def _total(self, values: Ints, start: Ints) -> Ints:
        import numpy as np

        ordered = values[self.order]
        sums = np.concatenate(([0], np.cumsum(np.where(self.newer, 0, ordered))))
        new = self.bounded.between(self.ahead[start], self.ahead[self.place], ordered[self.newer])
        return self.only(sums[self.place] - sums[start] + new)

    def last(self, start: Ints) -> Ints:
        import numpy as np

        places = np.where(self.newer, -1, np.arange(len(self.newer)))
        older = np.concatenate(([-1], np.maximum.accumulate(places)))[self.place]
        times, longest = self.clock.times, np.iinfo(np.int64).min
        before = np.where(older >= start, times[self.order[older]], longest)
        new = self.bounded.last(self.ahead[start], self.ahead[self.place])
        before = np.maximum(before, np.where(new >= 0, times[self.kept[new]], longest))
        return self.only(np.where(before > longest, self.clock.now - before, -1), -1)


def _entity(found: dict[str, Ints], name: str, stream: _Stream, rows: History, squared: tuple[int, ...]) -> None:
    total: Callable[[Ints, Ints], Ints] = stream.total
    for days in WINDOWS:
        start = stream.since(days)
        found[f"{name}_count_{days}"] = stream.count(start)
        found[f"{name}_sum_{days}"] = total(rows.amount, start)
    for part, values in zip(("hh", "hl", "ll"), parts(rows.amount), strict=True):
        for days in squared:
            found[f"{name}_{part}_{days}"] = total(values, stream.since(days))
    found[f"{name}_since"] = stream.last(stream.since(MAX_WINDOW))


def _confirmed(of: Ints, outcomes: ConfirmedRows, key: Ints, now: Ints, days: int, bound: Ints | None) -> Ints:
    """Outcomes that became known in (t - days, t], of transactions of the entity in (t - 37 days, t)."""
    import numpy as np

    start = np.maximum(outcomes.known, outcomes.occurred + 1)
    end = np.minimum(outcomes.known + days * DAY_MICROSECONDS, outcomes.occurred + HORIZON * DAY_MICROSECONDS)
    kept = (end > start) & (of >= 0)
    after = None if outcomes.after is None or bound is None else outcomes.after[kept]
    weight = np.ones(kept.sum(), dtype=np.int64) if outcomes.weight is None else outcomes.weight[kept]
    asked = _Asked(of[kept], key, now, bound, after, weight)
    return np.where(key >= 0, asked.until(start[kept]) - asked.until(end[kept]), 0)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How much of what happened to entities (`of`, `weight`, `after`) was before each (`key`, `now`, `bound`)."""

    of: Ints
    key: Ints
    now: Ints
    bound: Ints | None
    after: Ints | None
    weight: Ints

    def until(self, moments: Ints) -> Ints:
        """The weight of what is of the same entity, told, and not after now, if it happened at `moments`."""
        import numpy as np

        of, key = self.of, self.key
        if not len(of):
            return np.zeros(len(key), dtype=np.int64)
        order = np.lexsort((moments, of))
        times = np.sort(moments)
        entities, own = np.unique(of, return_inverse=True)
        number = np.minimum(np.searchsorted(entities, key), len(entities) - 1)
        span = len(of) + 1
        placed = own[order] * span + times.searchsorted(moments[order], side="right")
        base = number * span
        first = placed.searchsorted(base, side="left")
        last = placed.searchsorted(base + times.searchsorted(self.now, side="right"), side="right")
        return np.where(entities[number] == key, self._sum(order, first, last), 0)

    def _sum(self, order: Ints, first: Ints, last: Ints) -> Ints:
        import numpy as np

        weight = self.weight[order]
        if self.after is not None and self.bound is not None and self.after.max() >= self.bound.min():
            return WaveletMatrix(self.after[order], self.bound).between(first, last, weight)
        sums = np.concatenate(([0], np.cumsum(weight)))
        found: Ints = sums[last] - sums[first]
        return found
