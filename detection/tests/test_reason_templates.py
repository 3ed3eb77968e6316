"""At most three plain sentences from the features alone: the rarest first, in words that are right for one and many."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest

from detection import features
from detection.choices import ModelRole
from detection.ml.explain import reason_codes
from detection.ml.explain.reason_templates import REASON_TEMPLATES, SILENT, TransactionContext
from detection.ml.onnx.graph_metadata import quantiles
from detection.models import Alert, ModelVersion
from detection.pipeline.assess import assess
from detection.pipeline.replay import reasons_of_snapshot
from detection.tests import scenarios
from tests import factories

NAMES = features.ACCOUNT.names
OUT = TransactionContext("$12,500.00", "USD", False, True, "FR")
CALM = {
    "account_ratio_7": 1, "account_ratio_30": 1, "counterparty_ratio_7": 1, "counterparty_ratio_30": 1, "amount": 40,
    "log_amount": 3.7, "account_since": 11, "counterparty_since": 9, "account_count_1": 1, "account_count_7": 5,
    "account_count_30": 20, "counterparty_count_1": 1, "counterparty_count_7": 5, "counterparty_count_30": 20,
    "account_sum_1": 40, "account_sum_7": 200, "account_sum_30": 800,
}  # fmt: skip


@pytest.fixture(scope="module")
def version():
    """Learned from rows that are like CALM, with a little spread, and a few in a thousand far out."""
    chance = np.random.default_rng(4)
    matrix = np.zeros((5_000, len(NAMES)), dtype=np.float32)
    for name, value in CALM.items():
        matrix[:, NAMES.index(name)] = value * chance.uniform(0.8, 1.2, len(matrix))
    return ModelVersion(
        pk=77, role=ModelRole.ANOMALY, number=1, feature_set="account-1", sha256="1" * 64,
        parameters={"spread": quantiles(matrix, NAMES)},
    )  # fmt: skip


def vector(**changed: float) -> np.ndarray:
    return np.array([{**CALM, **changed}.get(name, 0) for name in NAMES], dtype=np.float32)


def told(version, about=OUT, **changed: float) -> list[str]:
    return reason_codes.of_vector(version, vector(**changed), about)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"account_ratio_30": 12.4}, "12.4 times this account's 30-day mean."),
        ({"account_ratio_7": 250.2}, "250 times this account's 7-day mean."),
        ({"account_z_30": 7.25}, "7.2 standard deviations above this account's 30-day mean."),
        ({"counterparty_frauds_7": 4, "counterparty_mature_7": 9},
         "4 transactions with this counterparty were confirmed suspicious in the last 7 days, against 9 due an outcome."),
        ({"counterparty_frauds_1": 1}, "1 transaction with this counterparty was confirmed suspicious in the last day."),
        ({"counterparty_frauds_7": 4, "counterparty_mature_7": 2},
         "4 transactions with this counterparty were confirmed suspicious in the last 7 days."),
        ({"account_frauds_30": 2}, "2 transactions of this account were confirmed suspicious in the last 30 days."),
        ({"is_new_country": 1}, "This account's first payment to FR in 30 days."),
        ({"is_new_counterparty": 1}, "This account's first payment to this counterparty in 30 days."),
        ({"account_count_1": 1_200},
         "1,200 transactions of this account in the last day, above 99.9% of those the model learned from."),
        ({"account_since": np.log1p(45)}, "45 s after this account's last transaction."),
        ({"amount": 12_500}, "An amount of $12,500.00, above 99.9% of those the model learned from."),
        ({"account_sum_7": 9_500.5},
         "$9,500.50 in all for this account in the last 7 days, above 99.9% of those the model learned from."),
        ({"counterparty_ratio_7": 3}, "3.0 times this counterparty's 7-day mean."),
        ({"account_round_share": 0.8}, "80.0% of this account's amounts in the last 30 days are round."),
        ({"is_night": 1}, "It was at night (UTC)."),
        ({"is_weekend": 1}, "It was at the weekend (UTC)."),
    ],
)  # fmt: skip
def test_a_reason_says_what_stands_out(version, changed, said):
    assert told(version, **changed) == [said]


def test_money_that_came_in_is_from_somebody(version):
    came = TransactionContext("€10.00", "EUR", True, True, "DE")
    assert told(version, came, is_new_country=1, is_new_counterparty=1) == [
        "This account's first payment from DE in 30 days.",
        "This account's first payment from this counterparty in 30 days.",
    ]


def test_what_the_transaction_does_not_name_is_not_called_new(version):
    assert (
        told(version, TransactionContext("€10.00", "EUR", False, False, ""), is_new_country=1, is_new_counterparty=1)
        == []
    )


def test_the_sum_of_one_is_its_amount(version):
    assert told(version, account_sum_1=12_500, account_count_1=1) == []
    assert told(version, account_sum_1=12_500, account_count_1=2) != []


def test_the_ordinary_is_no_reason(version):
    assert told(version) == []
    assert told(version, account_ratio_30=1.3) == [], "rare, but a trifle"
    assert told(version, account_since=np.log1p(7_200)) == [], "sooner than most, but not soon"
    assert told(version, account_z_30=-9, account_ratio_30=0.01) == [], "less than usual"


def test_at_most_three_and_one_of_those_that_say_the_same(version):
    found = told(
        version, account_ratio_30=50, account_ratio_7=60, account_z_30=40, amount=2_000, log_amount=7.6,
        counterparty_frauds_7=3, counterparty_frauds_30=5, is_new_country=1, account_count_1=90, is_night=1,
    )  # fmt: skip
    assert found == [
        "3 transactions with this counterparty were confirmed suspicious in the last 7 days.",
        "50.0 times this account's 30-day mean.",
        "This account's first payment to FR in 30 days.",
    ]


def test_the_rarest_is_told_first(version):
    chance = np.random.default_rng(4)
    matrix = np.tile(vector(), (5_000, 1))
    matrix[:, NAMES.index("account_ratio_30")] = chance.uniform(1, 20, len(matrix))
    used_to_it = ModelVersion(
        pk=78, number=2, feature_set="account-1", sha256="2" * 64, parameters={"spread": quantiles(matrix, NAMES)}
    )
    changed = {"account_ratio_30": 19.0, "account_count_1": 90}
    assert [said.split()[0] for said in told(version, **changed)] == ["19.0", "90"]
    assert [said.split()[0] for said in told(used_to_it, **changed)] == ["90", "19.0"]


def test_every_feature_has_something_to_say_or_a_reason_not_to():
    says = {each.name for each in REASON_TEMPLATES}
    for feature_set in features.FEATURE_SETS.values():
        assert set(feature_set.names) <= says | SILENT
    assert not says & SILENT
    assert says | SILENT == {name for each in features.FEATURE_SETS.values() for name in each.names}


def test_a_version_that_kept_no_spread_says_nothing():
    assert told(ModelVersion(pk=79, number=3, feature_set="account-1", sha256="3" * 64, parameters={})) == []


def test_what_is_not_known_is_not_told(version):
    assert told(version, account_ratio_30=float("nan")) == []


def test_a_reason_costs_less_than_a_fifth_of_a_millisecond(version):
    row = vector(account_ratio_30=50, is_new_country=1, account_count_1=90, amount=2_000)
    reason_codes.of_vector(version, row, OUT)
    spent = []
    for _ in range(300):
        started = perf_counter()
        reason_codes.of_vector(version, row, OUT)
        spent.append(perf_counter() - started)
    assert sorted(spent)[150] < 0.0002


@pytest.mark.django_db
def test_from_the_transaction_and_from_what_the_alert_keeps_it_says_the_same(source, superuser, gathered):
    """So whoever decides again says what was said."""
    version = scenarios.champion(source, superuser)
    rows = scenarios.transactions(source, [90_000_000, 70_000_000], occurred_at=factories.NOON, country="KP")
    assess(batch=rows[0].batch, transactions=rows)
    alerts = list(Alert.objects.order_by("id"))
    assert alerts
    for alert in alerts:
        (row,) = features.from_text(NAMES, alert.snapshot["features"])
        found = reason_codes.of_transaction(version, row, alert.transaction)
        assert found == reasons_of_snapshot(version, alert.snapshot)
        assert 1 <= len(found) <= 3


@pytest.mark.django_db
def test_a_reason_asks_the_database_once_for_a_version(
    source, superuser, gathered, monkeypatch, django_assert_num_queries
):
    reason_codes._rows.cache_clear()
    version = scenarios.champion(source, superuser)
    (row,) = scenarios.transactions(source, [90_000_000])
    bare = ModelVersion.objects.only("feature_set", "sha256").get(pk=version.pk)
    with django_assert_num_queries(1):
        reason_codes.of_transaction(bare, vector(), row)
    with django_assert_num_queries(0):
        reason_codes.of_transaction(bare, vector(), row)
