"""The amount rule: which parameters hold, in which form they are kept, and on which rows it fires."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from detection.choices import Outcome, RuleKind
from detection.features.columns import Columns
from detection.rules import scenarios
from detection.rules.scenarios import Finding
from finobs.core.errors import Invalid

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BOTH = {"currency": "USD", "review_at": "100.00", "block_at": "500.00"}


def columns(*rows: tuple[int, str]) -> Columns:
    amounts, currencies = zip(*rows, strict=True)
    return Columns(list(amounts), list(currencies), [NOON] * len(rows), ["out"] * len(rows))


def found(parameters: dict[str, Any], *rows: tuple[int, str]) -> dict[int, Outcome]:
    return {
        index: finding.severity
        for index, finding in scenarios.evaluate(RuleKind.AMOUNT, columns(*rows), parameters).items()
    }


def errors(parameters: Any, kind: str = RuleKind.AMOUNT) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as error:
        scenarios.validate(kind, parameters)
    return error.value.fields


@pytest.mark.parametrize(
    ("parameters", "kept"),
    [
        (BOTH, BOTH),
        ({"currency": " usd ", "review_at": "100"}, {"currency": "USD", "review_at": "100.00", "block_at": None}),
        ({"currency": "USD", "block_at": 7}, {"currency": "USD", "review_at": None, "block_at": "7.00"}),
        (
            {"currency": "JPY", "review_at": "1e3", "block_at": ""},
            {"currency": "JPY", "review_at": "1000", "block_at": None},
        ),
        (
            {"currency": "USD", "review_at": "5", "block_at": "5.00"},
            {"currency": "USD", "review_at": "5.00", "block_at": "5.00"},
        ),
        (
            {"currency": "USD", "review_at": "0.01", "block_at": None},
            {"currency": "USD", "review_at": "0.01", "block_at": None},
        ),
    ],
)
def test_parameters_that_hold_are_kept_in_one_form(parameters: dict[str, Any], kept: dict[str, Any]) -> None:
    assert scenarios.validate(RuleKind.AMOUNT, parameters) == kept
    assert scenarios.validate(RuleKind.AMOUNT, kept) == kept


@pytest.mark.parametrize(
    ("parameters", "wrong"),
    [
        ({}, {"currency": ["This field is required."]}),
        ({"currency": ""}, {"currency": ["This field is required."]}),
        ({"currency": "USD"}, {"review_at": ["Give a limit for review, for block, or both."]}),
        ({"currency": "USD", "review_at": "", "block_at": None}, {"review_at": ["Give a limit for review, for block, or both."]}),
        ({**BOTH, "block_at": "99.99"}, {"block_at": ["The limit for block is below the limit for review."]}),
        ({**BOTH, "review_at": "0"}, {"review_at": ["A limit is greater than zero."]}),
        ({**BOTH, "review_at": "-1"}, {"review_at": ["A limit is greater than zero."]}),
        ({**BOTH, "review_at": 1.5}, {"review_at": ["Write the limit as decimal text."]}),
        ({**BOTH, "review_at": True}, {"review_at": ["Write the limit as decimal text."]}),
        ({**BOTH, "block_at": ["1"]}, {"block_at": ["Write the limit as decimal text."]}),
        ({**BOTH, "colour": "red", "size": 1},
         {"colour": ["This kind of rule has no such parameter."], "size": ["This kind of rule has no such parameter."]}),
    ],
)  # fmt: skip
def test_parameters_that_do_not_hold_are_refused_by_name_and_in_words(
    parameters: dict[str, Any], wrong: dict[str, list[str]]
) -> None:
    assert errors(parameters) == wrong


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"currency": "XYZ", "review_at": "1"}, ["currency"]),
        ({**BOTH, "review_at": "1.001"}, ["review_at"]),
        ({**BOTH, "review_at": "x", "block_at": "y"}, ["review_at", "block_at"]),
        ({"currency": "JPY", "review_at": "1.5"}, ["review_at"]),
    ],
)
def test_a_limit_that_is_no_amount_of_the_currency_is_refused(parameters: dict[str, Any], names: list[str]) -> None:
    assert list(errors(parameters)) == names


@pytest.mark.parametrize("parameters", [None, [], "x", 7])
def test_parameters_are_an_object(parameters: Any) -> None:
    assert errors(parameters) == {"parameters": ["The parameters are an object."]}


def test_a_kind_of_rule_that_there_is_not_is_refused() -> None:
    assert errors({}, "velocity") == {"kind": ["There is no kind of rule 'velocity'."]}
    assert set(scenarios.SCENARIOS) == set(RuleKind)


@pytest.mark.parametrize(
    ("minor", "severity"),
    [
        (9_999, None),
        (10_000, Outcome.REVIEW),
        (49_999, Outcome.REVIEW),
        (50_000, Outcome.BLOCK),
        (10**15, Outcome.BLOCK),
    ],
)
def test_an_amount_at_a_limit_is_above_it(minor: int, severity: Outcome | None) -> None:
    assert found(BOTH, (minor, "USD")) == ({0: severity} if severity else {})


@pytest.mark.parametrize("only", ["review_at", "block_at"])
def test_a_rule_with_one_limit_finds_by_that_alone(only: str) -> None:
    parameters = {"currency": "USD", "review_at": None, "block_at": None, only: "100.00"}
    severity = Outcome.REVIEW if only == "review_at" else Outcome.BLOCK
    assert found(parameters, (9_999, "USD"), (10_000, "USD"), (10**9, "USD")) == {1: severity, 2: severity}


def test_rows_of_other_currencies_are_passed_over() -> None:
    assert found(BOTH, (10**9, "EUR"), (50_000, "USD"), (10**9, "USDX"), (10_000, "USD")) == {
        1: Outcome.BLOCK, 3: Outcome.REVIEW,
    }  # fmt: skip


def test_a_limit_is_of_the_places_of_its_currency() -> None:
    parameters = {"currency": "JPY", "review_at": "100", "block_at": None}
    assert found(parameters, (99, "JPY"), (100, "JPY")) == {1: Outcome.REVIEW}


@pytest.mark.parametrize(
    ("minor", "reason"),
    [
        (12_345, "Amount of $123.45 is at or above the review limit of $100.00."),
        (50_000, "Amount of $500.00 is at or above the block limit of $500.00."),
    ],
)
def test_a_finding_says_the_amount_and_the_limit_that_it_reached(minor: int, reason: str) -> None:
    ((_, finding),) = scenarios.evaluate(RuleKind.AMOUNT, columns((minor, "USD")), BOTH).items()
    assert finding == Finding(Outcome.REVIEW if minor < 50_000 else Outcome.BLOCK, reason)
