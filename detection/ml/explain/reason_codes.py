"""Why a transaction stands out, in at most three plain sentences, from its features alone.

Told with the decision, so the same by every door and in every batch, and cheap: no contribution is computed. A
feature is told if it is rare among the rows the model learned from (beyond their 90th, 99th or 99.9th percentile: the
rarest first) and more than a trifle in itself; what is as rare is told in the order of the table below, and of what
says nearly the same (the family) one only.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from finobs.core import money
from transactions.choices import Direction
from transactions.models import Transaction

from ... import features
from ...models import ModelVersion
from .feature_labels import MAX_REASONS
from .reason_templates import REASON_TEMPLATES, ReasonTemplate, TransactionContext

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BEYOND = ("", *(f"above {share} of those the model learned from" for share in ("90%", "99%", "99.9%")))
MAX_TABLES = 6


@dataclass(frozen=True, slots=True)
class _FeatureReason:
    """A template with where its feature stands, and the training rows' three percentiles on its side."""

    template: ReasonTemplate
    index: int
    steps: tuple[float, float, float]

    def rarity(self, value: float) -> int:
        if self.template.is_low:
            return sum(value < step for step in self.steps) if value <= self.template.least else 0
        return sum(value > step for step in self.steps) if value >= self.template.least else 0


def of_transaction(version: ModelVersion, vector: NDArray[np.float32], row: Transaction) -> list[str]:
    """The sentences for a transaction and its row of the version's feature set."""
    context = TransactionContext(
        _amount(row.amount_minor, row.currency), row.currency, row.direction == Direction.IN,
        row.counterparty_id is not None, row.country,
    )  # fmt: skip
    return of_vector(version, vector, context)


def of_vector(version: ModelVersion, vector: NDArray[np.float32], context: TransactionContext) -> list[str]:
    """None for a version that was trained before the spread of its rows was kept."""
    values = vector.reshape(-1).tolist()
    names = features.get(version.feature_set).names
    rated = [(each.rarity(values[each.index]), each) for each in _table(version)]
    # Sorting keeps the order of the table among the equally rare.
    rare = sorted((pair for pair in rated if pair[0]), key=lambda pair: -pair[0])
    by_family: dict[str, str] = {}
    for rarity, each in rare:
        template = each.template
        if template.family in by_family:
            continue
        value, beyond = values[each.index], BEYOND[rarity]
        sentence = template.sentence(value, context, beyond, lambda name: float(values[names.index(name)]))
        if sentence:
            by_family[template.family] = f"{sentence}."
        if len(by_family) == MAX_REASONS:
            break
    return list(by_family.values())


def _table(version: ModelVersion) -> list[_FeatureReason]:
    return _rows(version.sha256, version)


@lru_cache(maxsize=MAX_TABLES)
def _rows(sha256: str, version: ModelVersion) -> list[_FeatureReason]:
    """Read once: a version never changes."""
    names, spread = features.get(version.feature_set).names, version.parameters.get("spread", {})
    return [
        _FeatureReason(each, names.index(each.name), _steps(spread[each.name], each.is_low))
        for each in REASON_TEMPLATES
        if each.name in names and each.name in spread
    ]


def _steps(text: str, is_low: bool) -> tuple[float, float, float]:
    # By way of float32, as the values are: else a value may lie above the very text that it was written as.
    percentiles = (struct.unpack("f", struct.pack("f", float(each)))[0] for each in text.split())
    lowest, lower, low, high, higher, highest = percentiles
    return (low, lower, lowest) if is_low else (high, higher, highest)


def _amount(minor: int, currency: str) -> str:
    return money.display(minor, currency)
