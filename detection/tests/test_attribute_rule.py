"""The rule that looks at an attribute: its parameters, the rows that it fires on, and the same again from a snapshot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from detection.choices import Outcome, RuleKind, Typology
from detection.features.columns import Columns
from detection.models import Alert
from detection.pipeline.assess import assess
from detection.pipeline.replay import replay
from detection.rules import scenarios
from detection.rules.services import rule_change, rule_create
from detection.tests import scenarios as scenes
from finobs.core.errors import Invalid
from finobs.ledger.canonical import canonical

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULE = {"attribute": "risk", "test": "above", "value": "0.7", "outcome": "review"}


def fires(rule: dict[str, Any], text: str | None) -> bool:
    attributes = [None if text is None else {rule["attribute"]: text, "other": "0.9"}]
    columns = Columns([100], ["USD"], [NOON], ["out"], None, attributes)
    return bool(scenarios.evaluate(RuleKind.ATTRIBUTE, columns, scenarios.validate(RuleKind.ATTRIBUTE, rule)))


@pytest.mark.parametrize(
    ("changes", "text", "fired"),
    [
        ({}, "0.71", True), ({}, "0.7", False), ({}, "1", True), ({}, "-3", False), ({}, "high", False), ({}, None, False),
        ({"test": "below"}, "0.69", True), ({"test": "below"}, "0.7", False), ({"test": "is", "value": "0.70"}, "0.7", True),
        ({"test": "is", "value": "5411"}, "5411", True), ({"test": "is", "value": "5411"}, "541", False),
        ({"test": "is", "value": "true"}, "true", True), ({"test": "is", "value": "DE"}, "de", False),
        ({"value": "2026-03-01"}, "2026-03-02", True), ({"value": "2026-03-01"}, "2026-03-01", False),
        ({"value": "2026-03-01"}, "7", False), ({"test": "below", "value": "2026-03-01"}, "2025-12-31", True),
        ({"value": "999999999999999"}, "0.1", False), ({}, "9" * 400, False),
    ],
)  # fmt: skip
def test_it_fires_on_what_is_as_it_says(changes: dict[str, str], text: str | None, fired: bool) -> None:
    assert fires(RULE | changes, text) is fired


def test_a_finding_says_what_it_was_and_what_the_rule_says() -> None:
    columns = Columns([1, 1], ["USD"] * 2, [NOON] * 2, ["out"] * 2, None, [{"risk": "0.9"}, {"risk": "0.1"}])
    findings = scenarios.evaluate(RuleKind.ATTRIBUTE, columns, RULE | {"outcome": "block"})
    assert findings == {0: scenarios.Finding(Outcome.BLOCK, "Attribute risk is 0.9, above 0.7.")}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"attribute": "Risk!"}, "attribute"), ({"test": "like"}, "test"), ({"value": "high"}, "value"), ({"value": "1e99"}, "value"),
        ({"value": 0.7}, "value"), ({"outcome": "approve"}, "outcome"), ({"value": "a\u200bb", "test": "is"}, "value"),
        ({"value": "x" * 201, "test": "is"}, "value"), ({"value": "2026-02-30"}, "value"), ({"more": "1"}, "more"), ({"attribute": ""}, "attribute"),
    ],
)  # fmt: skip
def test_parameters_that_make_no_sense_are_refused_by_their_name(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(Invalid) as refused:
        scenarios.validate(RuleKind.ATTRIBUTE, RULE | changes)
    assert list(refused.value.fields) == [name]


def test_parameters_have_one_form() -> None:
    once = scenarios.validate(RuleKind.ATTRIBUTE, RULE | {"test": " Above ", "value": "0.700", "outcome": "REVIEW"})
    assert once == RULE
    assert scenarios.validate(RuleKind.ATTRIBUTE, once) == once


@pytest.fixture
def alerts(source, gathered, superuser) -> list[Alert]:
    rule_create(
        actor=superuser, slug="risky", name="Risky", kind=RuleKind.ATTRIBUTE, typology=Typology.UNUSUAL, parameters=RULE
    )
    values: list[Any] = [{"risk": 0.9}, {"risk": 0.7}, None, {"mcc": "5411"}, {"risk": 0.7000001, "mcc": "5411"}]
    rows = scenes.transactions(source, [100] * 5)
    for row, value in zip(rows, values, strict=True):
        row.attributes = value
    assess(batch=rows[0].batch, transactions=rows)
    return list(Alert.objects.order_by("id"))


@pytest.mark.django_db
def test_an_alert_of_it_is_the_same_to_the_bit_when_it_is_replayed(alerts, superuser):
    assert [alert.reasons for alert in alerts] == [
        ["Attribute risk is 0.9, above 0.7."], ["Attribute risk is 0.7000001, above 0.7."],
    ]  # fmt: skip
    assert alerts[1].snapshot["transaction"]["attributes"] == {"risk": "0.7000001", "mcc": "5411"}
    assert canonical(alerts[0].snapshot)
    assert [replay(alert).differences for alert in alerts] == [[], []]
    rule_change(actor=superuser, rule=alerts[0].rule_version.rule, parameters=RULE | {"value": "3"}, reason="Too many")
    assert replay(alerts[0]).same
    alerts[0].snapshot["transaction"]["attributes"]["risk"] = "0.1"
    assert not replay(alerts[0]).same


@pytest.mark.django_db
def test_a_snapshot_of_a_row_without_attributes_says_none(source, gathered, superuser):
    rule_create(
        actor=superuser, slug="large", name="Large", kind=RuleKind.AMOUNT, typology=Typology.LARGE_AMOUNT,
        parameters={"currency": "USD", "review_at": "1"},
    )  # fmt: skip
    rows = scenes.transactions(source, [500])
    assess(batch=rows[0].batch, transactions=rows)
    assert "attributes" not in Alert.objects.get().snapshot["transaction"]
