"""Features in plain words. A feature that is not in the table is named and shown as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from .formatting import (
    ValueFormat,
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
from .outcome_phrases import CONFIRMED

MAX_REASONS = 3
# A contribution below this is no reason: it would not be seen in a score of four decimals.
MIN_CONTRIBUTION = 0.0005
OF = {"account": "this account", "counterparty": "this counterparty"}

# Of a feature's value, and of the same as formatted text.
ReasonText = Callable[[float, str], str]


@dataclass(frozen=True, slots=True)
class FeatureLabel:
    """What a feature is called, how its value is formatted, and what it says as a reason."""

    label: str
    value_format: ValueFormat
    reason: ReasonText


def _flag(label: str, is_so: str, is_not: str) -> FeatureLabel:
    return FeatureLabel(label, yes, lambda value, _: is_so if value > 0.5 else is_not)


ROW: dict[str, FeatureLabel] = {
    "amount": FeatureLabel("Amount", in_money, lambda _, text: f"An amount of {text}"),
    "log_amount": FeatureLabel("Amount", in_log_money, lambda _, text: f"An amount of {text}"),
    "hour": FeatureLabel("Time of day", clock, lambda _, text: f"It was {text}"),
    "weekday": FeatureLabel("Weekday", weekday, lambda _, text: f"It was a {text}"),
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
        "Since this account's last", waited, lambda _, text: f"{text} after this account's last transaction"
    ),
    "counterparty_since": FeatureLabel(
        "Since this counterparty's last", waited, lambda _, text: f"{text} after this counterparty's last transaction"
    ),
    "account_round_share": FeatureLabel(
        "Round amounts of this account", share,
        lambda _, text: f"{text} of this account's amounts in 30 days are round",
    ),
}  # fmt: skip

WINDOWED = re.compile(r"(?P<who>account|counterparty)_(?P<what>[a-z]+)_(?P<days>\d+)")


def _deviations(value: float) -> str:
    if abs(value) < 0.05:
        return "At"
    return f"{abs(value):,.1f} standard deviations {'above' if value > 0 else 'below'}"


def _windowed(who: str, what: str, days: str) -> FeatureLabel | None:
    of, ages, span = OF[who], f"{days}-day", window(days)
    table: dict[str, tuple[str, ValueFormat, ReasonText]] = {
        "ratio": (f"Against {of}'s {ages} mean", times, lambda _, text: f"{text} {of}'s {ages} mean"),
        "z": (
            f"Deviations from {of}'s {ages} mean", deviations,
            lambda value, _: f"{_deviations(value)} {of}'s {ages} mean",
        ),
        "count": (
            f"Transactions, {span}, {who}", plain, lambda value, _: f"{counted(value, 'transaction')} of {of} in {span}"
        ),
        "mean": (f"Mean amount, {span}, {who}", in_money, lambda _, text: f"A mean of {text} for {of} in {span}"),
        "sum": (f"Sum, {span}, {who}", in_money, lambda _, text: f"{text} in all for {of} in {span}"),
        "frauds": (
            f"Confirmed suspicious, {span}, {who}", plain,
            lambda value, _: f"{counted(value, 'transaction')} of {of} {CONFIRMED} in {span}",
        ),
        "risk": (
            f"Share confirmed suspicious, {span}, {who}", share,
            # What was confirmed in a window need not be what fell due in it: there may be more of it.
            lambda value, text: (
                f"{'All' if value >= 1 else text} of {of}'s transactions in {span} of known outcomes were {CONFIRMED}"
            ),
        ),
        "rate": (
            f"Smoothed share suspicious, {span}, {who}", small_share,
            lambda _, text: f"A smoothed share of {text} {CONFIRMED} for {of} in {span} of known outcomes",
        ),
        "mature": (
            f"Due an outcome, {span}, {who}", plain,
            lambda value, _: f"{counted(value, 'transaction')} of {of} due an outcome in {span}",
        ),
    }  # fmt: skip
    return FeatureLabel(*table[what]) if what in table else None


@cache
def feature_label(name: str) -> FeatureLabel:
    if name in ROW:
        return ROW[name]
    windowed = WINDOWED.fullmatch(name)
    known_label = _windowed(**windowed.groupdict()) if windowed else None
    label = name.replace("_", " ").capitalize()
    return known_label or FeatureLabel(label, plain, lambda _, text: f"{label} of {text}")


@dataclass(frozen=True, slots=True)
class ExplanationLine:
    """A feature in words: its value, what is usual, what it did to the score, and the same as a reason."""

    label: str
    observed: str
    expected: str
    contribution: float
    reason: str
    family: str = ""

    @property
    def signed(self) -> str:
        return signed(self.contribution)


def signed(contribution: float) -> str:
    text = f"{contribution:+.4f}"
    return "0.0000" if text[1:] == "0.0000" else text


def lines(features: Sequence[Mapping[str, Any]], currency: str = "") -> list[ExplanationLine]:
    """The features of an explanation in words, what did most to the score first.

    Amounts are formatted in `currency`; what is usual of them is over all that the model learned from, so without one.
    """
    return sorted(
        (_line(feature, currency) for feature in features), key=lambda line: (-abs(line.contribution), line.label)
    )


# Of the same amounts, and of the same outcomes.
FAMILIES = {"ratio": "size", "z": "size", "frauds": "outcomes", "risk": "outcomes", "rate": "outcomes"}


def _family(name: str) -> str:
    windowed = WINDOWED.fullmatch(name)
    if windowed is None:
        return name
    return f"{windowed['who']} {FAMILIES.get(windowed['what'], windowed['what'])}"


def _line(feature: Mapping[str, Any], currency: str) -> ExplanationLine:
    label, contribution = feature_label(feature["name"]), float(feature["contribution"])
    observed, expected = feature["observed"], feature["expected"]
    usual = "" if expected is None else label.value_format(float(expected), "")
    if observed is None:
        return ExplanationLine(label.label, "not known", usual, contribution, "")
    value = float(observed)
    text = label.value_format(value, currency)
    reason = label.reason(value, text)
    # Compared without the currency: what is usual never has one.
    if usual and usual != label.value_format(value, ""):
        reason += f" (usual: {usual})"
    return ExplanationLine(label.label, text, usual, contribution, f"{reason}.", _family(feature["name"]))


def reasons(features: Sequence[Mapping[str, Any]], currency: str = "") -> list[str]:
    """What raised the score most, in words; at most three, and of what says nearly the same, one."""
    raising = [feature for feature in features if float(feature["contribution"]) >= MIN_CONTRIBUTION]
    raising.sort(key=lambda feature: (-float(feature["contribution"]), feature_label(feature["name"]).label))
    by_family: dict[str, str] = {}
    for feature in raising:
        line = _line(feature, currency)
        if line.reason:
            by_family.setdefault(line.family, line.reason)
        if len(by_family) == MAX_REASONS:
            break
    return list(by_family.values())
