"""What an amount rule takes, what it finds at its limits, and how its versions are shown beside one another."""

from __future__ import annotations

from typing import Any

import pytest

from detection.choices import Outcome, RuleKind
from detection.features.columns import Columns
from detection.models import Rule, RuleVersion
from detection.rules import scenarios
from detection.rules.diff import ParameterChange, version_diffs
from detection.rules.forms import RuleChangeForm
from finobs.core.errors import Invalid
from tests import factories
from tests.support.clients import signed_in
from transactions.choices import Direction

BOTH = {"currency": "USD", "review_at": "10000.00", "block_at": "50000.00"}


def columns(*rows: tuple[int, str], direction: str = Direction.OUT) -> Columns:
    return Columns(
        [minor for minor, _ in rows], [of for _, of in rows], [factories.NOON] * len(rows), [direction] * len(rows)
    )


def severities(parameters: dict[str, Any], *rows: tuple[int, str], **fields: Any) -> dict[int, str]:
    found = scenarios.evaluate(RuleKind.AMOUNT, columns(*rows, **fields), parameters)
    return {index: finding.severity.value for index, finding in found.items()}


@pytest.mark.parametrize(
    ("parameters", "written"),
    [
        ({"currency": "usd", "review_at": "10000"}, {"currency": "USD", "review_at": "10000.00", "block_at": None}),
        ({"currency": " eur ", "block_at": "0.01"}, {"currency": "EUR", "review_at": None, "block_at": "0.01"}),
        ({"currency": "JPY", "review_at": 1000}, {"currency": "JPY", "review_at": "1000", "block_at": None}),
        ({"currency": "KWD", "review_at": "1.005"}, {"currency": "KWD", "review_at": "1.005", "block_at": None}),
        ({"currency": "USD", "review_at": "", "block_at": "5"}, {"currency": "USD", "review_at": None, "block_at": "5.00"}),
        ({"currency": "USD", "review_at": "5", "block_at": None}, {"currency": "USD", "review_at": "5.00", "block_at": None}),
        ({"currency": "USD", "review_at": "5", "block_at": "5"}, {"currency": "USD", "review_at": "5.00", "block_at": "5.00"}),
    ],
)  # fmt: skip
def test_parameters_are_written_in_one_form(parameters, written):
    assert scenarios.validate(RuleKind.AMOUNT, parameters) == written
    assert scenarios.validate(RuleKind.AMOUNT, written) == written


@pytest.mark.parametrize(
    ("parameters", "fields"),
    [
        ({}, {"currency": "This field is required."}),
        ({"currency": ""}, {"currency": "This field is required."}),
        ({"currency": "USD"}, {"review_at": "Give a limit for review, for block, or both."}),
        ({"currency": "USD", "review_at": "0"}, {"review_at": "A limit is greater than zero."}),
        ({"currency": "USD", "block_at": "-0.01"}, {"block_at": "A limit is greater than zero."}),
        ({"currency": "USD", "review_at": 10.5}, {"review_at": "Write the limit as decimal text."}),
        ({"currency": "USD", "review_at": True}, {"review_at": "Write the limit as decimal text."}),
        ({"currency": "USD", "review_at": ["5"]}, {"review_at": "Write the limit as decimal text."}),
        ({"currency": "USD", "review_at": 1.5, "block_at": "0"},
         {"review_at": "Write the limit as decimal text.", "block_at": "A limit is greater than zero."}),
        ({"currency": "USD", "review_at": "5.01", "block_at": "5"},
         {"block_at": "The limit for block is below the limit for review."}),
        ({"currency": "USD", "review_at": "5", "per_day": "3", 7: "x"},
         {"per_day": "This kind of rule has no such parameter.", "7": "This kind of rule has no such parameter."}),
        ({"per_day": "3"}, {"per_day": "This kind of rule has no such parameter.", "currency": "This field is required."}),
    ],
)  # fmt: skip
def test_each_parameter_that_does_not_hold_is_named_with_its_reason(parameters, fields):
    with pytest.raises(Invalid) as refusal:
        scenarios.validate(RuleKind.AMOUNT, parameters)
    assert refusal.value.fields == {name: [text] for name, text in fields.items()}
    assert refusal.value.detail == "The parameters do not hold."


@pytest.mark.parametrize("limit", ["ten", "1,000", "1.000", "1_000", "NaN", "Infinity", "1.005", "--1", "9" * 40])
@pytest.mark.parametrize("name", ["review_at", "block_at"])
def test_a_limit_that_is_no_amount_of_the_currency_is_named(name, limit):
    with pytest.raises(Invalid) as refusal:
        scenarios.validate(RuleKind.AMOUNT, {"currency": "USD", name: limit})
    assert list(refusal.value.fields) == [name]
    assert refusal.value.fields[name][0]


@pytest.mark.parametrize("currency", ["US", "USDT", "XXQ", "12", "$"])
def test_a_currency_that_there_is_none_of_is_named(currency):
    with pytest.raises(Invalid) as refusal:
        scenarios.validate(RuleKind.AMOUNT, {"currency": currency, "review_at": "5"})
    assert list(refusal.value.fields) == ["currency"]


@pytest.mark.parametrize(("kind", "parameters", "field"), [("pace", BOTH, "kind"), (RuleKind.AMOUNT, [1], "parameters"),
                                                           (RuleKind.AMOUNT, None, "parameters")])  # fmt: skip
