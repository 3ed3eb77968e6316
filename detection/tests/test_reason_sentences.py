"""Each template's sentence, by itself: the value, how far out it is, and when there is nothing to say."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from detection import features
from detection.ml.explain.reason_templates import AN_HOUR, REASON_TEMPLATES, SILENT, TransactionContext

CONTEXT = TransactionContext("$1,234.50", "USD", is_incoming=False, has_counterparty=True, country="DE")
BEYOND = "above 99% of those the model learned from"
TEMPLATES = {template.name: template for template in REASON_TEMPLATES}


def sentence(
    name: str, value: float, others: Mapping[str, float] | None = None, context: TransactionContext = CONTEXT
) -> str:
    return TEMPLATES[name].sentence(value, context, BEYOND, lambda other: (others or {}).get(other, 0.0))


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("account_ratio_30", 4.25, "4.2 times this account's 30-day mean"),
        ("account_ratio_7", 150.0, "150 times this account's 7-day mean"),
        ("counterparty_ratio_30", 2.0, "2.0 times this counterparty's 30-day mean"),
        ("account_z_30", 3.14, "3.1 standard deviations above this account's 30-day mean"),
        ("counterparty_z_30", 1234.5, "1,234.5 standard deviations above this counterparty's 30-day mean"),
        ("account_count_1", 5.0, f"5 transactions of this account in the last day, {BEYOND}"),
        ("account_count_7", 1.0, f"1 transaction of this account in the last 7 days, {BEYOND}"),
        ("counterparty_count_30", 1200.0, f"1,200 transactions of this counterparty in the last 30 days, {BEYOND}"),
        ("amount", 1.0, f"An amount of $1,234.50, {BEYOND}"),
        ("log_amount", 1.0, f"An amount of $1,234.50, {BEYOND}"),
        ("account_since", math.log1p(90), "1.5 min after this account's last transaction"),
        ("counterparty_since", math.log1p(5), "5 s after this counterparty's last transaction"),
        ("account_round_share", 0.5, "50.0% of this account's amounts in the last 30 days are round"),
        ("is_round", 1.0, "The amount is round"),
        ("is_night", 1.0, "It was at night (UTC)"),
        ("is_weekend", 1.0, "It was at the weekend (UTC)"),
        ("is_new_country", 1.0, "This account's first payment to DE in 30 days"),
        ("is_new_counterparty", 1.0, "This account's first payment to this counterparty in 30 days"),
        ("account_frauds_7", 1.0, "1 transaction of this account was confirmed suspicious in the last 7 days"),
        ("account_frauds_30", 3.0, "3 transactions of this account were confirmed suspicious in the last 30 days"),
        (
            "counterparty_frauds_3",
            2.0,
            "2 transactions with this counterparty were confirmed suspicious in the last 3 days",
        ),
        ("counterparty_frauds_1", 1.0, "1 transaction with this counterparty was confirmed suspicious in the last day"),
    ],
)
def test_a_template_says_its_feature_in_one_sentence(name: str, value: float, text: str) -> None:
    assert sentence(name, value) == text


@pytest.mark.parametrize(
    ("due", "ending"), [(5, ", against 5 due an outcome"), (3, ", against 3 due an outcome"), (2, "")]
)
def test_outcomes_of_a_counterparty_are_told_against_those_that_were_due(due: int, ending: str) -> None:
    text = sentence("counterparty_frauds_7", 3, {"counterparty_mature_7": due})
    assert text == f"3 transactions with this counterparty were confirmed suspicious in the last 7 days{ending}"
    assert "due" not in sentence("counterparty_frauds_14", 3, {"counterparty_mature_14": 99})


@pytest.mark.parametrize(("count", "says"), [(0, False), (1, False), (2, True)])
def test_a_sum_of_one_transaction_is_its_amount_and_is_not_told(count: int, says: bool) -> None:
    text = sentence("account_sum_7", 1_500, {"account_count_7": count})
    assert text == (f"$1,500.00 in all for this account in the last 7 days, {BEYOND}" if says else "")


def test_money_that_comes_in_comes_from_somebody() -> None:
    context = TransactionContext("$1.00", "USD", is_incoming=True, has_counterparty=True, country="FR")
    assert sentence("is_new_country", 1.0, context=context) == "This account's first payment from FR in 30 days"
    assert (context.payment, CONTEXT.payment) == ("payment from", "payment to")


def test_there_is_nothing_to_say_of_a_country_or_a_counterparty_that_is_not_there() -> None:
    context = TransactionContext("$1.00", "USD", is_incoming=False, has_counterparty=False, country="")
    assert [sentence(name, 1.0, context=context) for name in ("is_new_country", "is_new_counterparty")] == ["", ""]


def test_every_feature_has_a_template_or_is_silent_for_a_reason() -> None:
    names = set(features.ACCOUNT.names)
    assert names - set(TEMPLATES) - SILENT == set()
    assert SILENT & set(TEMPLATES) == set()
    assert len(TEMPLATES) == len(REASON_TEMPLATES)


def test_only_the_time_since_the_last_is_rare_when_it_is_low() -> None:
    low = {template.name for template in REASON_TEMPLATES if template.is_low}
    assert low == {"account_since", "counterparty_since"}
    assert {template.least for template in REASON_TEMPLATES if template.is_low} == {AN_HOUR}
    assert math.expm1(AN_HOUR) == pytest.approx(3_600)
