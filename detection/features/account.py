"""The set `account-1`: a transaction against the history of its account and its counterparty.

Every number comes from the row and from whole-number statistics of what was before it (`online.py` defines them,
`bulk.py` computes them in bulk). Histories are of one currency. Means and deviations are of previous amounts only,
except `account_mean_*`, which holds the row too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from finobs.core import money
from transactions.choices import Direction

from .columns import Columns
from .definition import LOW_BITS, RISK_WINDOWS, STATISTICS, WINDOWS, rests_on_outcomes
from .sets import FeatureSet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND, DAY_SECONDS, MONDAY = 1_000_000, 86_400, 3
NIGHT_UNTIL, SATURDAY, ROUND_TO = 7, 5, 100
MIN_ROWS_FOR_Z, MIN_DEVIATION, MIN_MEAN = 3, 5.0, 1.0
MAX_SINCE = 30 * DAY_SECONDS
# Additive smoothing of fraud rates, by a base rate of 0.8 % (measured, reference "detection" section 2).
BASE_RATE = 0.008

FEATURE_NAMES = (
    "amount", "log_amount", "hour", "weekday", "is_weekend", "is_night", "is_round", "is_incoming",
    *(f"account_{what}_{days}" for days in WINDOWS for what in ("count", "mean", "sum")),
    "account_ratio_7", "account_ratio_30", "account_z_7", "account_z_30", "account_since", "account_round_share",
    "is_new_counterparty", "is_new_country", "account_frauds_7", "account_frauds_30",
    *(f"counterparty_count_{days}" for days in WINDOWS),
    *(f"counterparty_ratio_{days}" for days in (7, 30)),
    "counterparty_z_30", "counterparty_since",
    *(f"counterparty_mature_{days}" for days in WINDOWS),
    *(f"counterparty_risk_{days}" for days in WINDOWS),
    *(f"counterparty_{what}_{days}" for days in RISK_WINDOWS for what in ("frauds", "rate")),
)  # fmt: skip

# Which of them a model looks at: feature choice weighs more than the choice of a detector (measured).
RISK7 = (
    "amount", "account_ratio_7", "account_ratio_30", "account_z_30",
    "counterparty_risk_1", "counterparty_risk_7", "counterparty_risk_30",
)  # fmt: skip
BOOK15 = (
    "amount", "is_weekend", "is_night",
    *(f"account_{what}_{days}" for days in WINDOWS for what in ("count", "mean")),
    *(f"counterparty_{what}_{days}" for days in WINDOWS for what in ("mature", "risk")),
)  # fmt: skip
EXTRA = (
    "account_ratio_7", "account_ratio_30", "account_z_7", "account_z_30",
    *(f"counterparty_count_{days}" for days in WINDOWS),
    "counterparty_ratio_7", "counterparty_ratio_30", "account_since",
)  # fmt: skip
TERMFRAUD = tuple(f"counterparty_{what}_{days}" for days in RISK_WINDOWS for what in ("frauds", "rate"))
SUPERVISED = (*BOOK15, *EXTRA, *TERMFRAUD)


def account(columns: Columns) -> NDArray[np.float32]:
    """(n, len(FEATURE_NAMES)) from the rows and `columns.history`. Raises ValueError without a history."""
    import numpy as np

    if columns.history is None:
        raise ValueError("the features of account-1 need the history of each row")
    unit = units(columns.currency)
    incoming = np.array([direction == Direction.IN for direction in columns.direction], dtype=bool)
    return derive(
        np.array(columns.amount_minor, dtype=np.int64), unit, microseconds(columns.occurred_at), incoming,
        columns.history,
    )  # fmt: skip


def microseconds(moments: Iterable[datetime]) -> Ints:
    import numpy as np

    since = [moment - UNIX_EPOCH for moment in moments]
    return np.array(since, dtype="timedelta64[us]").astype(np.int64)


def units(currencies: object) -> Ints:
    """Minor units in one major unit, row by row."""
    import numpy as np

    unit_of = {currency: 10 ** money.exponent(currency) for currency in set(currencies)}  # type: ignore[call-overload]
    return np.array([unit_of[currency] for currency in currencies], dtype=np.int64)  # type: ignore[attr-defined]


def derive(minor: Ints, unit: Ints, moments: Ints, incoming: Bools, history: dict[str, Ints]) -> NDArray[np.float32]:
    """The features from whole numbers; float64 all the way, cast once into the float32 array that comes out."""
    import numpy as np

    out = np.empty((len(minor), len(FEATURE_NAMES)), dtype=np.float32)
    inputs = _Derived(minor, unit, moments, incoming, history)
    for column, feature in enumerate(_plan()):
        out[:, column] = feature(inputs)
    return out


@cache
def _plan() -> tuple[Callable[[_Derived], NDArray[np.generic]], ...]:
    """How each of FEATURE_NAMES is derived: from the row itself, or as `<entity>_<what>_<days>`."""
    return tuple(_feature(name) for name in FEATURE_NAMES)


def _feature(name: str) -> Callable[[_Derived], NDArray[np.generic]]:
    own = getattr(_Derived, f"_{name}", None)
    if own is not None:
        return own  # type: ignore[no-any-return]
    entity, what, days = name.split("_")
    of = getattr(_Derived, f"of_{what}")
    return lambda inputs: of(inputs, entity, days)


class _Derived:
    def __init__(self, minor: Ints, unit: Ints, moments: Ints, incoming: Bools, history: dict[str, Ints]) -> None:
        self.minor, self.unit, self.incoming, self.history = minor, unit, incoming, history
        self.seconds = moments // SECOND
        self.amount: Floats = minor / unit

    def _amount(self) -> Floats:
        return self.amount

    def _log_amount(self) -> Floats:
        import numpy as np

        return np.log1p(self.amount)

    def _hour(self) -> Floats:
        return (self.seconds % DAY_SECONDS) / 3600

    def _weekday(self) -> Ints:
        return (self.seconds // DAY_SECONDS + MONDAY) % 7

    def _is_weekend(self) -> Bools:
        result: Bools = self._weekday() >= SATURDAY
        return result

    def _is_night(self) -> Bools:
        result: Bools = self.seconds % DAY_SECONDS < NIGHT_UNTIL * 3600
        return result

    def _is_round(self) -> Bools:
        result: Bools = self.minor % (self.unit * ROUND_TO) == 0
        return result

    def _is_incoming(self) -> Bools:
        return self.incoming

    def _is_new_counterparty(self) -> Bools:
        result: Bools = self.history["pair_count_30"] == 0
        return result

    def _is_new_country(self) -> Bools:
        result: Bools = self.history["country_count_30"] == 0
        return result

    def _account_since(self) -> Floats:
        return self.since("account")

    def _counterparty_since(self) -> Floats:
        return self.since("counterparty")

    def _account_round_share(self) -> Floats:
        count = self.history["account_count_30"] + 1
        return (self.history["account_round_30"] + self._is_round()) / count

    def since(self, entity: str) -> Floats:
        """Log of the seconds since the one before, as if 30 days ago when there was none."""
        import numpy as np

        waited = self.history[f"{entity}_since"]
        return np.log1p(np.where(waited < 0, MAX_SINCE, waited / SECOND))

    def of_count(self, entity: str, days: str) -> Ints:
        """With the row itself."""
        return self.history[f"{entity}_count_{days}"] + 1

    def of_sum(self, entity: str, days: str) -> Floats:
        return (self.history[f"{entity}_sum_{days}"] + self.minor) / self.unit

    def of_mean(self, entity: str, days: str) -> Floats:
        return self.of_sum(entity, days) / self.of_count(entity, days)

    def previous(self, entity: str, days: str) -> Floats:
        """The mean of the amounts before; 0 without any."""
        import numpy as np

        count = self.history[f"{entity}_count_{days}"]
        return self.history[f"{entity}_sum_{days}"] / self.unit / np.maximum(count, 1)

    def of_ratio(self, entity: str, days: str) -> Floats:
        """To the mean before; 1, as if usual, without any before: the first of an account is no outlier for that."""
        import numpy as np

        ratio = self.amount / np.maximum(MIN_MEAN, self.previous(entity, days))
        return np.where(self.history[f"{entity}_count_{days}"] == 0, 1, ratio)

    def of_z(self, entity: str, days: str) -> Floats:
        """Standard deviations from the mean before; 0 with fewer than three amounts before."""
        import numpy as np

        count = self.history[f"{entity}_count_{days}"]
        high, mixed, low = (self.history[f"{entity}_{part}_{days}"] for part in ("hh", "hl", "ll"))
        squares = high * float(1 << 2 * LOW_BITS) + mixed * float(1 << LOW_BITS + 1) + low
        mean = self.history[f"{entity}_sum_{days}"] / np.maximum(count, 1)
        spread = np.sqrt(np.maximum(squares / np.maximum(count, 1) - mean * mean, 0)) / self.unit
        z = (self.amount - mean / self.unit) / np.maximum(MIN_DEVIATION, spread)
        return np.where(count < MIN_ROWS_FOR_Z, 0, z)

    def of_mature(self, entity: str, days: str) -> Ints:
        return self.history[f"{entity}_mature_{days}"]

    def of_frauds(self, entity: str, days: str) -> Ints:
        return self.history[f"{entity}_frauds_{days}"]

    def of_risk(self, entity: str, days: str) -> Floats:
        """Confirmed ones to those old enough to have an outcome; 0 without any of these."""
        import numpy as np

        mature = self.of_mature(entity, days)
        return np.where(mature == 0, 0, self.of_frauds(entity, days) / np.maximum(mature, 1))

    def of_rate(self, entity: str, days: str) -> Floats:
        return (self.of_frauds(entity, days) + BASE_RATE) / (self.of_mature(entity, days) + 1)


ACCOUNT = FeatureSet(
    "account-1", FEATURE_NAMES, account, STATISTICS,
    outcomes=frozenset(filter(rests_on_outcomes, (*FEATURE_NAMES, *STATISTICS))),
)  # fmt: skip
