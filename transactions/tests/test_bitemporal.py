"""As it stood at a day, as known at a moment: against the definition, for assertions and corrections in any order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finobs.core import clock
from tests import factories
from transactions.choices import IngestMethod, RecordKind
from transactions.models import AccountParty, Customer, CustomerProfile
from transactions.parties import selectors
from transactions.records.services import records_add
from transactions.row_validation import RawRow

from .test_records_customers import add, person, statuses

pytestmark = pytest.mark.django_db
BEGIN, FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC), date(2024, 1, 1)
DAYS, MOMENTS = st.integers(0, 5), st.integers(0, 6)
SETTINGS = settings(max_examples=30)
# (moment, valid from, what is said)
SAYINGS = st.lists(st.tuples(MOMENTS, DAYS, st.sampled_from("ABC")), min_size=1, max_size=8)


def moment(number: int) -> datetime:
    return BEGIN + timedelta(hours=number)


def day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def by_definition(said: list[tuple[int, int, str]], as_at: int, known_at: int) -> str | None:
    """The greatest valid_from up to the day among what was recorded up to the moment; then the one recorded last."""
    relevant = [
        (valid_from, recorded, place, name)
        for place, (recorded, valid_from, name) in enumerate(said)
        if valid_from <= as_at and recorded <= known_at
    ]
    return max(relevant)[3] if relevant else None


@pytest.fixture
def world(db) -> tuple[Any, Any, Any]:
    source = factories.source("bank", name="Bank")
    feed = factories.user("feed", role="admin", kind="service")
    return source, feed, factories.user("Ana Analyst", role="analyst")


def customer_of(source: Any, number: int) -> Customer:
    return Customer.objects.create(source=source, external_id=f"X-{number}", kind="person")


@SETTINGS
@given(said=SAYINGS, shuffle=st.randoms(use_true_random=False))
def test_the_selector_answers_as_the_definition_does_whatever_the_order_of_insertion(world, said, shuffle):
    source, feed, analyst = world
    customer = customer_of(source, Customer.objects.count())
    said = sorted(said)
    # Of one moment and one day there is one assertion; which was the later one would be a matter of ids.
    said = [each for place, each in enumerate(said) if each[:2] not in {other[:2] for other in said[:place]}]
    rows = [
        CustomerProfile(
            customer=customer, valid_from=day(valid_from), recorded_at=moment(recorded), recorded_by=feed,
            digest=b"d" * 32, profile={"name": name},
        )
        for recorded, valid_from, name in said
    ]  # fmt: skip
    shuffle.shuffle(rows)
    CustomerProfile.objects.bulk_create(rows)
    for as_at in range(6):
        for known_at in range(7):
            view = selectors.customer_profile(analyst, customer, day(as_at), moment(known_at))
            assert view.profile.get("name") == by_definition(said, as_at, known_at)


@SETTINGS
@given(said=SAYINGS)
def test_what_is_brought_in_batch_by_batch_answers_as_the_definition_does(world, said):
    source, feed, analyst = world
    external_id = f"Y-{Customer.objects.count()}"
    taken: list[tuple[int, int, str]] = []
    for recorded, valid_from, name in sorted(said, key=lambda each: each[0]):
        row = person(1, external_id=external_id, valid_from=day(valid_from).isoformat(), name=name)
        with clock.at(moment(recorded)):
            result = add(feed, source, row)
        known = any(each[1:] == (valid_from, name) for each in taken)
        assert statuses(result) == ["duplicate" if known else "accepted"]
        taken += [] if known else [(recorded, valid_from, name)]
    customer = Customer.objects.get(external_id=external_id)
    for as_at in range(6):
        for known_at in range(7):
            view = selectors.customer_profile(analyst, customer, day(as_at), moment(known_at))
            assert view.profile.get("name") == by_definition(taken, as_at, known_at)
    # And what lists read is what prevails.
    assert customer.name == by_definition(taken, 99, 99)


@SETTINGS
@given(said=SAYINGS, size=st.integers(1, 8))
def test_a_file_brought_twice_in_lots_of_any_size_takes_nothing_twice(world, said, size):
    source, feed, _ = world
    external_id = f"Z-{Customer.objects.count()}"
    rows = [
        RawRow(person(1, external_id=external_id, valid_from=day(valid_from).isoformat(), name=name))
        for _, valid_from, name in said
    ]
    for _ in range(2):
        for start in range(0, len(rows), size):
            records_add(
                actor=feed, source=source, kind=RecordKind.CUSTOMER, rows=rows[start : start + size],
                method=IngestMethod.FILE,
            )  # fmt: skip
    profiles = CustomerProfile.objects.filter(customer__external_id=external_id)
    contents = [(each.valid_from, each.profile["name"]) for each in profiles]
    assert len(contents) == len(set(contents))


@SETTINGS
@given(said=st.lists(st.tuples(MOMENTS, DAYS, st.integers(0, 5)), min_size=1, max_size=6))
def test_a_party_stands_as_the_last_word_of_its_beginning_says(world, said):
    source, feed, analyst = world
    number = Customer.objects.count()
    add(feed, source, person(1, external_id=f"P-{number}"))
    taken: list[tuple[int, int, int]] = []
    for recorded, valid_from, lasting in sorted(said, key=lambda each: each[0]):
        row = {
            "account": f"A-{number}", "customer": f"P-{number}", "role": "holder",
            "valid_from": day(valid_from).isoformat(), "valid_until": day(valid_from + lasting).isoformat(),
        }  # fmt: skip
        with clock.at(moment(recorded)):
            add(feed, source, row, kind="account_party")
        if (valid_from, lasting) not in {each[1:] for each in taken}:
            taken.append((recorded, valid_from, lasting))
    account = AccountParty.objects.filter(customer__external_id=f"P-{number}")[0].account
    for as_at in range(11):
        for known_at in range(7):
            last = {valid_from: lasting for recorded, valid_from, lasting in taken if recorded <= known_at}
            expected = sum(begin <= as_at <= begin + lasting for begin, lasting in last.items())
            rows = selectors.account_parties(analyst, account, day(as_at), moment(known_at))
            assert len(rows) == expected
