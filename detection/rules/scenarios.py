"""What each kind of rule asks for and what it finds.

A new kind is a member of `choices.RuleKind` (with its migration) and an entry of SCENARIOS here; forms, API, filters
and replay follow from these two. A scenario looks at the row alone: `columns.history` is filled only where a model in
force needs it (`pipeline.batch_assessment`), and late arrivals do not run rules again (`pipeline.late.reassess`). A
kind that needs the past changes those two first, and adds what it counts to `features.definition`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from finobs.core import money
from finobs.core.errors import Invalid

from ..choices import Outcome, RuleKind
from ..features.columns import Columns
from . import attribute_rule
from .finding import Finding, Findings, Parameter

__all__ = ["SCENARIOS", "Finding", "Findings", "Parameter", "Scenario", "evaluate", "validate"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`validate` returns the parameters in their one written form or raises Invalid; `evaluate` finds rows by index."""

    parameters: tuple[Parameter, ...]
    validate: Callable[[Mapping[str, Any]], dict[str, Any]]
    evaluate: Callable[[Columns, Mapping[str, Any]], Findings]


def validate(kind: str, parameters: Any) -> dict[str, Any]:
    """Raises Invalid with a message for each parameter that does not hold."""
    if kind not in SCENARIOS:
        raise Invalid(fields={"kind": [f"There is no kind of rule {kind!r}."]})
    if not isinstance(parameters, Mapping):
        raise Invalid(fields={"parameters": ["The parameters are an object."]})
    names = {each.name for each in SCENARIOS[kind].parameters}
    wrong = {str(name): ["This kind of rule has no such parameter."] for name in parameters if name not in names}
    wrong |= {
        each.name: ["This field is required."]
        for each in SCENARIOS[kind].parameters
        if each.required and not parameters.get(each.name)
    }
    if wrong:
        raise Invalid("The parameters do not hold.", wrong)
    return SCENARIOS[kind].validate(parameters)


def evaluate(kind: str, columns: Columns, parameters: Mapping[str, Any]) -> Findings:
    return SCENARIOS[kind].evaluate(columns, parameters)


def _validate_amount(parameters: Mapping[str, Any]) -> dict[str, Any]:
    currency = str(parameters["currency"]).strip().upper()
    limits: dict[str, str | None] = {}
    wrong: dict[str, list[str]] = {}
    minor: dict[str, int] = {}
    try:
        money.exponent(currency)
    except Invalid as error:
        raise Invalid("The parameters do not hold.", {"currency": [error.detail]}) from None
    for name in ("review_at", "block_at"):
        text = parameters.get(name)
        limits[name] = None
        if text in (None, ""):
            continue
        try:
            minor[name] = _limit(text, currency)
            limits[name] = money.text(minor[name], currency)
        except Invalid as error:
            wrong[name] = [error.detail]
    if not wrong and not minor:
        wrong["review_at"] = ["Give a limit for review, for block, or both."]
    if not wrong and len(minor) > 1 and minor["block_at"] < minor["review_at"]:
        wrong["block_at"] = ["The limit for block is below the limit for review."]
    if wrong:
        raise Invalid("The parameters do not hold.", wrong)
    return {"currency": currency, **limits}


def _limit(text: Any, currency: str) -> int:
    # A float has lost what was written before anybody could check it.
    if isinstance(text, bool | float) or not isinstance(text, str | int):
        raise Invalid("Write the limit as decimal text.")
    minor = money.to_minor(text, currency)
    if minor <= 0:
        raise Invalid("A limit is greater than zero.")
    return minor


def _evaluate_amount(columns: Columns, parameters: Mapping[str, Any]) -> Findings:
    """Rows in the rule's currency whose amount is at or above a limit; the block limit goes first."""
    currency = parameters["currency"]
    limits = [
        (severity, money.to_minor(parameters[name], currency))
        for severity, name in ((Outcome.BLOCK, "block_at"), (Outcome.REVIEW, "review_at"))
        if parameters.get(name)
    ]
    lowest = min(minor for _, minor in limits)
    findings: Findings = {}
    for index, (minor, of) in enumerate(zip(columns.amount_minor, columns.currency, strict=True)):
        if minor >= lowest and of == currency:
            severity, limit = next(each for each in limits if minor >= each[1])
            findings[index] = Finding(severity, _amount_reason(minor, limit, currency, severity))
    return findings


def _amount_reason(minor: int, limit: int, currency: str, severity: Outcome) -> str:
    amount, at = money.display(minor, currency), money.display(limit, currency)
    return f"Amount of {amount} is at or above the {severity.value} limit of {at}."


SCENARIOS: dict[str, Scenario] = {
    RuleKind.ATTRIBUTE: Scenario(
        attribute_rule.PARAMETERS, attribute_rule.validate_attribute, attribute_rule.evaluate_attribute
    ),
    RuleKind.AMOUNT: Scenario(
        (
            Parameter("currency", "Currency", "ISO 4217. The rule looks at amounts in this currency only.", True),
            Parameter("review_at", "Review at", "Amounts at or above it go to a person."),
            Parameter("block_at", "Block at", "Amounts at or above it are blocked."),
        ),
        _validate_amount,
        _evaluate_amount,
    ),
}