def test_a_kind_and_an_object_are_needed(kind, parameters, field):
    with pytest.raises(Invalid) as refusal:
        scenarios.validate(kind, parameters)
    assert list(refusal.value.fields) == [field]


@pytest.mark.parametrize(
    ("minor", "severity"),
    [(0, None), (999_999, None), (1_000_000, "review"), (4_999_999, "review"), (5_000_000, "block"), (10**12, "block")],
)
def test_a_limit_is_reached_at_exactly_its_amount(minor, severity):
    assert severities(BOTH, (minor, "USD")) == ({0: severity} if severity else {})


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        (BOTH | {"review_at": None}, {2: "block"}),
        (BOTH | {"block_at": None}, {1: "review", 2: "review"}),
        (BOTH | {"review_at": "50000.00"}, {2: "block"}),
    ],
)
def test_a_rule_may_have_one_limit_only_and_the_graver_of_equals_holds(parameters, found):
    assert severities(parameters, (999_999, "USD"), (1_000_000, "USD"), (5_000_000, "USD")) == found


def test_a_rule_looks_at_its_own_currency_and_at_money_in_and_out():
    rows = ((2_000_000, "EUR"), (2_000_000, "USD"), (9_000_000, "EUR"), (9_000_000, "USD"))
    for direction in Direction.values:
        assert severities(BOTH, *rows, direction=direction) == {1: "review", 3: "block"}
    assert severities(BOTH | {"currency": "EUR"}, *rows) == {0: "review", 2: "block"}


def test_limits_of_a_currency_without_cents_are_whole_units():
    yen = {"currency": "JPY", "review_at": "10000", "block_at": None}
    assert severities(yen, (9_999, "JPY"), (10_000, "JPY")) == {1: "review"}


@pytest.mark.parametrize(
    ("minor", "reason"),
    [
        (1_234_500, "Amount of $12,345.00 is at or above the review limit of $10,000.00."),
        (5_000_000, "Amount of $50,000.00 is at or above the block limit of $50,000.00."),
    ],
)
def test_a_finding_says_the_amount_and_the_limit_that_it_reached(minor, reason):
    finding = scenarios.evaluate(RuleKind.AMOUNT, columns((minor, "USD")), BOTH)[0]
    assert finding.reason == reason


def test_no_rows_have_no_findings():
    assert scenarios.evaluate(RuleKind.AMOUNT, columns(), BOTH) == {}


def test_every_kind_of_rule_has_a_scenario_with_labelled_parameters():
    assert set(scenarios.SCENARIOS) == set(RuleKind.values)
    for scenario in scenarios.SCENARIOS.values():
        assert all(each.label and each.help for each in scenario.parameters)
        assert any(each.required for each in scenario.parameters)


def test_severities_of_findings_are_outcomes():
    finding = scenarios.evaluate(RuleKind.AMOUNT, columns((5_000_000, "USD")), BOTH)[0]
    assert finding.severity is Outcome.BLOCK


def versions(*parameters: dict[str, Any]) -> list[RuleVersion]:
    """As many versions, the newest first."""
    return [RuleVersion(number=len(parameters) - at, parameters=each) for at, each in enumerate(parameters)]


def test_each_version_is_shown_beside_the_one_before_it():
    newest, middle, first = versions(BOTH, BOTH | {"block_at": None}, BOTH | {"review_at": "9000.00", "block_at": None})
    changes = version_diffs(RuleKind.AMOUNT, [newest, middle, first])
    assert [
        (version.number, [(each.before, each.after, each.is_new) for each in diff]) for version, diff in changes
    ] == [
        (3, [("USD", "USD", False), ("10000.00", "10000.00", False), ("none", "50000.00", True)]),
        (2, [("USD", "USD", False), ("9000.00", "10000.00", True), ("none", "none", False)]),
        (1, [("", "USD", False), ("", "9000.00", False), ("", "none", False)]),
    ]
    assert [each.label for each in changes[0][1]] == ["Currency", "Review at", "Block at"]


def test_a_rule_without_versions_shows_none():
    assert version_diffs(RuleKind.AMOUNT, []) == []
    assert ParameterChange("Limit", "1", "2").is_new


@pytest.mark.django_db
def test_the_page_of_a_rule_without_versions_is_shown(admin):
    Rule.objects.create(slug="idle", name="An idle rule", kind=RuleKind.AMOUNT, typology="large_amount")
    response = signed_in(admin).get("/detection/rules/idle/")
    assert response.status_code == 200
    assert 'name="version" value="1"' in response.content.decode()


@pytest.mark.django_db
def test_the_form_of_a_rule_begins_with_what_is_in_force():
    rule = factories.rule_version(parameters=BOTH).rule
    form = RuleChangeForm(rule=rule)
    assert list(form.fields) == ["version", "currency", "review_at", "block_at", "reason"]
    assert form.initial == {"version": rule.version, **BOTH}
    assert [form.fields[name].required for name in form.fields] == [True, True, False, False, True]
    assert form.fields["currency"].help_text.startswith("ISO 4217")


@pytest.mark.django_db
def test_the_form_of_a_rule_out_of_force_begins_empty_and_names_what_is_missing():
    rule = factories.rule_version(live=False).rule
    assert RuleChangeForm(rule=rule).initial == {"version": rule.version}
    form = RuleChangeForm({"review_at": "1" * 101}, rule=rule)
    assert set(form.errors) == {"version", "currency", "reason", "review_at"}
