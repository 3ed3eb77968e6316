"""The demo's bank: the same plan gives the same bank, people live by the calendar, and stories stand out of it."""

from __future__ import annotations

import tracemalloc
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice

import pytest

from detection.choices import Typology
from finobs.core import money
from finobs.demo.bank import PAYMENT_FIELDS, BankPlan, make_world, payment_rows
from finobs.demo.bank.calendars import is_business_day, on_or_after
from finobs.demo.bank.entities import ENTITIES
from finobs.demo.bank.stories import STORIES
from finobs.demo.bank.world import FIRST_NUMBER

PLAN = BankPlan(size=20_000, customers=400, days=182, seed=7, end=date(2026, 11, 21))
SMALL = BankPlan(size=1_500, customers=60, days=60, seed=7, end=date(2026, 11, 21))
BY_CODE = {each.code: each for each in ENTITIES}


@pytest.fixture(scope="module")
def world():
    return make_world(PLAN)


@pytest.fixture(scope="module")
def rows(world):
    return list(payment_rows(world))


@pytest.fixture(scope="module")
def accounts(world):
    return {each.external_id: each for each in world.accounts}


def moment(row):
    return datetime.fromisoformat(row["occurred_at"])


def of_memo(rows, memo):
    return [(BY_CODE[code], row) for code, row in rows if row["memo"] == memo]


def test_the_same_plan_gives_the_same_bank(world, rows):
    again = make_world(PLAN)
    assert [each.profile for each in again.customers] == [each.profile for each in world.customers]
    assert list(payment_rows(again)) == rows


@pytest.mark.parametrize("other", [{"seed": 8}, {"customers": 410}, {"days": 181}, {"end": date(2026, 11, 20)}])
def test_another_plan_gives_other_payments(rows, other):
    assert list(islice(payment_rows(make_world(replace(PLAN, **other))), 200)) != rows[:200]


@pytest.mark.parametrize(("size", "customers", "days"), [(60, 20, 7), (1_500, 60, 20), (3_000, 2_000, 182)])
def test_there_are_exactly_as_many_payments_as_the_plan_says(size, customers, days):
    plan = replace(PLAN, size=size, customers=customers, days=days)
    assert sum(1 for _ in payment_rows(make_world(plan))) == size


def test_a_plan_is_read_back_from_its_name():
    assert BankPlan.of_name(PLAN.name) == PLAN
    assert BankPlan.of_name(replace(PLAN, size=11).name) != PLAN


def test_memory_grows_with_the_payments_of_a_month_and_not_with_the_months():
    def peak(size, days):
        world = make_world(replace(SMALL, size=size, days=days))
        tracemalloc.start()
        for _ in payment_rows(world):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(500, 60)
    assert peak(20_000, 240) < 1.5 * peak(5_000, 60)


def test_payments_come_in_the_order_of_time_within_the_plans_days(rows):
    times = [moment(row) for _, row in rows]
    assert times == sorted(times)
    assert times[0].date() >= PLAN.first
    assert times[-1].date() < PLAN.end


def test_each_payment_has_every_field_and_an_id_of_its_own(rows):
    assert all(set(PAYMENT_FIELDS) <= set(row) for _, row in rows)
    assert len({row["external_id"] for _, row in rows}) == len(rows)
    assert all(money.to_minor(row["amount"], row["currency"]) > 0 for _, row in rows)


def test_balances_follow_from_payments(rows):
    balances: dict[str, Decimal] = {}
    for _, row in rows:
        sign = 1 if row["direction"] == "in" else -1
        before = balances.get(row["account"])
        after = Decimal(row["balance_after"])
        assert before is None or after == before + sign * Decimal(row["amount"])
        balances[row["account"]] = after


# Who there is.


def test_everything_says_that_it_is_synthetic(world):
    assert all("(synthetic)" in each.name for each in ENTITIES)
    assert all(each.external_id.startswith("SYN-") for each in world.customers)
    assert all(card["number"].startswith("SYN") for each in world.customers for card in each.profile["identifiers"])


def test_ids_are_unique(world):
    assert len({each.external_id for each in world.customers}) == len(world.customers)
    assert len({each.external_id for each in world.accounts}) == len(world.accounts)
    for hood in world.hoods.values():
        everybody = hood.everybody()
        assert len({each.external_id for each in everybody}) == len(everybody)


