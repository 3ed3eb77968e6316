"""Which rows an evaluation learns from and judges, day by day, how a file is read, and what the commands refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from detection.evaluation.loader import load_rows
from detection.evaluation.run import check, decision, evaluate
from detection.evaluation.split import Split, held_out_rows, labelled_rows, train_rows
from detection.ml import metrics
from detection.tests import scenarios
from finobs.core.errors import Invalid
from tests import factories
from transactions.mappings import resolve

SPLIT = Split(10, 20, 28, 30, 7, supervised_days=14)
DAYS = np.arange(40)
HEADER = "id,account,shop,at,amount,currency,direction,bad"
MAPPING = json.dumps({
    "external_id": {"column": "id"}, "account": {"column": "account"}, "counterparty": {"column": "shop"},
    "occurred_at": {"column": "at"}, "amount": {"column": "amount"}, "currency": {"column": "currency"},
    "direction": {"column": "direction"}, "is_suspicious": {"column": "bad"},
})  # fmt: skip


def test_training_rows_are_of_the_training_days_both_included():
    assert train_rows(SPLIT, DAYS).tolist() == list(range(10, 21))


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (SPLIT, list(range(7, 21))),  # 14 days up to the last training day, all known before the test
        (Split(10, 20, 25, 30, 7, 14), list(range(7, 18))),  # the test begins before labels of the last days are known
        (Split(10, 20, 28, 30, 0, 3), [18, 19, 20]),
    ],
)
def test_labelled_rows_are_those_whose_labels_are_known_before_the_test(split, expected):
    assert labelled_rows(split, DAYS).tolist() == expected


@pytest.mark.parametrize(("split", "first"), [(SPLIT, 7), (Split(2, 20, 28, 30, 7, 14), 2)])
def test_the_first_day_is_the_earliest_that_anything_is_learned_from(split, first):
    assert split.first == first


def test_a_card_is_held_out_of_the_days_after_its_fraud_is_known():
    day = np.array([12, 28, 20, 28, 22, 28, 30, 9, 28])
    card = np.array([1, 1, 2, 2, 3, 3, 3, 4, 4])
    fraud = np.array([True, False, True, False, True, False, False, True, False])
    # Card 1 and 2 were known by day 27; 3's fraud of day 22 is known from day 30 on; 4's was before the training.
    assert held_out_rows(SPLIT, day, card, fraud).tolist() == [5, 8]


def test_a_fraud_counts_as_known_just_as_many_days_later_as_the_delay_says():
    card, fraud = np.array([1, 1]), np.array([True, False])
    for day, held_out in ((20, []), (21, [1])):
        assert held_out_rows(Split(10, 20, 28, 28, 7), np.array([day, 28]), card, fraud).tolist() == held_out


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((10, 9, 28, 30, 7), "Training ends before the test begins"), ((10, 28, 28, 30, 7), "Training ends before the test"),
        ((10, 20, 30, 29, 7), "each begins before it ends"), ((10, 20, 28, 30, -1), "A label is not known before"),
    ],
)  # fmt: skip
def test_days_in_the_wrong_order_are_refused(days, words):
    with pytest.raises(Invalid, match=words):
        check(Split(*days))


@pytest.mark.parametrize("days", [(10, 10, 11, 11, 0), (10, 20, 21, 21, 7)])
def test_single_days_and_neighbouring_days_are_a_split(days):
    split = Split(*days)
    check(split)
    assert train_rows(split, DAYS).tolist() == list(range(days[0], days[1] + 1))


def written(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def loaded(tmp_path: Path, *rows: str, mapping: str = MAPPING, delay: int = 7) -> Any:
    return load_rows(written(tmp_path, *rows), resolve(mapping)[0], delay)


ROWS = (
    "11,A-1,M-1,2026-03-02 12:00:00,125.50,USD,out,0", "12,A-2,M-1,2026-03-02 23:59:59,300,JPY,in,1",
    "10,A-1,M-2,2026-03-03 00:00:00,100,EUR,out,0", "13,A-1,M-1,2026-03-03 00:00:00,99.99,USD,out,",
)  # fmt: skip


def test_a_file_is_read_in_minor_units_of_each_currency(tmp_path):
    rows = loaded(tmp_path, *ROWS)
    assert len(rows) == 4
    assert (rows.minor.tolist(), rows.unit.tolist()) == ([12_550, 300, 10_000, 9_999], [100, 1, 100, 100])
    assert rows.currency == ["USD", "JPY", "EUR", "USD"]
    assert rows.incoming.tolist() == [False, True, False, False]
    assert rows.suspicious.tolist() == [False, True, False, False]
    assert np.diff(rows.day).tolist() == [0, 1, 0]
    assert rows.history.id.tolist() == [11, 12, 10, 13]


def test_an_account_of_two_currencies_is_two_and_of_one_is_one(tmp_path):
    account = loaded(tmp_path, *ROWS).history.account
    assert account[0] == account[3]
    assert len(set(account.tolist())) == 3


def test_a_label_of_a_file_is_known_so_many_days_after_its_transaction(tmp_path):
    day = 86_400_000_000
    for delay in (0, 7):
        outcomes = loaded(tmp_path, *ROWS, delay=delay).outcomes
        assert (outcomes.known_at - outcomes.occurred).tolist() == [delay * day]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("11,A-1,M-1,yesterday,125.50,USD,out,0", "rows.csv cannot be read"),
        ("11,A-1,M-1,2026-03-02 12:00:00,much,USD,out,0", "rows.csv cannot be read"),
        ("11,A-1,M-1,2026-03-02 12:00:00,1,XXQ,out,0", "XXQ"),
    ],
)
def test_a_file_with_what_is_no_time_amount_or_currency_is_refused_in_words(row, words, tmp_path):
    with pytest.raises(Invalid) as refusal:
        loaded(tmp_path, row)
    assert words in refusal.value.detail


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path):
    for name in ("none.csv", "none.parquet"):
        with pytest.raises(Invalid, match=f"{name} cannot be read"):
            load_rows(tmp_path / name, resolve(MAPPING)[0], 7)


def test_days_without_frauds_cannot_be_judged(tmp_path):
    rows = loaded(tmp_path, *ROWS)
    first = int(rows.day.min())
    for split in (Split(first, first, first + 1, first + 1, 0), Split(first - 9, first - 8, first, first, 0)):
        with pytest.raises(Invalid, match="no rows to learn from, or no frauds"):
            evaluate(rows, split)


def test_people_see_what_a_rule_demands_first_and_then_the_highest_scores(tmp_path):
    amounts = ("9999.99", "10000", "49999.99", "50000")
    rows = loaded(tmp_path, *(f"{n},A-1,M-1,2026-03-02 12:00:00,{each},USD,out,0" for n, each in enumerate(amounts)))
    order = decision(rows, np.arange(4), np.array([0.9, 0.1, 0.5, 0.2]))
    assert order.tolist() == [0.9, 1.1, 1.5, 2.2]
    assert decision(rows, np.array([3, 0]), np.array([0.0, 1.0])).tolist() == [2.0, 1.0]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.25, (0.5, 1.0)), (0.5, (0.5, 0.5)), (1.0, (1.0, 0.5)), (0.001, (0.5, 1.0))]
)
def test_recall_and_precision_at_a_share_take_at_least_one_row(share, expected):
    score, fraud = np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, False, True])
    assert metrics.at_share(score, fraud, share) == expected


def test_card_precision_takes_so_many_cards_a_day():
    score, fraud = np.array([0.9, 0.8, 0.1, 0.7]), np.array([True, False, True, True])
    card, day = np.array([1, 2, 3, 1]), np.array([0, 0, 0, 1])
    assert (
        metrics.card_precision(score, fraud, card, day, cards=1) == 0.5
    )  # caught on the first day, gone on the second
    assert metrics.card_precision(score, fraud, card, day, cards=3) == pytest.approx((2 / 3 + 0) / 2)


DAY_ARGUMENTS = [
    "--train-from",
    "2026-03-01",
    "--train-to",
    "2026-03-02",
    "--test-from",
    "2026-03-10",
    "--test-to",
    "2026-03-11",
]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["--label-delay-days", "-1"], "A label is not known before its transaction."),
        (["--train-to", "2026-03-10"], "Training ends before the test begins"),
        (["--mapping", "no-such-mapping"], "no-such-mapping"),
        ([], "none.csv cannot be read"),
    ],
)
def test_the_evaluation_command_refuses_in_words(changes, words, tmp_path):
    with pytest.raises(CommandError) as refusal:
        call_command("evaluate_detection", str(tmp_path / "none.csv"), *DAY_ARGUMENTS, *changes)
    assert words in str(refusal.value)


def test_the_evaluation_command_takes_days_as_days(tmp_path):
    with pytest.raises(CommandError, match="train-from"):
        call_command("evaluate_detection", str(tmp_path / "none.csv"), "--train-from", "soon", *DAY_ARGUMENTS[2:])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "nowhere"], "There is no source 'nowhere'."), (["--role", "oracle"], "invalid choice: 'oracle'"),
        (["--promote", " "], "Say why"), ([], "There are no transactions to learn from."),
    ],
)  # fmt: skip
def test_the_training_command_refuses_in_words(arguments, words):
    with pytest.raises(CommandError) as refusal:
        call_command("train_model", *arguments)
    assert words in str(refusal.value)


@pytest.mark.django_db
def test_the_replay_command_says_that_there_is_no_such_alert():
    with pytest.raises(CommandError, match=r"There is no alert 77\."):
        call_command("replay_alert", "77")


@pytest.mark.django_db
def test_the_replay_command_answers_of_the_alert_that_was_named(capsys):
    alert = scenarios.alert_of_two_models()
    other = factories.alert()
    call_command("replay_alert", str(alert.pk))
    answer = json.loads(capsys.readouterr().out)
    assert answer == {
        "same": True, "differences": [], "outcome": "review", "score": alert.score, "reason_codes": alert.reasons,
        "why_not": "",
    }  # fmt: skip
    with pytest.raises(SystemExit) as stopped:
        call_command("replay_alert", str(other.pk))
    assert stopped.value.code == 1
