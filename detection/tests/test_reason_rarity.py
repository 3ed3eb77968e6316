"""How rare a value must be to be told of, on either side, and what each sentence needs to be said at all."""

from __future__ import annotations

import numpy as np
import pytest

from detection import features
from detection.choices import ModelRole
from detection.ml.explain import reason_codes
from detection.ml.explain.feature_labels import MAX_REASONS
from detection.ml.explain.reason_codes import BEYOND
from detection.ml.explain.reason_templates import REASON_TEMPLATES, SILENT, ReasonTemplate, TransactionContext
from detection.ml.onnx.graph_metadata import QUANTILES, medians, quantiles
from detection.models import ModelVersion
from tests import factories
from transactions.choices import Direction

NAMES = features.ACCOUNT.names
OUT = TransactionContext("$12,500.00", "USD", False, True, "FR")
SPREAD = "1.0 2.0 3.0 4.0 5.0 6.0"


def feature_reason(least=0.5, is_low=False):
    template = ReasonTemplate("amount", "amount", lambda *_: "", least, is_low)
    return reason_codes._FeatureReason(template, 0, reason_codes._steps(SPREAD, is_low))


def version(sha256="a" * 64, **spread):
    return ModelVersion(
        pk=int(sha256[0], 16),
        role=ModelRole.ANOMALY,
        number=1,
        feature_set="account-1",
        sha256=sha256,
        parameters={"spread": spread},
    )


def vector(**values):
    return np.array([values.get(name, 0) for name in NAMES], dtype=np.float32)


@pytest.mark.parametrize(
    ("value", "rarity"), [(3.9, 0), (4.0, 0), (4.1, 1), (5.0, 1), (5.1, 2), (6.0, 2), (6.1, 3), (100.0, 3)]
)
def test_a_high_value_is_as_rare_as_the_percentiles_that_it_lies_above(value, rarity):
    assert feature_reason().rarity(value) == rarity


@pytest.mark.parametrize(("value", "rarity"), [(3.1, 0), (3.0, 0), (2.9, 1), (2.0, 1), (1.9, 2), (1.0, 2), (0.9, 3)])
def test_a_low_value_is_as_rare_as_the_percentiles_that_it_lies_below(value, rarity):
    assert feature_reason(least=50, is_low=True).rarity(value) == rarity


@pytest.mark.parametrize(
    ("least", "is_low", "value", "rarity"),
    [(7.0, False, 6.9, 0), (7.0, False, 7.0, 3), (0.5, True, 0.6, 0), (0.5, True, 0.5, 3)],
)
def test_a_trifle_is_not_told_however_rare(least, is_low, value, rarity):
    assert feature_reason(least, is_low).rarity(value) == rarity


def test_what_is_not_known_is_never_rare():
    assert feature_reason().rarity(float("nan")) == 0
    assert feature_reason(50, is_low=True).rarity(float("nan")) == 0


@pytest.mark.parametrize(("amount", "words"), [(4.5, "above 90% of"), (5.5, "above 99% of"), (6.5, "above 99.9% of")])
def test_a_sentence_says_how_far_out_its_value_is(amount, words):
    (told,) = reason_codes.of_vector(version("b" * 64, amount=SPREAD), vector(amount=amount), OUT)
    assert told == f"An amount of $12,500.00, {words} those the model learned from."
    assert len(BEYOND) == 4


def test_a_feature_whose_spread_was_not_kept_is_not_told_of():
    assert reason_codes.of_vector(version("c" * 64), vector(amount=1e6), OUT) == []


def test_the_rarest_go_first_and_at_most_three_are_told():
    names = ("account_ratio_30", "is_new_country", "is_new_counterparty", "amount", "is_night")
    told = reason_codes.of_vector(
        version("d" * 64, **dict.fromkeys(names, SPREAD)),
        vector(account_ratio_30=4.5, is_new_country=6.5, is_new_counterparty=5.5, amount=5.5, is_night=4.5), OUT,
    )  # fmt: skip
    assert len(told) == MAX_REASONS
    assert told == [
        "This account's first payment to FR in 30 days.", "This account's first payment to this counterparty in 30 days.",
        "An amount of $12,500.00, above 99% of those the model learned from.",
    ]  # fmt: skip


def test_a_sentence_that_has_nothing_to_say_leaves_its_place_to_another_of_its_family():
    nowhere = TransactionContext("$1.00", "USD", False, False, "")
    spread = dict.fromkeys(("is_new_country", "is_new_counterparty", "is_night"), SPREAD)
    told = reason_codes.of_vector(
        version("e" * 64, **spread), vector(is_new_country=9, is_new_counterparty=9, is_night=9), nowhere
    )
    assert told == ["It was at night (UTC)."]


@pytest.mark.parametrize(("direction", "words"), [(Direction.IN, "payment from FR"), (Direction.OUT, "payment to FR")])
@pytest.mark.django_db
def test_a_sentence_is_of_its_transaction(direction, words):
    row = factories.transaction(amount_minor=1_234_500, direction=direction, country="FR")
    spread = dict.fromkeys(("is_new_country", "amount"), SPREAD)
    told = reason_codes.of_transaction(version("f" * 64, **spread), vector(is_new_country=9, amount=9), row)
    assert told == [
        f"This account's first {words} in 30 days.",
        "An amount of $12,345.00, above 99.9% of those the model learned from.",
    ]


def test_two_versions_have_their_own_tables():
    row = vector(amount=4.5)
    strict, lax = version("1" * 64, amount=SPREAD), version("2" * 64, amount="0.1 0.2 0.3 10.0 20.0 30.0")
    assert [len(reason_codes.of_vector(each, row, OUT)) for each in (strict, lax, strict)] == [1, 0, 1]


def test_a_template_stands_for_one_feature_of_the_set_and_the_rest_are_silent():
    names = [each.name for each in REASON_TEMPLATES]
    assert len(names) == len(set(names))
    assert set(names) | SILENT == set(NAMES)
    assert set(names) & SILENT == set()


@pytest.mark.parametrize("template", REASON_TEMPLATES, ids=lambda template: template.name)
def test_each_template_says_a_sentence_without_names_of_code(template):
    sentence = template.sentence(5.0, OUT, BEYOND[1], lambda _: 9.0)
    assert sentence[0].isupper() or sentence[0].isdigit() or sentence[0] == "$"
    assert not sentence.endswith(".")
    assert "_" not in sentence
    assert "{" not in sentence


def test_quantiles_and_medians_are_of_the_known_values_alone():
    matrix = np.array([[1, np.nan], [2, np.nan], [3, np.nan], [np.nan, np.nan]], dtype=np.float32)
    assert medians(matrix, ("a", "b")) == {"a": "2.0"}
    assert quantiles(matrix, ("a", "b")) == {"a": "1.0 1.0 1.0 3.0 3.0 3.0"}
    assert QUANTILES == (0.001, 0.01, 0.1, 0.9, 0.99, 0.999)


def test_a_quantile_is_a_value_that_was_there():
    column = np.arange(1, 1_001, dtype=np.float32).reshape(-1, 1)
    assert quantiles(column, ("a",)) == {"a": "1.0 10.0 100.0 900.0 990.0 999.0"}
