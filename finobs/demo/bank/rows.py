"""The payments of a world as rows, in the order of time, in memory bounded by one month of the calendar."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from finobs.core.clock import DAY

from .parts import IN, Movement
from .regular import regular_movements
from .spending import Spending
from .world import World

PAYMENT_FIELDS: Final = (
    "external_id", "account", "counterparty", "occurred_at", "amount", "currency", "direction", "channel", "country",
    "memo", "method", "counterparty_country", "balance_after", "attributes", "is_suspicious", "typology",
    "label_known_at",
)  # fmt: skip
# What the sources of the demo declare (transactions.attributes).
ATTRIBUTES: Final = {
    "mcc": {"type": "code", "label": "Merchant category", "filter": True},
    "branch": {"type": "code", "label": "Branch", "filter": True},
    "cards_24h": {"type": "number", "label": "Card payments within 24 hours", "filter": False},
    "cash_7d": {"type": "number", "label": "Cash paid in within seven days, at all branches", "filter": False},
}  # fmt: skip
CASH_DAYS: Final = 7
# A chargeback or a recall comes later than the act.
LABEL_DAYS: Final = timedelta(days=7)
NO_LABEL: Final = {"is_suspicious": "", "typology": "", "label_known_at": ""}
# Merchants are named once, not in each row; cash paid in at a branch has no other side.
_UNNAMED: Final = ("pos", "ecommerce", "cash")


def payment_rows(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Exactly `plan.size` rows, each with the code of its entity: the fields of an ingested row with their labels.

    Times are local, on the clock of the entity, whose source says which zone that is. None is between one and three at
    night, when clocks change.
    """
    writer = _Writer(world)
    for number, (day, movements) in enumerate(_days(world)):
        movements.sort(key=lambda each: (each.second, each.account.index, each.minor))
        for each in movements:
            if writer.number == world.plan.size:
                return
            yield each.account.entity.code, writer.row(number, day, each)


def _days(world: World) -> Iterator[tuple[date, list[Movement]]]:
    """Each day of the plan with its movements, in no order."""
    plan, spending, month = world.plan, Spending(world), date.min
    regular: dict[date, list[Movement]] = {}
    thinned = _Thinning(world.regular_total, world.regular_room)
    for number in range(plan.days):
        day = plan.first + timedelta(days=number)
        if day.replace(day=1) != month:
            month, regular = day.replace(day=1), defaultdict(list)
            for on, movement in regular_movements(world.accounts, plan, month):
                if thinned.takes_next():
                    regular[on].append(movement)
        yield day, [*regular.get(day, ()), *world.movements.get(number, ()), *spending.of_day(number, day)]


class _Thinning:
    """Takes `room` of `total`, spread evenly: where a plan is too small for all that the calendar asks for."""

    def __init__(self, total: int, room: int) -> None:
        self.total, self.room, self.number = total, room, 0

    def takes_next(self) -> bool:
        before, self.number = self.number, self.number + 1
        return self.number * self.room // self.total != before * self.room // self.total


class _Writer:
    """Writes rows in the order of time: keeps each account's balance, and the cash and cards of its last days."""

    def __init__(self, world: World) -> None:
        self.number, self.seed, self.end = 0, world.plan.seed, world.plan.end
        self.balances = [each.opening for each in world.accounts]
        self.cash: dict[int, deque[tuple[int, int]]] = defaultdict(deque)
        self.cards: dict[int, deque[int]] = defaultdict(deque)

    def row(self, number: int, day: date, each: Movement) -> dict[str, Any]:
        self.number += 1
        account, other = each.account, each.other
        entity, sign = account.entity, 1 if each.direction == IN else -1
        self.balances[account.index] += sign * each.minor
        at = datetime.combine(day, time()) + timedelta(seconds=min(each.second, DAY - 1))
        row: dict[str, Any] = {
            "external_id": f"{entity.prefix}{self.seed}-{self.number:08d}",
            "account": account.external_id,
            "counterparty": other.external_id,
            "occurred_at": at.isoformat(),
            "amount": _decimal(each.minor),
            "currency": entity.currency,
            "direction": each.direction,
            "channel": each.channel,
            "country": each.country or entity.country,
            "memo": each.memo,
            "method": each.method,
            "counterparty_country": other.country if other.external_id else "",
            "balance_after": _decimal(self.balances[account.index]),
            "attributes": self.attributes(number, each),
            **self.label(each, at),
        }
        if each.channel not in _UNNAMED:
            row |= _names(each)
        return row

    def label(self, each: Movement, at: datetime) -> dict[str, str]:
        """What the feed says of it: nothing where nobody reported it, or not yet when the plan ends."""
        known_at = at + LABEL_DAYS
        if not each.is_reported or known_at.date() >= self.end:
            return NO_LABEL
        return {"is_suspicious": "true", "typology": each.label, "label_known_at": known_at.isoformat()}

    def attributes(self, number: int, each: Movement) -> dict[str, str]:
        attributes = dict(each.attributes or {})
        if each.method == "cash" and each.direction == IN:
            past = self.cash[each.account.index]
            past.append((number, each.minor))
            while past[0][0] <= number - CASH_DAYS:
                past.popleft()
            attributes["cash_7d"] = _decimal(sum(minor for _, minor in past))
        elif each.method == "card":
            seconds = self.cards[each.account.index]
            seconds.append(number * DAY + each.second)
            while seconds[0] <= seconds[-1] - DAY:
                seconds.popleft()
            attributes["cards_24h"] = str(len(seconds))
        return attributes


def _names(each: Movement) -> dict[str, str]:
    """Who the other side is; of a wire, who pays whom, as the travel rule has it."""
    other, holder = each.other, each.account.holder
    names = {
        "counterparty_name": other.name,
        "counterparty_account": other.account_number,
        "counterparty_bank": other.bank,
    }
    if each.method == "wire":
        ours, theirs = ("beneficiary", "originator") if each.direction == IN else ("originator", "beneficiary")
        names |= {
            f"{ours}_name": holder.profile["name"], f"{ours}_account": each.account.external_id,
            f"{ours}_country": each.account.entity.country, f"{theirs}_name": other.name,
            f"{theirs}_account": other.account_number, f"{theirs}_bank": other.bank,
            f"{theirs}_country": other.country,
        }  # fmt: skip
    return {name: text for name, text in names.items() if text}


def _decimal(minor: int) -> str:
    sign, size = "-" if minor < 0 else "", abs(minor)
    return f"{sign}{size // 100}.{size % 100:02d}"
