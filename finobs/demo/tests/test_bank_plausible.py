"""What a compliance officer would notice: people, papers, expectations, times, and the other side of payments."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from finobs.demo.bank import BankPlan, make_world, payment_rows
from finobs.demo.bank.calendars import is_business_day
from finobs.demo.bank.entities import ENTITIES, SOUTHGATE
from finobs.demo.bank.names import COUNTRY_NAMES, ENGLISH, GERMAN
from finobs.demo.bank.people import QUIET
from finobs.demo.bank.plan import end_at
from finobs.demo.bank.trades import CATEGORIES_BOUGHT

PLAN = BankPlan(size=10_000, customers=200, days=182, seed=11, end=date(2026, 11, 21))
BY_CODE = {each.code: each for each in ENTITIES}


@pytest.fixture(scope="module")
def world():
    return make_world(PLAN)


@pytest.fixture(scope="module")
def rows(world):
    return list(payment_rows(world))


@pytest.fixture(scope="module")
def persons(world):
    return [each for each in world.customers if each.kind == "person"]


@pytest.fixture(scope="module")
def sides(world):
    return {(code, each.external_id): each for code, hood in world.hoods.items() for each in hood.everybody()}


def moment(row):
    return datetime.fromisoformat(row["occurred_at"])


def first_of(world, story, place=0):
    wanted = next(each.customers[place] for each in world.plays if each.story == story)
    return next(each for each in world.customers if each.external_id == wanted)


def payments_of(world, rows, customer):
    accounts = {each.external_id for each in world.accounts if each.holder is customer}
    return [row for _, row in rows if row["account"] in accounts]


# When.


@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 10, 25), date(2026, 11, 1), date(2026, 12, 31)])
def test_every_day_of_the_plan_is_over_wherever_the_bank_is(day, hour):
    seeded_at = datetime(day.year, day.month, day.day, hour, 59, tzinfo=UTC)
    for entity in ENTITIES:
        last = datetime.combine(end_at(seeded_at) - timedelta(days=1), datetime.max.time(), ZoneInfo(entity.time_zone))
        assert last < seeded_at


def test_no_payment_is_in_the_hours_in_which_clocks_change(rows):
    assert not [row for _, row in rows if 1 <= moment(row).hour < 3]


def test_cash_is_paid_in_while_counters_are_open(rows):
    deposits = [(BY_CODE[code], moment(row)) for code, row in rows if row["channel"] == "cash"]
    assert deposits
    for entity, at in deposits:
        assert is_business_day(entity.country, at.date())
        assert 9 <= at.hour < 16


def test_shops_are_paid_while_they_are_open(world, rows):
    kinds = {each.mcc: each for each in CATEGORIES_BOUGHT}
    of_hood = {(code, each.external_id) for code, hood in world.hoods.items() for each in hood.merchants}
    for code, row in rows:
        # Where cards are misused somebody may be at a pump at any hour.
        if (code, row["counterparty"]) in of_hood and row["attributes"]["mcc"] not in ("5541", "6011"):
            kind, at = kinds[row["attributes"]["mcc"]], moment(row)
            assert kind.opens <= at.hour + at.minute / 60 < kind.closes, row
            if code == SOUTHGATE.code and kind.is_shop:
                assert at.weekday() != 6, row


def test_what_people_do_again_and_again_they_do_at_other_times(world, rows):
    for story in ("funnel", "shell", "landlord"):
        payments = payments_of(world, rows, first_of(world, story))
        by_hand = [row for row in payments if row["channel"] in ("cash", "wire")]
        assert len({row["occurred_at"][11:16] for row in by_hand}) > 0.6 * len(by_hand), story
    visits = {row["occurred_at"][:10] for row in payments if row["channel"] == "cash"}
    assert len({day[8:] for day in visits}) > 5


def test_a_company_sends_on_only_what_it_has(world, rows):
    balances = [float(row["balance_after"]) for row in payments_of(world, rows, first_of(world, "shell"))]
    assert balances
    assert min(balances) > 0


# Who.


def test_nobody_shares_a_birthday_with_many(persons):
    most = Counter(each.profile["date_of_birth"] for each in persons).most_common(1)[0][1]
    assert most <= 2


def test_forenames_are_those_of_a_generation():
    for culture in (ENGLISH, GERMAN):
        young, old = culture.forenames_of(2007), culture.forenames_of(1940)
        assert not set(young) & set(old)
    assert ("Gisela", "") in GERMAN.forenames_of(1950)


def test_people_bear_names_of_their_generation(persons):
    checked = 0
    for each in persons:
        if each.culture in (ENGLISH, GERMAN):
            names = {latin for latin, _ in each.culture.forenames_of(int(each.profile["date_of_birth"][:4]))}
            assert each.profile["name"].split()[0] in names
            checked += 1
    assert checked > 50


def test_papers_are_those_of_a_nationality_and_foreigners_have_a_permit(persons):
    for each in persons:
        (nationality,) = each.profile["nationalities"]
        first, *others = each.profile["identifiers"]
        assert first["country"] == nationality
        assert nationality in (each.culture.country, each.entity.country)
        assert [other["country"] for other in others] in ([], [each.entity.country])
        if nationality != each.entity.country == "US":
            assert others


def test_reasons_of_ratings_fit_the_profile(persons):
    for each in persons:
        reason, (nationality,) = each.profile["risk_reason"], each.profile["nationalities"]
        if "no ties abroad" in reason:
            assert nationality == each.entity.country
            assert not each.is_remitting
        if "family in" in reason or "wires to" in reason:
            assert each.is_remitting
            assert COUNTRY_NAMES[nationality] in reason
        assert bool(each.profile.get("is_pep")) == reason.startswith("Politically exposed")


def test_who_is_of_another_country_in_a_story_is_of_it_in_their_papers(world):
    official, cleaner = first_of(world, "shell", 2), first_of(world, "funnel")
    assert official.profile["nationalities"] == ["BG"]
    assert "Bulgaria" in official.profile["risk_reason"]
    assert cleaner.profile["nationalities"] == ["MX"]
    assert first_of(world, "shell").changes[-1][1]["risk_rating"] == "high"


# What they expect.


def test_expectations_fit_income_and_both_directions_are_of_one_order(world):
    # Whoever shares somebody else's account shares what is expected of it.
    for each in {account.external_id: account.holder for account in world.accounts}.values():
        for expected in each.profile["expected_activity"]:
            into, out = int(expected["amount_in"]), int(expected["amount_out"])
            assert 0.4 < into / out < 2.5, each
            if each.kind == "person":
                assert into >= each.income * each.entity.weight * (0.25 if each.archetype == QUIET else 0.9), each


def test_whoever_is_paid_by_transfer_expects_transfers(world, rows):
    holders = {each.external_id: each.holder for each in world.accounts}
    paid = {row["account"] for _, row in rows if row["memo"] in ("Salary", "Pension", "Allowance")}
    assert paid
    for account in paid:
        assert "transfer" in holders[account].profile["expected_activity"][0]["methods"]


def test_a_landlords_months_are_what_the_profile_says(world, rows):
    landlord = first_of(world, "landlord")
    expected = landlord.profile["expected_activity"][0]
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for row in payments_of(world, rows, landlord):
        sums[row["direction"], row["occurred_at"][:7]] += float(row["amount"])
        assert row["memo"] != "Rent"
    assert len(sums) > 10
    for (direction, _), total in sums.items():
        assert total <= int(expected[f"amount_{direction}"])
    # Whole months come near to it: the profile explains them.
    whole = sorted(total for (direction, _), total in sums.items() if direction == "in")[2:]
    assert min(whole) > 0.6 * int(expected["amount_in"])


def test_persons_are_rarely_overdrawn(world, rows):
    overdrawn = {row["account"] for _, row in rows if row["balance_after"].startswith("-")}
    assert len(overdrawn) < 0.03 * len(world.accounts)


# The other side.


def test_every_other_side_has_a_name_a_kind_and_a_country(sides):
    assert all(each.name and each.kind != "unknown" and len(each.country) == 2 for each in sides.values())


def test_money_from_a_machine_has_a_machine_on_the_other_side(rows, sides):
    withdrawals = [(code, row) for code, row in rows if row["channel"] == "atm"]
    assert withdrawals
    for code, row in withdrawals:
        machine = sides[code, row["counterparty"]]
        assert machine.external_id.startswith("ATM-")
        assert (machine.kind, machine.account_number) == ("terminal", "")
        assert row["counterparty_name"] == machine.name


def test_own_transfers_come_from_oneself_and_allowances_from_the_family(world, rows, sides):
    holders = {each.external_id: each.holder for each in world.accounts}
    seen: Counter[str] = Counter()
    for code, row in rows:
        if row["memo"] in ("Own transfer", "Allowance"):
            holder, name = holders[row["account"]], sides[code, row["counterparty"]].name
            family, _ = holder.culture.families[holder.family]
            assert family in name.split()
            seen[row["memo"]] += 1
    assert len(seen) == 2
