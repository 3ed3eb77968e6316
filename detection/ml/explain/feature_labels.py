"""Features in plain words. A feature that is not in the table is named and shown as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from .formatting import (
    Show,
    Values,
    clock,
    counted,
    deviations,
    in_log_money,
    in_money,
    plain,
    share,
    small_share,
    times,
    waited,
    weekday,
    window,
    yes,
)

MAX_REASONS = 3
# A contribution below this is no reason: it would not be seen in a score of four decimals.
MIN_CONTRIBUTION = 0.0005
OF = {"account": "this account", "counterparty": "this counterparty"}

Say = Callable[[Values, str], str]


@dataclass(frozen=True, slots=True)
class FeatureLabel:
    """What a feature is called, how its value is shown, and what it says as a reason: from its values, and as shown."""

    label: str
    show: Show
    say: Say


def _flag(label: str, is_so: str, is_not: str) -> FeatureLabel:
    return FeatureLabel(label, yes, lambda values, _: is_so if values[0] > 0.5 else is_not)


ROW: dict[str, FeatureLabel] = {
    "amount": FeatureLabel("Amount", in_money, lambda _, shown: f"An amount of {shown}"),
    "log_amount": FeatureLabel("Amount", in_log_money, lambda _, shown: f"An amount of {shown}"),
    "hour": FeatureLabel("Time of day", clock, lambda _, shown: f"It was {shown}"),
    "weekday": FeatureLabel("Weekday", weekday, lambda _, shown: f"It was a {shown}"),
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
    "account_since": FeatureLabel(
        "Since this account's last", waited, lambda _, shown: f"{shown} after this account's last transaction"
    ),
    "counterparty_since": FeatureLabel(
        "Since this counterparty's last", waited, lambda _, shown: f"{shown} after this counterparty's last transaction"
    ),
    "account_round_share": FeatureLabel(
        "Round amounts of this account", share,
        lambda _, shown: f"{shown} of this account's amounts in 30 days are round",
    ),
}  # fmt: skip

# Shown as one: neither means anything alone.
TOGETHER: dict[tuple[str, ...], FeatureLabel] = {
    ("hour_sin", "hour_cos"): FeatureLabel("Time of day", clock, lambda _, shown: f"It was {shown}")
}
WINDOWED = re.compile(r"(?P<who>account|counterparty)_(?P<what>[a-z]+)_(?P<days>\d+)")


def _deviations(value: float) -> str:
    if abs(value) < 0.05:
        return "At"
    return f"{abs(value):,.1f} standard deviations {'above' if value > 0 else 'below'}"


def _windowed(who: str, what: str, days: str) -> FeatureLabel | None:
    of, ages, span = OF[who], f"{days}-day", window(days)
    table: dict[str, tuple[str, Show, Say]] = {
        "ratio": (f"Against {of}'s {ages} mean", times, lambda _, shown: f"{shown} {of}'s {ages} mean"),
        "z": (
            f"Deviations from {of}'s {ages} mean", deviations,
            lambda v, _: f"{_deviations(v[0])} {of}'s {ages} mean",
        ),
        "count": (
            f"Transactions, {span}, {who}", plain, lambda v, _: f"{counted(v[0], 'transaction')} of {of} in {span}"
        ),
        "mean": (f"Mean amount, {span}, {who}", in_money, lambda _, shown: f"A mean of {shown} for {of} in {span}"),
        "sum": (f"Sum, {span}, {who}", in_money, lambda _, shown: f"{shown} in all for {of} in {span}"),
        "frauds": (
            f"Confirmed suspicious, {span}, {who}", plain,
            lambda v, _: f"{counted(v[0], 'transaction')} of {of} confirmed suspicious in {span}",
        ),
        "risk": (
            f"Share confirmed suspicious, {span}, {who}", share,
            # What was confirmed in a window need not be what fell due in it: there may be more of it.
            lambda v, shown: (
                f"{'All' if v[0] >= 1 else shown} of {of}'s transactions in {span} of known outcomes were confirmed "
                "suspicious"
            ),
        ),
        "rate": (
            f"Smoothed share suspicious, {span}, {who}", small_share,
            lambda _, shown: f"A smoothed share of {shown} confirmed suspicious for {of} in {span} of known outcomes",
        ),
        "mature": (
            f"Due an outcome, {span}, {who}", plain,
            lambda v, _: f"{counted(v[0], 'transaction')} of {of} due an outcome in {span}",
        ),
    }  # fmt: skip
    return FeatureLabel(*table[what]) if what in table else None


@cache
def feature_label(name: str) -> FeatureLabel:
    if name in ROW:
        return ROW[name]
    windowed = WINDOWED.fullmatch(name)
    found = _windowed(**windowed.groupdict()) if windowed else None
    label = name.replace("_", " ").capitalize()
    return found or FeatureLabel(label, plain, lambda _, shown: f"{label} of {shown}")


@dataclass(frozen=True, slots=True)
class ExplanationLine:
    """A feature, or features that are shown as one: what was seen, what is usual, what it did to the score."""

    label: str
    observed: str
    expected: str
    contribution: float
    words: str
    family: str = ""

    @property
    def signed(self) -> str:
        return signed(self.contribution)


def signed(contribution: float) -> str:
    shown = f"{contribution:+.4f}"
    return "0.0000" if shown[1:] == "0.0000" else shown


def lines(each: Sequence[Mapping[str, Any]], currency: str = "") -> list[ExplanationLine]:
    """The kept features in words, what did most to the score first. Amounts are told in `currency`; what is usual of
    them is over all that the model learned from, so without one."""
    found = [_line(said, kept, currency) for said, kept in _grouped(each)]
    return sorted(found, key=lambda line: (-abs(line.contribution), line.label))


def _grouped(each: Sequence[Mapping[str, Any]]) -> list[tuple[FeatureLabel, list[Mapping[str, Any]]]]:
    """Each feature, or features that are shown as one, with how they are said."""
    left = {kept["name"]: kept for kept in each}
    found = [
        (together, [left.pop(name) for name in names])
        for names, together in TOGETHER.items()
        if all(name in left for name in names)
    ]
    return found + [(feature_label(name), [kept]) for name, kept in left.items()]


# Of the same amounts, and of the same outcomes.
NEARLY_THE_SAME = {"ratio": "size", "z": "size", "frauds": "outcomes", "risk": "outcomes", "rate": "outcomes"}


def _family(name: str) -> str:
    windowed = WINDOWED.fullmatch(name)
    if windowed is None:
        return name
    return f"{windowed['who']} {NEARLY_THE_SAME.get(windowed['what'], windowed['what'])}"


def _line(said: FeatureLabel, kept: Sequence[Mapping[str, Any]], currency: str) -> ExplanationLine:
    contribution = _contribution(kept)
    observed, expected = _values(kept, "observed"), _values(kept, "expected")
    usual = said.show(expected, "") if expected else ""
    if observed is None:
        return ExplanationLine(said.label, "not known", usual, contribution, "")
    shown = said.show(observed, currency)
    reason = said.say(observed, shown)
    if usual and usual != said.show(observed, ""):
        reason += f" (usual: {usual})"
    return ExplanationLine(said.label, shown, usual, contribution, f"{reason}.", _family(kept[0]["name"]))


def _contribution(kept: Sequence[Mapping[str, Any]]) -> float:
    return sum(float(one["contribution"]) for one in kept)


def _values(kept: Sequence[Mapping[str, Any]], what: str) -> list[float] | None:
    texts = [one[what] for one in kept]
    return None if any(text is None for text in texts) else [float(text) for text in texts]


def reasons(each: Sequence[Mapping[str, Any]], currency: str = "") -> list[str]:
    """What raised the score most, in words; at most three, and of what says nearly the same, one."""
    raised = [(said, kept) for said, kept in _grouped(each) if _contribution(kept) >= MIN_CONTRIBUTION]
    told: dict[str, str] = {}
    for said, kept in sorted(raised, key=lambda found: (-_contribution(found[1]), found[0].label)):
        line = _line(said, kept, currency)
        if line.words:
            told.setdefault(line.family, line.words)
        if len(told) == MAX_REASONS:
            break
    return list(told.values())
