"""How urgent a case is: 0 to 100, the sum of parts that are shown beside it. Pure.

Each part bends towards its maximum and reaches it only in the limit or at an extreme, so that a long queue stays
ordered at its top (a score that saturates orders a queue by chance).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from finobs.core import money

# In display order: name, label, most it can give.
PRIORITY_PARTS: Final = (
    ("score", "Above a model's threshold", 40),
    ("severity", "Severity", 20),
    ("value", "Value", 20),
    ("alerts", "Number of alerts", 10),
    ("age", "Age", 10),
)
_TEN_MILLION_DIGITS = 7.0


@dataclass(frozen=True, slots=True)
class PriorityFacts:
    """What a priority is made of. `amounts`: currency to alerted minor units."""

    urgency: float | None
    block_count: int
    alert_count: int
    amounts: Mapping[str, int]
    opened_at: datetime


def parts(facts: PriorityFacts, now: datetime) -> dict[str, int]:
    """The parts in whole points, in display order."""
    shares = {
        "score": min(max(facts.urgency or 0.0, 0.0), 1.0),
        "severity": _severity(facts),
        "value": _value(facts.amounts),
        "alerts": _towards_one(facts.alert_count - 1, half=4),
        "age": _towards_one((now - facts.opened_at).total_seconds() / 86_400, half=7),
    }
    return {name: round(shares[name] * max_points) for name, _, max_points in PRIORITY_PARTS}


def total(points: Mapping[str, int]) -> int:
    return min(100, sum(points.values()))


def _severity(facts: PriorityFacts) -> float:
    """A review is 0.3; one block 0.7; more blocks approach 1."""
    if not facts.block_count:
        return 0.3
    return 0.7 + 0.3 * _towards_one(facts.block_count - 1, half=3)


def _value(amounts: Mapping[str, int]) -> float:
    """By order of magnitude of the largest sum in one currency: no exchange rates in the decision path."""
    units = [float(money.to_decimal(abs(minor), currency)) for currency, minor in amounts.items()]
    return min(1.0, math.log10(1.0 + max(units, default=0.0)) / _TEN_MILLION_DIGITS)


def _towards_one(amount: float, *, half: float) -> float:
    """0 at nothing, one half at `half`, 1 never."""
    amount = max(amount, 0.0)
    return amount / (amount + half)
