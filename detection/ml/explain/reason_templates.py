"""What a feature says of a transaction that stands out by it, in the order in which the equally rare are told."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ...features.definition import RISK_WINDOWS, WINDOWS
from .feature_labels import OF
from .formatting import counted, share, sum_of_money, times, waited
from .outcome_phrases import CONFIRMED

Other = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class TransactionContext:
    """What a sentence needs of the transaction besides its features. `amount` is as people read it."""

    amount: str
    currency: str
    is_incoming: bool
    has_counterparty: bool
    country: str

    @property
    def payment(self) -> str:
        return "payment from" if self.is_incoming else "payment to"


@dataclass(frozen=True, slots=True)
class ReasonTemplate:
    """A feature, the family of those that say nearly the same, the least (of what is rare when low: the most) that is
    worth telling, and its sentence.

    `sentence` gets the value, the transaction, how far out it is ("above 99% of ..."), and the value of any other
    feature; it may have nothing to say.
    """

    name: str
    family: str
    sentence: Callable[[float, TransactionContext, str, Other], str]
    least: float = 0.5
    is_low: bool = False


# They say nothing that another does not say better, or nothing at all by themselves.
SILENT = frozenset(
    (
        "hour", "weekday", "is_incoming",
        *(f"account_mean_{days}" for days in WINDOWS),
        *(f"counterparty_mature_{days}" for days in WINDOWS),
        *(f"counterparty_risk_{days}" for days in WINDOWS),
        *(f"counterparty_rate_{days}" for days in RISK_WINDOWS),
    )
)  # fmt: skip
AN_HOUR = math.log1p(3_600)
MIN_RATIO, MIN_DEVIATIONS, MIN_COUNT, MIN_SHARE = 1.5, 2.0, 3.0, 0.3


def _last(days: int) -> str:
    return "the last day" if days == 1 else f"the last {days} days"


def _confirmed(who: str, days: int) -> ReasonTemplate:
    with_whom = "with this counterparty" if who == "counterparty" else "of this account"

    def sentence(value: float, _context: TransactionContext, _beyond: str, other: Other) -> str:
        due = other(f"counterparty_mature_{days}") if who == "counterparty" and days in WINDOWS else 0
        of = f", against {due:,.0f} due an outcome" if due >= value else ""
        verb = "was" if value == 1 else "were"
        return f"{counted(value, 'transaction')} {with_whom} {verb} {CONFIRMED} in {_last(days)}{of}"

    return ReasonTemplate(f"{who}_frauds_{days}", f"{who} outcomes", sentence)


def _ratio(who: str, days: int) -> ReasonTemplate:
    return ReasonTemplate(
        f"{who}_ratio_{days}", f"{who} size", lambda v, *_: f"{times(v, '')} {OF[who]}'s {days}-day mean", MIN_RATIO
    )


def _deviations(who: str, days: int) -> ReasonTemplate:
    return ReasonTemplate(
        f"{who}_z_{days}", f"{who} size",
        lambda v, *_: f"{v:,.1f} standard deviations above {OF[who]}'s {days}-day mean", MIN_DEVIATIONS,
    )  # fmt: skip


def _count(who: str, days: int) -> ReasonTemplate:
    return ReasonTemplate(
        f"{who}_count_{days}", f"{who} pace",
        lambda v, _context, beyond, _other: (
            f"{counted(v, 'transaction')} of {OF[who]} in {_last(days)}, {beyond}"
        ),
        MIN_COUNT,
    )  # fmt: skip


def _sum(days: int) -> ReasonTemplate:
    def sentence(value: float, context: TransactionContext, beyond: str, other: Other) -> str:
        if other(f"account_count_{days}") < 2:
            return ""  # It is the amount.
        return f"{sum_of_money(value, context.currency)} in all for this account in {_last(days)}, {beyond}"

    return ReasonTemplate(f"account_sum_{days}", "account sum", sentence)


def _amount(name: str) -> ReasonTemplate:
    return ReasonTemplate(
        name, "amount",
        lambda _v, context, beyond, _other: f"An amount of {context.amount}, {beyond}",
    )  # fmt: skip


def _since(who: str) -> ReasonTemplate:
    return ReasonTemplate(
        f"{who}_since", f"{who} pace", lambda v, *_: f"{waited(v, '')} after {OF[who]}'s last transaction",
        AN_HOUR, is_low=True,
    )  # fmt: skip


def _new_country(_v: float, context: TransactionContext, _beyond: str, _other: Other) -> str:
    return f"This account's first {context.payment} {context.country} in 30 days" if context.country else ""


def _new_counterparty(_v: float, context: TransactionContext, _beyond: str, _other: Other) -> str:
    return f"This account's first {context.payment} this counterparty in 30 days" if context.has_counterparty else ""


REASON_TEMPLATES = (
    *(_confirmed("counterparty", days) for days in (7, 30, 14, 21, 3, 1)),
    *(_confirmed("account", days) for days in (7, 30)),
    _ratio("account", 30), _ratio("account", 7), _deviations("account", 30), _deviations("account", 7),
    ReasonTemplate("is_new_country", "country", _new_country),
    ReasonTemplate("is_new_counterparty", "counterparty", _new_counterparty),
    *(_count("account", days) for days in WINDOWS),
    _since("account"),
    _amount("amount"), _amount("log_amount"),
    *(_sum(days) for days in WINDOWS),
    _ratio("counterparty", 30), _ratio("counterparty", 7), _deviations("counterparty", 30),
    *(_count("counterparty", days) for days in WINDOWS),
    _since("counterparty"),
    ReasonTemplate(
        "account_round_share", "round",
        lambda v, *_: f"{share(v, '')} of this account's amounts in the last 30 days are round", MIN_SHARE,
    ),
    ReasonTemplate("is_round", "round", lambda *_: "The amount is round"),
    ReasonTemplate("is_night", "time", lambda *_: "It was at night (UTC)"),
    ReasonTemplate("is_weekend", "time", lambda *_: "It was at the weekend (UTC)"),
)  # fmt: skip
