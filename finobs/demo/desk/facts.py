"""What an analyst has before them: who it is about, what was alerted, and what the generator knows that it was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum

from cases.models import WorkItem
from finobs.core import clock
from transactions.models import Transaction

from ..bank import BankPlan, World
from ..bank.parts import IN, BankAccount, BankCustomer
from ..bank.stories import STORIES

LOOKED_BACK: Final = timedelta(days=30)
NUMBERS: Final = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
SUSPICIOUS_STORIES: Final = {each.slug for each in STORIES if each.typology}
# What honest payments are, by what the bank calls them.
MEMOS: Final = {
    "Salary": "salary", "Pension": "salary", "Own transfer": "own", "Savings plan": "own", "Rent": "household",
    "Room": "household", "Family support": "family",
}  # fmt: skip
FUEL: Final = "5541"


@dataclass(frozen=True, slots=True)
class Facts:
    """situation: what it is, as `prose` has it. is_suspicious: whether the generator meant it to be. texts: what
    templates are filled with."""

    situation: str
    is_suspicious: bool
    last_on: date
    texts: dict[str, str]


class FactsOf:
    """Facts of items, from a world and from what came of it in the database."""

    def __init__(self, world: World) -> None:
        self.accounts = {each.external_id: each for each in world.accounts}
        self.labels = {
            (each.account.external_id, at_second(world.plan, day, each.second)): each.label
            for day, movements in world.movements.items()
            for each in movements
        }
        self.names = {
            (entity, side.external_id): side.name
            for entity, hood in world.hoods.items()
            for side in hood.everybody()
        }  # fmt: skip

    def of(self, item: WorkItem) -> Facts:
        rows = Transaction.objects.filter(alert__case_alert__in=item.case_alerts.all())
        payments = list(rows.select_related("account", "counterparty").order_by("occurred_at", "pk"))
        first = payments[0].account if payments else item.account
        assert first is not None
        account = self.accounts[first.external_id]
        label = self.label(payments)
        story = self.accounts[payments[0].account.external_id].story if payments else account.story
        is_suspicious = bool(label) if payments else story in SUSPICIOUS_STORIES
        situation = _suspicious(story, label, payments) if is_suspicious else _honest(payments, account)
        last = payments[-1].occurred_at.date() if payments else clock.now().date()
        return Facts(situation, is_suspicious, last, self.texts(item, account, payments))

    def label(self, payments: list[Transaction]) -> str:
        """The typology of most of the payments with which something is wrong, as their stories have it; "" for none.
        The feed tells only what somebody reported."""
        labels = (self.labels.get((each.account.external_id, self.local_time(each)), "") for each in payments)
        most_common = Counter(label for label in labels if label).most_common(1)
        return most_common[0][0] if most_common else ""

    def local_time(self, payment: Transaction) -> datetime:
        """When it was on its entity's clock."""
        zone = ZoneInfo(self.accounts[payment.account.external_id].entity.time_zone)
        return payment.occurred_at.astimezone(zone).replace(tzinfo=None)

    def texts(self, item: WorkItem, account: BankAccount, payments: list[Transaction]) -> dict[str, str]:
        profile, entity = account.holder.profile, account.entity
        expected = (profile.get("expected_activity") or [{}])[0]
        names = [self.names.get((entity.code, each.counterparty.external_id), "") if each.counterparty else ""
                 for each in payments]  # fmt: skip
        return {
            **self.people(account), "ref": item.reference,
            "since": profile["onboarded_on"][:4], "manager": profile.get("relationship_manager", "the branch"),
            "risk": profile.get("risk_rating", "low"), "currency": entity.currency,
            "risk_reason": profile.get("risk_reason", "").rstrip("."),
            "exp_in": _money(entity.currency, int(expected.get("amount_in", 0)) * 100),
            "exp_out": _money(entity.currency, int(expected.get("amount_out", 0)) * 100),
            "exp_n": str(expected.get("count", 0)), "others": _others(account),
            "sides": _listed(names) or "the cash desk",
            **_payment_texts(payments, entity.currency), **_past(account, item, payments),
        }  # fmt: skip

    def people(self, account: BankAccount) -> dict[str, str]:
        """Whose account it is, and where."""
        branches = account.entity.branches
        return {
            "name": latin(account.holder), "second": latin(account.parties[-1][0]), "who": _who(account.holder),
            "account": account.external_id,
            "branch": next((each.name for each in branches if each.code == account.branch), "its branch"),
        }  # fmt: skip


def at_second(plan: BankPlan, day: int, second: int) -> datetime:
    """On the entity's clock, of a day of the plan."""
    return datetime.combine(plan.first + timedelta(days=day), time()) + timedelta(seconds=second)


