"""A teller tells what they saw at the counter, of the customer of a story."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from cases.choices import IncidentOrigin
from cases.models import Incident, Queue
from cases.services import incident_open
from detection.choices import Typology
from transactions.models import Account, Customer

from ..bank import World
from ..bank.calendars import on_or_after
from .facts import FactsOf
from .hours import Shift
from .prose import notes
from .staff import Staff

STORY: Final = "elder"
QUEUE: Final = "aml-southgate"
# How far into the story it is seen.
SEEN_AT: Final = 0.4


class Referral:
    def __init__(self, world: World, staff: Staff, facts: FactsOf) -> None:
        self.staff, self.facts = staff, facts
        self.account = next(each for each in world.accounts if each.story == STORY)
        days = [
            day for day, some in world.movements.items() if any(each.account is self.account for each in some)
        ]  # fmt: skip
        middle = min(days) + round((max(days) - min(days)) * SEEN_AT)
        self.day: date = on_or_after(self.account.entity.country, world.plan.first + timedelta(days=middle))

    def plan(self, shift: Shift) -> None:
        if shift.day >= self.day and shift.is_open(self.account.entity) and not self.is_told():
            shift.plan(shift.moment(self.account.entity, 11.35), self.tell)

    def is_told(self) -> bool:
        return Incident.objects.filter(origin=IncidentOrigin.PERSON).exists()

    def tell(self) -> None:
        code = self.account.entity.code
        account = Account.objects.get(source__slug=code, external_id=self.account.external_id)
        customer = Customer.objects.get(source__slug=code, external_id=self.account.holder.external_id)
        texts = self.facts.people(self.account)
        incident_open(
            actor=self.staff.teller(), queue=Queue.objects.get(slug=QUEUE), typology=Typology.UNUSUAL,
            title=notes.REFERRAL_TITLE, text=notes.REFERRAL.format_map(texts), account=account, customer=customer,
        )  # fmt: skip
