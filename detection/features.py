"""Feature sets, versioned: a name stands for exactly these numbers in this order, for training and serving alike.

float32 is cast once, at the end. A change of any definition is a new name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from finobs.core import money
from finobs.core.errors import Invalid
from transactions.choices import Direction

from .columns import Columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DAY, HOUR = 86_400, 3_600
MONDAY = 3  # 1970-01-01 was a Thursday
NIGHT_UNTIL = 7
ROUND_TO = 100


@dataclass(frozen=True)
class FeatureSet:
    """`build` gives an (n, len(names)) float32 array; NaN is a value that is not known."""

    name: str
    names: tuple[str, ...]
    build: Callable[[Columns], NDArray[np.float32]]

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256("\n".join((self.name, *self.names)).encode()).hexdigest()


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
    found = [
        np.log1p(np.abs(minor) / unit),
        np.sin(angle),
        np.cos(angle),
        (seconds // DAY + MONDAY) % 7,
        hour < NIGHT_UNTIL,
        minor % (unit * ROUND_TO) == 0,
        np.array([direction == Direction.IN for direction in columns.direction], dtype=bool),
    ]
    return np.column_stack(found).astype(np.float32)


BASIC = FeatureSet(
    "basic-1", ("log_amount", "hour_sin", "hour_cos", "weekday", "is_night", "is_round", "is_incoming"), basic
)
FEATURE_SETS = {each.name: each for each in (BASIC,)}


def get(name: str) -> FeatureSet:
    """Raises Invalid for a set that this version does not know."""
    if name not in FEATURE_SETS:
        raise Invalid(f"There is no feature set {name!r}.")
    return FEATURE_SETS[name]


def as_text(names: Sequence[str], vector: Any) -> dict[str, str | None]:
    """One row as a snapshot keeps it: shortest text that gives the same float32 again; not known is null."""
    return {name: None if value != value else str(value) for name, value in zip(names, vector, strict=True)}


def from_text(names: Sequence[str], kept: Mapping[str, str | None]) -> NDArray[np.float32]:
    """The (1, n) array of a kept vector, in the set's order: a database may keep the keys in another."""
    import numpy as np

    texts = (kept[name] for name in names)
    return np.array([[np.nan if text is None else np.float32(text) for text in texts]], dtype=np.float32)