def latin(customer: BankCustomer) -> str:
    """Their name in Latin letters, as English text has it."""
    name: str = customer.profile["name"]
    if all(ord(each) < 0x250 for each in name):
        return name
    aliases = [each["name"] for each in customer.profile.get("aliases", ()) if each.get("script") == "Latn"]
    return aliases[0] if aliases else customer.external_id


def _suspicious(story: str, label: str, payments: list[Transaction]) -> str:
    if label == "compromised_terminal":
        return "terminal"
    if story == "structuring" and all(each.direction != IN for each in payments):
        return "structuring-wire"
    return story


def _honest(payments: list[Transaction], account: BankAccount) -> str:
    """What most of them are."""
    kinds: Counter[str] = Counter(_kind(each, account) for each in payments)
    return kinds.most_common(1)[0][0] if kinds else "other"


def _kind(payment: Transaction, account: BankAccount) -> str:
    if account.story == "landlord" and payment.direction == IN:
        return "landlord"
    if account.story == "house" and payment.method == "wire":
        return "house"
    memo = payment.memo.split(",")[0]
    if memo in MEMOS:
        return MEMOS[memo]
    if payment.method == "card":
        return "fuel" if (payment.attributes or {}).get("mcc") == FUEL else "cards"
    if account.holder.kind != "person":
        return "business"
    return "cash" if payment.method == "cash" else "other"


def _who(customer: BankCustomer) -> str:
    """ "sales representative, born 1991", or "bakery"."""
    profile = customer.profile
    if work := profile.get("industry", ""):
        return f"{work.split(' ', 1)[-1].lower()} business"
    work = profile.get("occupation", "")
    work = work.split(" ", 1)[-1] if work[:1].isdigit() else work
    return f"{work.lower()}, born {profile['date_of_birth'][:4]}"


def _others(account: BankAccount) -> str:
    names = [latin(each) for each, role in account.parties[1:] if role == "joint_holder"]
    return f" held jointly with {names[0]}" if names else ""


def _payment_texts(payments: list[Transaction], currency: str) -> dict[str, str]:
    number, total = len(payments), sum(each.amount_minor for each in payments)
    largest = max((each.amount_minor for each in payments), default=0)
    way_in = [each.amount_minor for each in payments if each.direction == IN]
    days = [each.occurred_at for each in payments] or [clock.now()]
    countries = sorted({each.country for each in payments if each.country})
    return {
        "n": _counted(number, "payment"), "N": _counted(number, "payment").capitalize(),
        "total": _money(currency, total),
        "biggest": _money(currency, largest), "biggest_in": _money(currency, max(way_in, default=0)),
        "n_in": _counted(len(way_in), "credit"),
        "total_in": _money(currency, sum(way_in)), "total_out": _money(currency, total - sum(way_in)),
        "first": _day(days[0]), "last": _day(days[-1]), "period": _period(days[0], days[-1]),
        "countries": ", ".join(countries) or "this country",
        "were": "was" if number == 1 else "were",
    }  # fmt: skip


def _past(account: BankAccount, item: WorkItem, payments: list[Transaction]) -> dict[str, str]:
    """What moved at the account in the month before the last alerted payment."""
    until = payments[-1].occurred_at if payments else clock.now()
    rows = Transaction.objects.filter(
        account__external_id=account.external_id, account__source__slug=account.entity.code,
        occurred_at__gt=until - LOOKED_BACK, occurred_at__lte=until,
    )  # fmt: skip
    sums = rows.aggregate(
        count=Count("pk"), way_in=Sum("amount_minor", filter=Q(direction=IN)),
        way_out=Sum("amount_minor", filter=~Q(direction=IN)),
    )  # fmt: skip
    items: Any = type(item)._default_manager  # of one kind or the other
    earlier = items.filter(account=item.account_id, opened_at__lt=item.opened_at).count()
    alerts = "no earlier alert" if not earlier else f"{_counted(earlier, 'earlier item')} on the same account"
    currency = account.entity.currency
    return {
        "month_n": str(sums["count"]), "month_in": _money(currency, sums["way_in"] or 0),
        "month_out": _money(currency, sums["way_out"] or 0), "earlier": alerts,
    }  # fmt: skip


def _counted(number: int, noun: str) -> str:
    word = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{word} {noun}{'' if number == 1 else 's'}"


def _money(currency: str, minor: int) -> str:
    return f"{currency} {minor / 100:,.2f}".removesuffix(".00")


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B}"


def _period(first: datetime, last: datetime) -> str:
    if first.date() == last.date():
        return f"on {_day(first)}"
    return f"between {_day(first)} and {_day(last)}"


def _listed(names: list[str]) -> str:
    """Three by name, the rest by their number."""
    different = [each for each in dict.fromkeys(names) if each]
    more = len(different) - 3
    if more > 0:
        return f"{', '.join(different[:3])} and {more} other{'s'[: more > 1]}"
    return " and ".join([", ".join(different[:-1]), different[-1]]) if len(different) > 1 else "".join(different)
