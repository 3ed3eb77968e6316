"""What the policy of gathering says of one alert. Pure.

>>> policy = Gathering({"by": "account", "across_typologies": False, "gap_hours": 24, "exceptions": [],
...                     "sampled_percent": 0, "escalate": [{"severity": "block"}]})
>>> policy.rule("structuring").gap
datetime.timedelta(days=1)
>>> policy.escalates(EscalationFacts("structuring", 0, 1, None, {"USD": 500}))
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from detection.choices import Outcome
from finobs.core import money

BY_CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class GatheringRule:
    """How alerts of one typology gather."""

    by_customer: bool
    across_typologies: bool
    gap: timedelta


@dataclass(frozen=True, slots=True)
class EscalationFacts:
    """What of an incident decides whether it is escalated by policy. `urgency`: 0 to 1, how far the highest score of a
    model lies above its threshold; None without one. `amounts`: currency to minor units."""

    typology: str
    alert_count: int
    block_count: int
    urgency: float | None
    amounts: Mapping[str, int]


class Gathering:
    """One version's content, ready to be asked."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._usual = _rule(content, content)
        self._by_typology = {
            typology: _rule(exception, content)
            for exception in reversed(content["exceptions"])
            for typology in exception["typologies"]
        }
        self.sampled_percent: int = content["sampled_percent"]
        self._conditions = content["escalate"]

    def rule(self, typology: str) -> GatheringRule:
        return self._by_typology.get(typology, self._usual)

    @property
    def longest_gap(self) -> timedelta:
        return max(rule.gap for rule in (self._usual, *self._by_typology.values()))

    def escalates(self, facts: EscalationFacts) -> bool:
        """Does any of the conditions hold whole?"""
        return any(_holds(condition, facts) for condition in self._conditions)


def _rule(values: Mapping[str, Any], usual: Mapping[str, Any]) -> GatheringRule:
    settings = {**{name: usual[name] for name in ("by", "across_typologies", "gap_hours")}, **values}
    return GatheringRule(
        settings["by"] == BY_CUSTOMER, settings["across_typologies"], timedelta(hours=settings["gap_hours"])
    )


def _holds(condition: Mapping[str, Any], facts: EscalationFacts) -> bool:
    typologies = condition.get("typologies")
    if typologies and facts.typology not in typologies:
        return False
    if condition.get("severity") == Outcome.BLOCK and not facts.block_count:
        return False
    least_urgency = condition.get("urgency_min")
    if least_urgency is not None and (facts.urgency is None or facts.urgency < least_urgency):
        return False
    if facts.alert_count < condition.get("alerts_min", 0):
        return False
    least = condition.get("amount_min")
    if least is None:
        return True
    currency = condition["currency"]
    return facts.amounts.get(currency, 0) >= money.to_minor(least, currency)
