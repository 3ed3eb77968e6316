"""The numpy kernel: the history of very many rows at once, as whole numbers. `online` is the definition it agrees with.

Sort by (entity, time, id), find where each window begins by `searchsorted`, take differences of prefix sums. All
sums are of whole minor units, so nothing drifts; int64 may wrap in a prefix, and a window's sum ends at 2^62.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from .confirmed_rows import ConfirmedRows, confirmed_count
from .definition import (
    LABEL_DELAY_DAYS,
    LOW_BITS,
    MAX_AMOUNT,
    MAX_WINDOW,
    RISK_WINDOWS,
    STATISTICS,
    WINDOWS,
)
from .ordering import dense, order_of_time, stable_order
from .streams import BoundedStream, Clock, Stream, rows_like

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


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

    def in_order(self, order: Ints) -> History:
        return History(*(getattr(self, each.name)[order] for each in fields(self)))


def statistics(history: History, outcomes: ConfirmedRows, targets: Ints, bound: Ints | None = None) -> dict[str, Ints]:
    """STATISTICS -> one whole number for each of the rows at the indexes `targets`, from all rows before it.

    Before it: (time, id) is less, and, if given, the id is less than the row's `bound`; of outcomes, what counts for
    ids less than it. Windows are (t - w, t]. `since` is microseconds, -1 for nobody in 30 days.
    """
    import numpy as np

    order = order_of_time(history.time, history.id)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    rows, at = history.in_order(order), place[targets]
    numbers = _window_numbers(rows, at, bound) | _confirmed_numbers(rows, at, outcomes, bound)
    return {name: numbers[name] for name in STATISTICS}


def _window_numbers(rows: History, at: Ints, bound: Ints | None) -> dict[str, Ints]:
    """Of what was before: rows in the order of time, wanted for those at the places `at`."""
    clock = Clock(rows.time, rows.time[at])
    newer = None if bound is None else _newer(rows, at, bound)

    def stream_of(key: Ints) -> Stream:
        if newer is None or bound is None:
            return Stream(key, clock, at)
        return BoundedStream(key, clock, at, rows.id, newer, bound)

    def narrow_stream_of(key: Ints) -> Stream:
        """The same, for a key that few of the rows share with any that is asked for."""
        chosen = rows_like(key, at)
        places, own = chosen.searchsorted(at), clock.of_rows(chosen)
        if newer is None or bound is None:
            return Stream(key[chosen], own, places)
        return BoundedStream(key[chosen], own, places, rows.id[chosen], newer[chosen], bound)

    of_account, of_counterparty = stream_of(rows.account), stream_of(rows.counterparty)
    squares = parts(rows.amount)
    numbers = _entity_numbers("account", of_account, rows.amount, squares, (7, 30))
    numbers |= _entity_numbers("counterparty", of_counterparty, rows.amount, squares, (30,))
    (numbers["account_round_30"],) = of_account.totals(rows.is_round, (MAX_WINDOW,))
    numbers["country_count_30"] = stream_of(rows.country).count(MAX_WINDOW)
    numbers["pair_count_30"] = narrow_stream_of(rows.pair).count(MAX_WINDOW)
    until = of_counterparty.since(LABEL_DELAY_DAYS)
    for days in RISK_WINDOWS:
        start = of_counterparty.since(LABEL_DELAY_DAYS + days)
        numbers[f"counterparty_mature_{days}"] = of_counterparty.between(start, until)
    return numbers


def _entity_numbers(
    name: str, stream: Stream, amount: Ints, squares: tuple[Ints, ...], squared: tuple[int, ...]
) -> dict[str, Ints]:
    """squares: the three parts of each amount's; squared: the windows that they are summed over."""
    numbers: dict[str, Ints] = {}
    for days, total in zip(WINDOWS, stream.totals(amount, WINDOWS), strict=True):
        numbers[f"{name}_count_{days}"] = stream.count(days)
        numbers[f"{name}_sum_{days}"] = total
    for part, values in zip(("hh", "hl", "ll"), squares, strict=True):
        for days, total in zip(squared, stream.totals(values, squared), strict=True):
            numbers[f"{name}_{part}_{days}"] = total
    numbers[f"{name}_since"] = stream.last(MAX_WINDOW)
    return numbers


def _confirmed_numbers(rows: History, at: Ints, outcomes: ConfirmedRows, bound: Ints | None) -> dict[str, Ints]:
    now = rows.time[at]
    if len(now):
        outcomes = outcomes.where(outcomes.known_at <= now.max())
    numbers = {}
    for name, windows in (("account", (7, 30)), ("counterparty", RISK_WINDOWS)):
        of, key = getattr(outcomes, name), getattr(rows, name)[at]
        for days in windows:
            numbers[f"{name}_frauds_{days}"] = confirmed_count(of, outcomes, key, now, days, bound)
    return numbers


def _newer(rows: History, at: Ints, bound: Ints) -> Bools | None:
    """Which rows may not count for everybody: those with an id from the least bound that any row before it in the
    order of time breaks. None if there is no such bound, as in a file in the order of time."""
    import numpy as np

    # Where ids rise with time, whoever is asked for has a greater one than all before it.
    so_far = np.concatenate(([-1], np.maximum.accumulate(rows.id)))
    if not (so_far[at] >= bound).any():
        return None
    broken = np.zeros(len(at), dtype=bool)
    ids = np.sort(rows.id)
    ranks, limit, span = np.searchsorted(ids, rows.id), np.searchsorted(ids, bound), len(ids) + 1
    for key in (rows.account, rows.counterparty):
        order = stable_order(key)
        # The greatest id so far of each entity: entities rise, so that none reaches into the next.
        base = dense(key, order) * span
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
