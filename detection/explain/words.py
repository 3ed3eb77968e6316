"""Features in plain words. A feature that is not in the table is named and shown as it is."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_REASONS = 3
# A contribution below this is no reason: it would not be seen in a score of four decimals.
LEAST = 0.0005
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OF = {"account": "this account", "counterparty": "this counterparty"}

Values = Sequence[float]
Show = Callable[[Values], str]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a feature is called, how its value is shown, and what it says as a reason."""

    label: str
    show: Show
    say: Callable[[Values], str]


def number(value: float) -> str:
    """As many digits as a person reads."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def yes(values: Values) -> str:
    return "yes" if values[0] > 0.5 else "no"


def money(values: Values) -> str:
    return f"{values[0]:,.2f}"


def log_money(values: Values) -> str:
    return f"{math.expm1(values[0]):,.2f}"


def clock(values: Values) -> str:
    """From its sine and cosine, or from hours."""
    hours = values[0] if len(values) == 1 else math.atan2(values[0], values[1]) * 12 / math.pi % 24
    minutes = round(hours * 60) % 1440
    return f"{minutes // 60:02}:{minutes % 60:02} UTC"


def weekday(values: Values) -> str:
    return DAYS[int(values[0]) % 7]


def waited(values: Values) -> str:
    """From the log of seconds."""
    seconds = math.expm1(values[0])
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def share(values: Values) -> str:
    return f"{values[0]:.1%}"


def times(values: Values) -> str:
    return f"{values[0]:,.0f} times" if values[0] >= 100 else f"{values[0]:,.1f} times"


def plain(values: Values) -> str:
    return number(values[0])


def deviations(values: Values) -> str:
    return f"{values[0]:+,.1f} deviations"


def _flag(label: str, is_so: str, is_not: str) -> Wording:
    return Wording(label, yes, lambda values: is_so if values[0] > 0.5 else is_not)


ROW: dict[str, Wording] = {
    "amount": Wording("Amount", money, lambda values: f"An amount of {money(values)}"),
    "log_amount": Wording("Amount", log_money, lambda values: f"An amount of {log_money(values)}"),
    "hour": Wording("Time of day", clock, lambda values: f"It was {clock(values)}"),
    "weekday": Wording("Weekday", weekday, lambda values: f"It was a {weekday(values)}"),
    "is_weekend": _flag("Weekend", "It was at the weekend", "It was on a working day"),
    "is_night": _flag("At night", "It was at night", "It was by day"),
    "is_round": _flag("Round amount", "The amount is round", "The amount is not round"),
    "is_incoming": _flag("Incoming", "Money comes in", "Money goes out"),
    "is_new_counterparty": _flag(
        "New counterparty", "This account's first with this counterparty in 30 days",
        "This account knows this counterparty",
    ),
    "is_new_country": _flag(
        "New country", "This account's first with this country in 30 days", "This account knows this country"
    ),
    "account_since": Wording(
        "Since this account's last", waited, lambda values: f"{waited(values)} after this account's last transaction"
    ),
    "counterparty_since": Wording(
        "Since this counterparty's last", waited,
        lambda values: f"{waited(values)} after this counterparty's last transaction",
    ),
    "account_round_share": Wording(
        "Round amounts of this account", share,
        lambda values: f"{share(values)} of this account's amounts in 30 days are round",
    ),
}  # fmt: skip

# Shown as one: neither means anything alone.
TOGETHER: dict[tuple[str, ...], Wording] = {
    ("hour_sin", "hour_cos"): Wording("Time of day", clock, lambda values: f"It was {clock(values)}")
}
WINDOWED = re.compile(r"(?P<who>account|counterparty)_(?P<what>[a-z]+)_(?P<days>\d+)")


def _windowed(who: str, what: str, days: str) -> Wording | None:
    of, window = OF[who], "1 day" if days == "1" else f"{days} days"
    ages = f"{days}-day"
    table: dict[str, tuple[str, Show, Callable[[Values], str]]] = {
        "ratio": (f"Against {of}'s {ages} mean", times, lambda v: f"{times(v)} {of}'s {ages} mean"),
        "z": (
            f"Deviations from {of}'s {ages} mean", deviations,
            lambda v: f"{abs(v[0]):,.1f} standard deviations {'above' if v[0] > 0 else 'below'} {of}'s {ages} mean",
        ),
        "count": (f"Transactions in {window}, {of}", plain, lambda v: f"{plain(v)} transactions of {of} in {window}"),
        "mean": (f"Mean amount in {window}, {of}", money, lambda v: f"A mean of {money(v)} for {of} in {window}"),
        "sum": (f"Sum in {window}, {of}", money, lambda v: f"{money(v)} in all for {of} in {window}"),
        "frauds": (
            f"Confirmed frauds in {window}, {of}", plain,
            lambda v: f"{plain(v)} confirmed fraud{'' if v[0] == 1 else 's'} of {of} in {window} of known outcomes",
        ),
        "risk": (
            f"Share of fraud in {window}, {of}", share,
            lambda v: f"{share(v)} of {of}'s transactions in {window} of known outcomes were fraud",
        ),
        "rate": (
            f"Smoothed rate of fraud in {window}, {of}", share,
            lambda v: f"A fraud rate of {share(v)} for {of} in {window} of known outcomes",
        ),
        "mature": (
            f"Transactions of known age in {window}, {of}", plain,
            lambda v: f"{plain(v)} transactions of {of} in {window}, old enough for their outcome to be known",
        ),
    }  # fmt: skip
    return Wording(*table[what]) if what in table else None


def wording(name: str) -> Wording:
    if name in ROW:
        return ROW[name]
    windowed = WINDOWED.fullmatch(name)
    found = _windowed(**windowed.groupdict()) if windowed else None
    label = name.replace("_", " ").capitalize()
    return found or Wording(label, plain, lambda values: f"{label} of {plain(values)}")


@dataclass(frozen=True, slots=True)
class Line:
    """A feature, or features that are shown as one: what was seen, what is usual, what it did to the score."""

    label: str
    observed: str
    expected: str
    contribution: float
    words: str

    @property
    def signed(self) -> str:
        shown = f"{self.contribution:+.4f}"
        return "0.0000" if shown[1:] == "0.0000" else shown


def lines(each: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The kept features in words, what did most to the score first."""
    left = {kept["name"]: kept for kept in each}
    found = []
    for names, together in TOGETHER.items():
        if all(name in left for name in names):
            found.append(_line(together, [left.pop(name) for name in names]))
    found += [_line(wording(name), [kept]) for name, kept in left.items()]
    return sorted(found, key=lambda line: (-abs(line.contribution), line.label))


def _line(said: Wording, kept: Sequence[Mapping[str, Any]]) -> Line:
    contribution = sum(float(one["contribution"]) for one in kept)
    observed, expected = _values(kept, "observed"), _values(kept, "expected")
    if observed is None:
        return Line(said.label, "not known", said.show(expected) if expected else "", contribution, "")
    usual = said.show(expected) if expected else ""
    reason = said.say(observed)
    if usual and usual != said.show(observed):
        reason += f" (usual: {usual})"
    return Line(said.label, said.show(observed), usual, contribution, f"{reason}.")


def _values(kept: Sequence[Mapping[str, Any]], what: str) -> list[float] | None:
    texts = [one[what] for one in kept]
    return None if any(text is None for text in texts) else [float(text) for text in texts]


def reasons(each: Sequence[Mapping[str, Any]]) -> list[str]:
    """What raised the score most, in words; at most three."""
    raised = [line for line in lines(each) if line.contribution >= LEAST and line.words]
    return [line.words for line in raised[:MOST_REASONS]]
