"""Generated transactions: the same plan gives the same rows, people have habits, and what hides is labelled."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from statistics import median

import pytest
from django.core.management import CommandError, call_command

from finobs.core import money
from finobs.demo.generator import GENERATED_FIELDS, Plan, generate
from finobs.demo.generator.typologies import TYPOLOGIES

PLAN = Plan(size=20_000, accounts=300, days=60, seed=7, end=date(2026, 11, 21))


@pytest.fixture(scope="module")
def rows():
    return list(generate(PLAN))


@pytest.fixture(scope="module")
def episodes(rows):
    found = defaultdict(list)
    for row in rows:
        if row["typology"]:
            found[row["typology"]].append(row)
    return found


def moment(row):
    return datetime.fromisoformat(row["occurred_at"])


def test_the_same_plan_gives_the_same_rows(rows):
    assert list(generate(PLAN)) == rows


@pytest.mark.parametrize("other", [{"seed": 8}, {"accounts": 301}, {"days": 61}, {"end": date(2026, 11, 20)}])
def test_another_plan_gives_other_rows(rows, other):
    assert list(islice(generate(replace(PLAN, **other)), 50)) != rows[:50]


@pytest.mark.parametrize(("size", "accounts", "days"), [(1, 10, 7), (137, 10, 7), (2_000, 600, 60), (5_000, 10, 90)])
def test_there_are_exactly_as_many_rows_as_asked(size, accounts, days):
    assert sum(1 for _ in generate(replace(PLAN, size=size, accounts=accounts, days=days))) == size


def test_rows_come_in_the_order_of_time_within_the_plans_days(rows):
    times = [moment(row) for row in rows]
    assert times == sorted(times)
    assert times[0] >= PLAN.first
    assert times[-1] < datetime(2026, 11, 21, tzinfo=UTC)


def test_each_row_has_every_field_and_an_id_of_its_own(rows):
    assert all(tuple(row) == GENERATED_FIELDS for row in rows)
    assert len({row["external_id"] for row in rows}) == len(rows)


def test_every_amount_is_exact_and_positive(rows):
    assert all(money.to_minor(row["amount"], row["currency"]) > 0 for row in rows)


def test_suspicious_rows_are_few_and_of_every_typology(rows, episodes):
    assert 0.003 < sum(map(len, episodes.values())) / len(rows) < 0.012
    assert set(episodes) == {episode.__name__ for episode in TYPOLOGIES}


def test_a_label_says_when_it_became_known(rows):
    assert all(row["is_suspicious"] == ("true" if row["typology"] else "false") for row in rows)
    assert all(datetime.fromisoformat(row["label_known_at"]) > moment(row) for row in rows)


def test_structuring_stays_below_the_limit_and_leaves_in_one(episodes):
    deposits = [row for row in episodes["structuring"] if row["direction"] == "in"]
    assert deposits
    assert all(8_000 < Decimal(row["amount"]) < 10_000 for row in deposits)


def test_a_compromised_terminal_is_one_terminal_and_many_accounts(episodes):
    by_terminal = defaultdict(set)
    for row in episodes["compromised_terminal"]:
        by_terminal[row["counterparty"]].add(row["account"])
    assert max(map(len, by_terminal.values())) >= 5


def test_a_dormant_account_does_nothing_else(rows, episodes):
    assert episodes["dormant_account"]
    for account in {row["account"] for row in episodes["dormant_account"]}:
        others = [row for row in rows if row["account"] == account and row["typology"] not in ("dormant_account", "")]
        ordinary = [row for row in rows if row["account"] == account and not row["typology"]]
        assert not others
        assert not ordinary


def test_round_amounts_are_whole_thousands(episodes):
    assert episodes["round_amounts"]
    assert all(Decimal(row["amount"]) % 1_000 == 0 for row in episodes["round_amounts"])


def test_people_have_habits(rows):
    """Most of a person's purchases are at a few terminals, in waking hours, in one currency, near one level."""
    busiest, count = Counter(row["account"] for row in rows if row["channel"] == "pos").most_common(1)[0]
    own = [row for row in rows if row["account"] == busiest]
    terminals = Counter(row["counterparty"] for row in own if row["channel"] == "pos")
    assert sum(n for _, n in terminals.most_common(8)) > 0.7 * count
    assert len({row["currency"] for row in own}) == 1
    at_night = sum(1 for row in rows if 1 <= moment(row).hour < 5)
    assert at_night < 0.06 * len(rows)


def test_salary_comes_on_the_same_day_of_each_month(rows):
    days = defaultdict(set)
    for row in rows:
        if row["memo"] == "salary":
            days[row["account"]].add(moment(row).day)
    assert len(days) > 100
    assert all(len(found) == 1 for found in days.values())


def test_saturdays_are_busier_than_sundays(rows):
    by_weekday = Counter(moment(row).weekday() for row in rows if row["channel"] == "pos")
    assert by_weekday[5] > 1.15 * by_weekday[6]


def test_levels_differ_between_people(rows):
    amounts = defaultdict(list)
    for row in rows:
        if row["channel"] == "pos" and row["currency"] == "USD":
            amounts[row["account"]].append(float(row["amount"]))
    medians = sorted(median(found) for found in amounts.values() if len(found) > 40)
    assert medians[-1] > 1.5 * medians[0]


def test_a_file_holds_the_same_rows_as_csv_and_as_parquet(tmp_path, rows):
    import csv

    import pyarrow.parquet

    options = {"size": 500, "accounts": 30, "days": 20, "seed": 3, "end": date(2026, 11, 21)}
    call_command("generate_transactions", out=tmp_path / "a.csv", stdout=io.StringIO(), **options)
    call_command("generate_transactions", out=tmp_path / "a.parquet", stdout=io.StringIO(), **options)
    with (tmp_path / "a.csv").open(newline="") as file:
        as_csv = list(csv.DictReader(file))
    assert as_csv == pyarrow.parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert as_csv == list(generate(Plan(500, 30, 20, 3, date(2026, 11, 21))))


@pytest.mark.parametrize("wrong", [{"out": "a.txt"}, {"size": 0}, {"accounts": 2}, {"days": 1}, {"seed": -1}])
def test_options_that_make_no_sense_are_refused(tmp_path, wrong):
    from pathlib import Path

    options = {"out": tmp_path / "a.csv", **wrong}
    with pytest.raises(CommandError):
        call_command("generate_transactions", **{**options, "out": Path(options["out"])})
