"""What the policy of routing says of one item: the first rule that holds. Pure.

>>> rules = RoutingRules({"rules": [
...     {"name": "Large", "queue": "large", "when": {"amount_min": "10000", "currency": "USD"}},
...     {"name": "Rest", "queue": "rest", "when": {}},
... ]})
>>> list(rules.queues_for(RoutingFacts("incident", "aml", "structuring", amounts={"USD": 2_000_000})))
['large', 'rest']
>>> list(rules.queues_for(RoutingFacts("incident", "aml", "structuring")))
['rest']
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from detection.choices import Outcome
from finobs.core import money


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """What of an item decides where it goes.

    amounts: currency to minor units. countries: of the counterparties of its alerts' transactions. units: codes of its
    unit and of those above it. source: slug of its account's source, "" where none is known.
    """

    level: str
    programme: str
    typology: str
    amounts: Mapping[str, int] = field(default_factory=dict)
    block_count: int = 0
    customer_risk: str = ""
    countries: Collection[str] = ()
    units: Collection[str] = ()
    source: str = ""


class RoutingRules:
    """One version's content, ready to be asked."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._rules = content["rules"]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def names(self, condition: str) -> set[str]:
        """What the rules name in a list of that condition ("countries", "units"); nothing where none asks for it."""
        return {name for rule in self._rules for name in rule["when"].get(condition) or ()}

    def queues_for(self, facts: RoutingFacts) -> Iterator[str]:
        """The queues of the rules that hold, in their order: the first that serves the item's unit takes it."""
        return (rule["queue"] for rule in self._rules if _holds(rule["when"], facts))


def _holds(when: Mapping[str, Any], facts: RoutingFacts) -> bool:
    """Do all conditions hold? An empty list is none."""
    single = (("level", facts.level), ("programme", facts.programme))
    if any(when.get(name) and when[name] != value for name, value in single):
        return False
    one_of = (("typologies", facts.typology), ("customer_risk", facts.customer_risk), ("sources", facts.source))
    if any(when.get(name) and value not in when[name] for name, value in one_of):
        return False
    any_of = (("countries", facts.countries), ("units", facts.units))
    if any(when.get(name) and not set(when[name]) & set(values) for name, values in any_of):
        return False
    if when.get("severity") == Outcome.BLOCK and not facts.block_count:
        return False
    least = when.get("amount_min")
    if least is None:
        return True
    return facts.amounts.get(when["currency"], 0) >= money.to_minor(least, when["currency"])