def test_customers_belong_to_both_entities_and_are_as_many_as_asked(world):
    counts = Counter(each.entity.code for each in world.customers)
    assert set(counts) == set(BY_CODE)
    in_stories = sum(1 for each in world.customers if each.story)
    assert abs(sum(counts.values()) - in_stories - PLAN.customers) < 0.1 * PLAN.customers


def test_nothing_ties_the_two_entities(world):
    assert all(tie.customer.entity is tie.other.entity for tie in world.ties)
    assert all(party.entity is each.entity for each in world.accounts for party, _ in each.parties)


def test_names_are_of_many_scripts_and_those_have_transliterations(world):
    scripts = Counter(each.profile.get("name_script", "Latn") for each in world.customers)
    assert {"Latn", "Cyrl", "Arab", "Hans"} <= set(scripts)
    for each in world.customers:
        if each.profile.get("name_script", "Latn") != "Latn":
            assert any(alias["script"] == "Latn" for alias in each.profile["aliases"])


def test_shares_of_an_organisation_are_never_more_than_the_whole(world):
    shares: dict[str, int] = defaultdict(int)
    for tie in (each for each in world.ties if each.until is None):
        shares[tie.other.external_id] += tie.share or 0
    assert max(shares.values()) <= 100
    owned = {each.external_id for each in world.customers if each.kind == "organisation"}
    assert all(shares[each] == 100 for each in owned)


def test_every_account_has_a_holder_and_businesses_a_beneficial_owner(world):
    for each in world.accounts:
        assert each.parties[0][1] == "holder"
        if each.holder.kind == "organisation":
            assert "beneficial_owner" in [role for _, role in each.parties]


def test_nobody_is_a_customer_before_they_are_sixteen(world):
    for each in world.customers:
        if born := each.profile.get("date_of_birth"):
            age = date.fromisoformat(each.profile["onboarded_on"]) - date.fromisoformat(born)
            assert age > timedelta(days=15 * 365), each


# What fits.


def is_played(world, row):
    """Is it a payment of a story?"""
    day = moment(row)
    return any(
        (movement.account.external_id, movement.second)
        == (row["account"], day.hour * 3600 + day.minute * 60 + day.second)
        for movement in world.movements.get((day.date() - PLAN.first).days, ())
    )


def test_each_customers_months_are_within_what_they_expected(world, rows, accounts):
    # A petrol pump that copies cards is in the months of customers who are in no story.
    played = {row["external_id"] for _, row in rows if is_played(world, row)}
    sums: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for _, row in rows:
        account = accounts[row["account"]]
        if not account.story and row["external_id"] not in played:
            of_month = sums[account.holder.external_id, row["occurred_at"][:7]]
            of_month[row["direction"]] += Decimal(row["amount"])
            of_month["count"] += 1
    expected = {each.external_id: each.profile["expected_activity"][0] for each in world.customers
                if "expected_activity" in each.profile}  # fmt: skip
    assert len(sums) > 500
    for (customer, month), of_month in sums.items():
        limits = expected[customer]
        assert of_month["in"] <= int(limits["amount_in"]), (customer, month)
        assert of_month["out"] <= int(limits["amount_out"]), (customer, month)
        assert of_month["count"] <= limits["count"], (customer, month)


def test_stories_leave_what_their_customers_expected(world, rows, accounts):
    """Of each kind that is wrong, some month of the first copy is more than was expected."""
    expected = {each.external_id: each.profile["expected_activity"][0] for each in world.customers
                if "expected_activity" in each.profile}  # fmt: skip
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for _, row in rows:
        sums[accounts[row["account"]].holder.external_id, row["direction"], row["occurred_at"][:7]] += Decimal(
            row["amount"]
        )
    for slug in ("structuring", "elder", "funnel", "shell", "mule"):
        customer = next(each.customers[0] for each in world.plays if each.story == slug)
        over = [
            (direction, month)
            for (who, direction, month), total in sums.items()
            if who == customer and total > int(expected[who][f"amount_{direction}"])
        ]
        assert over, slug


def test_wages_come_on_business_days_and_never_after_their_day(rows):
    wages = of_memo(rows, "Salary")
    assert len(wages) > 200
    assert all(is_business_day(entity.country, moment(row).date()) for entity, row in wages)


def test_a_salary_is_the_same_every_month(rows):
    amounts = defaultdict(set)
    for _, row in of_memo(rows, "Salary"):
        amounts[row["account"]].add(row["amount"])
    assert all(len(each) == 1 for each in amounts.values())


