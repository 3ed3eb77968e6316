"""Who works what: of each queue the analysts and the leads, by the boxes of their addresses."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Final

from cases.models import WorkItem
from finobs.accounts.models import User

from ..bank.entities import ENTITIES, NORTHWIND, SOUTHGATE, Entity
from ..users import DOMAIN, TELLER

# Whoever stands first does most.
ANALYSTS: Final = {
    "aml-northwind": ("analyst.northwind", "analyst.northwind", "analyst"),
    "aml-southgate": ("analyst.southgate", "analyst.southgate", "analyst"),
    "fraud": ("analyst2",),
}  # fmt: skip
LEADS: Final = {
    "aml-northwind": ("lead.northwind", "lead"),
    "aml-southgate": ("lead.southgate", "lead2"),
    "fraud": ("lead", "lead2"),
}  # fmt: skip
# They lead every queue, and so may work an item of one and a case of another.
WHOLE: Final = ("lead", "lead2")
_BY_CODE: Final = {each.code: each for each in ENTITIES}


class Staff:
    """People are read once: nobody comes or goes while the demo is made."""

    def __init__(self) -> None:
        self.person = cache(_person)

    def analyst(self, item: WorkItem, rng: Random) -> User:
        return self.person(rng.choice(ANALYSTS[item.queue.slug]))

    def lead(self, item: WorkItem, rng: Random, besides: User | None = None) -> User:
        """Somebody who leads the item's queue. besides: who is not to be asked."""
        boxes = [box for box in LEADS[item.queue.slug] if besides is None or self.person(box) != besides]
        return self.person(rng.choice(boxes))

    def for_both(self, item: WorkItem, other: WorkItem, rng: Random) -> User:
        """Somebody who may work an item and one of perhaps another queue."""
        if item.queue_id == other.queue_id:
            return self.analyst(item, rng)
        return self.person(rng.choice(WHOLE))

    def whole(self) -> set[int]:
        """The keys of those who lead every queue."""
        return {self.person(box).pk for box in WHOLE}

    def teller(self) -> User:
        return self.person(TELLER)


def entity_of(item: WorkItem) -> Entity:
    """On whose clock an item is worked: that of the legal entity whose unit it is in."""
    return _BY_CODE[item.unit.code.split("-")[0]]


def is_worked(item: WorkItem) -> bool:
    """Is there somebody for it, and an account that it is about? A delivery's incident waits for operations."""
    return (
        item.account_id is not None
        and item.queue.slug in ANALYSTS
        and item.unit.code.split("-")[0] in (NORTHWIND.code, SOUTHGATE.code)
    )


def _person(box: str) -> User:
    return User.objects.get_by_natural_key(f"{box}@{DOMAIN}")
