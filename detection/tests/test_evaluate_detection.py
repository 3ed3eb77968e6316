"""Judging detection on a file: the split of the book, its measures, and no outcome from later."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from detection.evaluation.loader import load_rows
from detection.evaluation.split import Split, held_out_rows, labelled_rows, train_rows
from detection.ml import metrics
from finobs.core.errors import Invalid
from finobs.settings import env
from transactions.mappings import resolve

HANDBOOK = env.FINOBS_DATA_DIR / "handbook" / "transactions.parquet"
START = datetime(2020, 1, 1)
COLUMNS = {
    "external_id": "transaction_id", "account": "customer_id", "occurred_at": "tx_datetime", "amount": "amount",
    "direction": {"value": "out"},
}  # fmt: skip
BOOK = [
    "--train-from", "2018-07-25", "--train-to", "2018-07-31", "--test-from", "2018-08-08", "--test-to", "2018-08-14",
]  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """80 days, 900 cards, 40 terminals, a few of which turn bad for weeks."""
    chance = np.random.default_rng(5)
    number = 12_000
    moments = np.sort(chance.integers(0, 80 * 86_400, number))
    terminal = chance.integers(0, 40, number)
    day = moments // 86_400
    bad = ((terminal <= 3) & (day >= 40) & (day < 75)) | ((terminal == 9) & (day >= 55) & (day < 80))
    fraud = bad & (chance.random(number) < 0.9)
    amount = np.round(chance.lognormal(3, 0.5, number) * np.where(fraud, 3, 1), 2)
    path = tmp_path_factory.mktemp("file") / "small.parquet"
    columns = {
        "transaction_id": np.arange(number), "tx_datetime": [START + timedelta(seconds=int(at)) for at in moments],
        "customer_id": chance.integers(0, 900, number), "terminal_id": terminal, "amount": amount,
        "is_fraud": fraud.astype(int), "fraud_scenario": fraud.astype(int) * 2,
    }  # fmt: skip
    pq.write_table(pa.table(columns), path)
    return path


def days(*offsets):
    names = ("--train-from", "--train-to", "--test-from", "--test-to")
    return [
        part
        for name, offset in zip(names, offsets, strict=True)
        for part in (name, str((START + timedelta(offset)).date()))
    ]


def judged(capsys, path, *arguments):
    call_command("evaluate_detection", str(path), *arguments, "--json")
    return json.loads(capsys.readouterr().out)


def test_an_evaluation_says_everything_of_every_ranking_and_the_same_again(small, capsys):
    arguments = [*days(50, 60, 68, 78), "--seed", "3"]
    found = judged(capsys, small, *arguments)
    assert set(found) == {"rows", "results"}
    assert set(found["rows"]) == {"train", "test", "test_frauds"}
    assert list(found["results"]) == [
        "isolation_forest", "pca_autoencoder", "ensemble", "supervised", "decision", "amount_baseline",
    ]  # fmt: skip
    assert all(tuple(each) == metrics.METRIC_NAMES for each in found["results"].values())
    assert found["results"]["supervised"]["auc"] > 0.8
    assert found["results"]["decision"]["ap"] >= found["results"]["supervised"]["ap"]
    assert judged(capsys, small, *arguments) == found


def test_what_happens_after_a_day_changes_no_score_of_it(small, tmp_path, capsys):
    """Labels of the week before the test day, not known on it, are turned around, and all later ones: nothing moves."""
    table = pq.read_table(small)
    day = np.array([(at - START).days for at in table["tx_datetime"].to_pylist()])
    label = table["is_fraud"].to_numpy()
    later = (day > 61) & (day != 68)
    turned = table.set_column(5, "is_fraud", pa.array(np.where(later, 1 - label, label)))
    path = tmp_path / "turned.parquet"
    pq.write_table(turned, path)
    arguments = [*days(45, 60, 68, 68), "--seed", "3"]
    assert judged(capsys, path, *arguments) == judged(capsys, small, *arguments)


def test_the_text_is_for_people(small, capsys):
    call_command("evaluate_detection", str(small), *days(50, 60, 68, 78))
    out = capsys.readouterr()
    assert "rows to learn from" in out.out
    assert "amount_baseline" in out.out
    assert "Features of" in out.err


@pytest.mark.parametrize("offsets", [(60, 50, 68, 78), (50, 60, 60, 78), (50, 60, 68, 67), (50, 60, 200, 210)])
def test_days_that_make_no_sense_are_refused(small, offsets):
    with pytest.raises(CommandError):
        call_command("evaluate_detection", str(small), *days(*offsets))


def test_a_file_without_its_columns_is_refused(tmp_path):
    path = tmp_path / "odd.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(CommandError, match="no column"):
        call_command("evaluate_detection", str(path), *days(50, 60, 68, 78))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("evaluate_detection", str(tmp_path / "none.parquet"), *days(50, 60, 68, 78))


def test_a_file_that_starts_late_is_said_so(small, capsys):
    call_command("evaluate_detection", str(small), *days(50, 60, 68, 78), "--supervised-days", "40")
    assert "begins 16 days too late" in capsys.readouterr().err


def test_csv_reads_as_parquet_does(small, tmp_path):
    from pyarrow.csv import write_csv

    path = tmp_path / "small.csv"
    write_csv(pq.read_table(small), path)
    mapping = resolve("handbook")[0]
    first, second = load_rows(small, mapping, 7), load_rows(path, mapping, 7)
    assert np.array_equal(first.minor, second.minor)
    assert np.array_equal(first.history.time, second.history.time)
    assert np.array_equal(first.suspicious, second.suspicious)


def test_a_mapping_without_labels_is_refused(small):
    with pytest.raises(Invalid, match="is_suspicious"):
        load_rows(small, resolve(json.dumps(COLUMNS))[0], 7)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": {"column": "amount", "decimal_mark": ","}}, r"\(amount\)"),
        ({"amount": {"column": "amount", "currency_sign": "$"}}, r"\(amount\)"),
        ({"amount": {"column": "amount", "sign": "negative is out"}, "direction": None}, r"\(amount\)"),
        ({"amount_out": "amount", "amount_in": "amount", "amount": None, "direction": None}, "amount_out"),
        ({"occurred_at": {"column": "tx_datetime", "format": "unix"}}, r"\(occurred_at\)"),
    ],
)
def test_a_mapping_that_says_how_values_are_written_is_refused(small, changes, words):
    document = {name: value for name, value in {**COLUMNS, "is_suspicious": "is_fraud", **changes}.items() if value}
    with pytest.raises(Invalid, match=words):
        load_rows(small, resolve(json.dumps(document))[0], 7)


@pytest.mark.parametrize(
    ("change", "words"),
    [(pc.negate, "below zero"), (lambda amounts: pc.add(amounts, 0.004), "finer than their currency")],
)
def test_amounts_that_are_no_amounts_are_not_evaluated(small, tmp_path, change, words):
    table = pq.read_table(small)
    path = tmp_path / "other.parquet"
    amounts = change(table["amount"])
    pq.write_table(table.set_column(table.column_names.index("amount"), "amount", amounts), path)
    with pytest.raises(Invalid, match=words):
        load_rows(path, resolve("handbook")[0], 7)


def test_a_card_whose_fraud_is_known_leaves_the_days_after():
    day = np.array([0, 1, 7, 8, 8, 9, 9])
    card = np.array([1, 2, 3, 1, 2, 2, 3])
    fraud = np.array([True, True, False, False, False, False, False])
    split = Split(0, 1, 8, 9, 7)
    assert train_rows(split, day).tolist() == [0, 1]
    assert held_out_rows(split, day, card, fraud).tolist() == [4, 6]


def test_the_supervised_model_learns_only_what_was_known_before_the_test():
    day = np.arange(60)
    assert labelled_rows(Split(20, 40, 48, 50, 7, 10), day).tolist() == list(range(31, 41))
    assert labelled_rows(Split(20, 40, 42, 50, 7, 10), day).tolist() == [31, 32, 33, 34]


def test_card_precision_takes_each_card_once_a_day_and_drops_those_found():
    score = np.array([0.9, 0.1, 0.8, 0.7, 0.9, 0.6])
    fraud = np.array([False, True, False, True, True, True])
    card = np.array([1, 1, 2, 3, 1, 3])
    day = np.array([0, 0, 0, 0, 1, 1])
    assert metrics.card_precision(score, fraud, card, day, cards=2) == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert metrics.card_precision(score, fraud, card, day, cards=3) == pytest.approx((2 / 3 + 0) / 2)


def test_recall_and_precision_are_of_the_highest_share():
    score, fraud = np.arange(1000.0), np.zeros(1000, dtype=bool)
    fraud[[999, 998, 10, 11]] = True
    assert metrics.at_share(score, fraud, 0.005) == (0.5, 0.4)


def test_a_perfect_ranking_has_all_of_its_ceiling():
    fraud = np.array([True, False, False, True])
    found = metrics.measures(fraud.astype(float), fraud, np.arange(4), np.array([0, 0, 1, 1]))
    assert (found["auc"], found["ap"], found["cp100_share"]) == (1, 1, 1)


@pytest.mark.data
@pytest.mark.skipif(not HANDBOOK.exists(), reason="no data at FINOBS_DATA_DIR")
def test_the_book_split_is_reproduced_and_its_goals_are_met(capsys):
    found = judged(capsys, HANDBOOK, *BOOK, "--label-delay-days", "7")
    results = found["results"]
    assert found["rows"] == {"train": 67_240, "test": 58_264, "test_frauds": 385}
    assert results["ensemble"]["auc"] >= 0.865
    assert results["ensemble"]["ap"] >= 0.39
    assert max(results[name]["ap"] for name in ("isolation_forest", "pca_autoencoder")) >= 0.41
    assert results["supervised"]["auc"] >= 0.872
    assert results["supervised"]["ap"] >= 0.70
    assert results["decision"]["ap"] >= results["supervised"]["ap"]
    assert results["amount_baseline"]["auc"] == pytest.approx(0.58, abs=0.001)


def test_dates_are_days():
    with pytest.raises(CommandError, match="invalid"):
        call_command("evaluate_detection", "x.parquet", "--train-from", "yesterday", *days(1, 2, 3, 4)[2:])
