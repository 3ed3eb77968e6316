"""The set `basic-1`: what the row alone says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finobs.core import money
from transactions.choices import Direction

from .columns import Columns
from .sets import FeatureSet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DAY, HOUR = 86_400, 3_600
MONDAY = 3  # 1970-01-01 was a Thursday
NIGHT_UNTIL = 7
ROUND_TO = 100


def basic(columns: Columns) -> NDArray[np.float32]:
    """Of the row alone: its amount in major units, its time of day and week (UTC), its roundness and direction.

    Amounts of different currencies are not converted: train one model for one currency where that matters.
    """
    import numpy as np

    minor = np.array(columns.amount_minor, dtype=np.int64)
    units = {currency: 10 ** money.exponent(currency) for currency in set(columns.currency)}
    unit = np.array([units[currency] for currency in columns.currency], dtype=np.int64)
    seconds = np.array([at.timestamp() for at in columns.occurred_at], dtype=np.float64)
    hour = seconds % DAY / HOUR
    angle = hour * (2 * np.pi / 24)
    features = [
        np.log1p(np.abs(minor) / unit),
        np.sin(angle),
        np.cos(angle),
        (seconds // DAY + MONDAY) % 7,
        hour < NIGHT_UNTIL,
        minor % (unit * ROUND_TO) == 0,
        np.array([direction == Direction.IN for direction in columns.direction], dtype=bool),
    ]
    return np.column_stack(features).astype(np.float32)


BASIC = FeatureSet(
    "basic-1", ("log_amount", "hour_sin", "hour_cos", "weekday", "is_night", "is_round", "is_incoming"), basic
)