def test_rent_leaves_on_the_first_business_day_and_is_round(rows):
    rents = of_memo(rows, "Rent")
    assert len(rents) > 200
    for entity, row in rents:
        day = moment(row).date()
        assert day == on_or_after(entity.country, day.replace(day=1))
        assert Decimal(row["amount"]) % 5 == 0


def test_prices_look_like_prices(world, rows):
    online = [row["amount"] for _, row in rows if row["channel"] == "ecommerce" and not is_played(world, row)]
    assert sum(each.endswith((".99", ".95", ".49")) for each in online) > 0.8 * len(online)
    machines = [Decimal(row["amount"]) for _, row in rows if row["channel"] == "atm"]
    assert all(each % 10 == 0 for each in machines)


def test_saturdays_are_busier_than_sundays_and_takings_come_on_weekdays(rows):
    by_weekday = Counter(moment(row).weekday() for _, row in rows if row["channel"] == "pos")
    assert by_weekday[5] > 1.3 * by_weekday[6]
    takings = of_memo(rows, "Card takings")
    assert takings
    assert all(is_business_day(entity.country, moment(row).date()) for entity, row in takings)


# Stories.


@pytest.mark.parametrize("plan", [SMALL, replace(SMALL, days=30), replace(SMALL, size=800)])
def test_a_small_demo_has_one_of_each_story_with_its_payments(plan):
    world = make_world(plan)
    payments = Counter(movement.story for of_day in world.movements.values() for movement in of_day)
    assert {each.story for each in world.plays} == {each.slug for each in STORIES} == set(payments)
    assert min(payments.values()) >= 2
    labels = {movement.label for of_day in world.movements.values() for movement in of_day}
    assert labels - {""} == {each.typology for each in STORIES} - {""}


def test_the_first_copy_of_a_story_has_the_same_ids_in_every_demo(world):
    def firsts(of):
        return {each.story: each.customers for each in of.plays if not each.copy}

    assert firsts(world) == firsts(make_world(SMALL))
    assert sum(map(len, firsts(world).values())) < FIRST_NUMBER


def told(rows):
    return [row for _, row in rows if row["is_suspicious"]]


def test_the_feed_tells_only_what_somebody_reported_and_only_what_is_known_by_then(world, rows):
    """A label on a payment is a chargeback or a recall: nobody tells the feed of what only people who look find out."""
    reported = {each.typology for each in STORIES if each.is_reported}
    assert {row["typology"] for row in told(rows)} == {"leaked_card", "compromised_terminal", "rapid_in_out"}
    assert {row["typology"] for row in told(rows)} <= reported <= set(Typology.values)
    silent = {each.external_id for each in world.accounts
              if each.story and not next(story.is_reported for story in STORIES if story.slug == each.story)}  # fmt: skip
    charged = {movement.account.external_id for of_day in world.movements.values() for movement in of_day
               if movement.is_reported}  # fmt: skip
    assert silent
    assert not {row["account"] for row in told(rows)} & (silent - charged)
    for row in told(rows):
        assert moment(row) < datetime.fromisoformat(row["label_known_at"])
        assert date.fromisoformat(row["label_known_at"][:10]) < PLAN.end


def test_what_is_wrong_is_little(world, rows):
    wrong = sum(bool(movement.label) for of_day in world.movements.values() for movement in of_day)
    assert 0.004 < wrong / len(rows) < 0.03


def test_structuring_is_below_the_limit_and_at_several_branches(world, rows):
    customer = next(each.customers[0] for each in world.plays if each.story == "structuring")
    account = next(each.external_id for each in world.accounts if each.holder.external_id == customer)
    deposits = [row for _, row in rows if row["account"] == account and row["channel"] == "cash"]
    assert all(8_000 < Decimal(row["amount"]) < 10_000 for row in deposits)
    assert len({row["attributes"]["branch"] for row in deposits}) > 2
    assert max(Decimal(row["attributes"]["cash_7d"]) for row in deposits) > 40_000


def test_cash_of_seven_days_adds_up(rows, accounts):
    deposits = defaultdict(list)
    for _, row in rows:
        if row["method"] == "cash" and row["direction"] == "in":
            day = moment(row).date()
            deposits[row["account"]].append((day, Decimal(row["amount"])))
            week = sum(amount for on, amount in deposits[row["account"]] if on > day - timedelta(days=7))
            assert Decimal(row["attributes"]["cash_7d"]) == week
    assert len(deposits) > 10
