"""What evaluation says of a ranking, against counting by hand: cards day by day, alerts by share, and which rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.evaluation.split import Split, held_out_rows, labelled_rows, train_rows
from detection.ml import metrics

SPLIT = Split(train_from=10, train_to=19, test_from=27, test_to=29, delay=7, supervised_days=28)


def arrays(rows: list[tuple[float, bool, int, int]]) -> tuple[Any, Any, Any, Any]:
    scores, frauds, cards, days = zip(*rows, strict=True)
    return np.array(scores, dtype=float), np.array(frauds, dtype=bool), np.array(cards), np.array(days)


def by_hand(rows: list[tuple[float, bool, int, int]], cards: int) -> float:
    """Each day the highest cards; those found guilty are out of the days after."""
    caught: set[int] = set()
    shares = []
    for day in sorted({row[3] for row in rows}):
        best: dict[int, float] = {}
        guilty: dict[int, bool] = {}
        for score, fraud, card, on in rows:
            if on == day and card not in caught:
                best[card] = max(best.get(card, -math.inf), score)
                guilty[card] = guilty.get(card, False) or fraud
        top = sorted(best, key=lambda card: (-best[card], card))[:cards]
        shares.append(sum(guilty[card] for card in top) / cards)
        caught |= {card for card in top if guilty[card]}
    return sum(shares) / len(shares)


ROWS = st.lists(
    st.tuples(st.integers(0, 9).map(lambda tenth: tenth / 10), st.booleans(), st.integers(0, 6), st.integers(0, 3)),
    min_size=1, max_size=40,
)  # fmt: skip


@settings(max_examples=150)
@given(rows=ROWS, cards=st.integers(1, 4))
def test_card_precision_is_what_counting_by_hand_gives(rows: list[tuple[float, bool, int, int]], cards: int) -> None:
    assert metrics.card_precision(*arrays(rows), cards=cards) == pytest.approx(by_hand(rows, cards))


def test_a_card_that_was_caught_is_not_caught_again() -> None:
    rows = [(0.9, True, 1, 0), (0.9, True, 1, 1), (0.5, True, 2, 1)]
    assert metrics.card_precision(*arrays(rows), cards=1) == 1.0
    assert metrics.card_precision(*arrays([rows[0], rows[1]]), cards=1) == 0.5


def test_a_card_is_as_high_as_its_highest_transaction() -> None:
    rows = [(0.1, True, 1, 0), (0.9, False, 1, 0), (0.5, False, 2, 0)]
    assert metrics.card_precision(*arrays(rows), cards=1) == 1.0


@pytest.mark.parametrize(
    ("share", "recall", "precision"),
    [(0.1, 1 / 3, 1.0), (0.11, 1 / 3, 0.5), (0.3, 2 / 3, 2 / 3), (1.0, 1.0, 0.3), (0.0, 1 / 3, 1.0)],
)
def test_the_highest_share_of_the_rows_are_alerts(share: float, recall: float, precision: float) -> None:
    scores = np.arange(10, 0, -1) / 10
    frauds = np.array([True, False, True] + [False] * 6 + [True])
    assert list(metrics.at_share(scores, frauds, share)) == pytest.approx([recall, precision])


def test_a_perfect_ranking_has_every_measure_at_its_best() -> None:
    frauds = np.array([True] * 3 + [False] * 597)
    values = metrics.measures(frauds.astype(float), frauds, np.arange(600), np.zeros(600, dtype=int))
    assert tuple(values) == metrics.METRIC_NAMES
    assert values == pytest.approx({
        "auc": 1.0, "ap": 1.0, "cp100": 0.03, "cp100_share": 1.0, "recall_at_half_percent": 1.0,
        "precision_at_half_percent": 1.0,
    })  # fmt: skip


def test_a_ranking_that_says_nothing_has_half_the_area() -> None:
    frauds = np.array([True, False] * 50)
    values = metrics.measures(np.zeros(100), frauds, np.arange(100), np.zeros(100, dtype=int))
    assert (values["auc"], values["ap"]) == (0.5, 0.5)


DAYS = np.array([9, 10, 19, 20, 26, 27, 29, 30])


def test_rows_of_training_and_test_are_those_of_their_days() -> None:
    assert DAYS[train_rows(SPLIT, DAYS)].tolist() == [10, 19]
    nobody = np.zeros(len(DAYS), dtype=bool)
    assert DAYS[held_out_rows(SPLIT, DAYS, np.arange(len(DAYS)), nobody)].tolist() == [27, 29]


def test_labelled_rows_have_labels_that_were_known_before_the_test() -> None:
    days = np.arange(-20, 40)
    chosen = days[labelled_rows(SPLIT, days)]
    assert (chosen.min(), chosen.max(), len(chosen)) == (19 - 28 + 1, 19, 28)
    late = Split(train_from=10, train_to=22, test_from=27, test_to=29, delay=7)
    assert days[labelled_rows(late, days)].max() == 27 - 7 - 1


def test_the_first_day_is_that_of_whichever_learns_longest() -> None:
    assert (SPLIT.first, Split(1, 19, 27, 29, 7).first, Split(10, 19, 27, 29, 7, 5).first) == (-8, -8, 10)


def test_a_card_whose_fraud_was_known_by_then_is_taken_out_of_each_test_day() -> None:
    day = np.array([18, 19, 20, 21, 27, 27, 27, 27, 28, 28, 29])
    card = np.array([1, 2, 3, 4, 1, 2, 3, 4, 3, 4, 4])
    fraud = np.array([True, True, True, True] + [False] * 7)
    chosen = held_out_rows(SPLIT, day, card, fraud)
    assert list(zip(day[chosen].tolist(), card[chosen].tolist(), strict=True)) == [(27, 3), (27, 4), (28, 4)]


def test_a_fraud_before_training_takes_no_card_out() -> None:
    day, card = np.array([9, 27]), np.array([1, 1])
    assert held_out_rows(SPLIT, day, card, np.array([True, False])).tolist() == [1]
