"""What an account's page says of ninety days: the totals and the chart below them are sums of the same transactions."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests import factories
from transactions import selectors
from transactions.activity_chart import CHART_DAYS, start_of

pytestmark = pytest.mark.django_db

# Days of these zones begin at other moments than those of UTC; two of them put a clock forward or back within the time.
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland")
LATEST = datetime(2026, 4, 20, 15, 30, tzinfo=UTC)


def moments(rng, zone):
    """The latest, those on either side of where the ninety days begin and of midnights, and any of a hundred days."""
    first = LATEST.astimezone(zone).date() - timedelta(days=CHART_DAYS - 1)
    edges = [
        datetime(day.year, day.month, day.day, tzinfo=zone)
        for day in (first, first + timedelta(days=1), first + timedelta(days=60))
    ]
    near = [edge.astimezone(UTC) + timedelta(seconds=step) for edge in edges for step in (-1, 0, 1)]
    exact = [LATEST - timedelta(days=days) for days in (CHART_DAYS - 1, CHART_DAYS)]
    return [LATEST, *near, *exact, *(LATEST - timedelta(seconds=rng.randrange(100 * 86_400)) for _ in range(60))]


def expected(made, zone):
    """(currency, direction) -> the sum of whole days, by plain arithmetic."""
    first = LATEST.astimezone(zone).date() - timedelta(days=CHART_DAYS - 1)
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for row in made:
        if row.occurred_at.astimezone(zone).date() >= first:
            sums[row.currency, row.direction] += row.amount_minor
    return sums


@pytest.mark.parametrize("name", ZONES)
def test_the_chart_and_the_totals_are_of_the_same_transactions_in_every_time_zone(analyst, name):
    rng, zone, account = Random(name), ZoneInfo(name), factories.account()
    made = [
        factories.transaction(
            of=account, occurred_at=at, amount_minor=rng.randrange(1, 10**7),
            currency=rng.choice(("EUR", "EUR", "USD")), direction=rng.choice(("in", "out")),
        )
        for at in moments(rng, zone)
    ]  # fmt: skip
    with timezone.override(zone):
        activity = selectors.account_activity(analyst, account)
    chart, sums = activity["chart"], expected(made, zone)
    totals = {row.currency: row for row in activity["totals"].rows}
    assert {(code, "in"): row.into for code, row in totals.items()} == {
        (code, "in"): sums[code, "in"] for code in totals
    }
    assert {code: row.out for code, row in totals.items()} == {code: sums[code, "out"] for code in totals}
    assert chart.currency == "EUR"
    assert sum(day.into for day in chart.days) == totals["EUR"].into
    assert sum(day.out for day in chart.days) == totals["EUR"].out
    assert sum(day.count for day in chart.days) == totals["EUR"].count
    assert chart.days[-1].on == LATEST.astimezone(zone).date()


def test_many_transactions_are_all_in_the_chart_and_the_newest_are_listed(analyst, monkeypatch):
    monkeypatch.setattr(selectors, "MAX_ACTIVITY_ROWS", 3)
    account = factories.account()
    made = [factories.transaction(of=account, occurred_at=LATEST - timedelta(days=days)) for days in range(8)]
    activity = selectors.account_activity(analyst, account, {made[6].pk})
    assert sum(day.count for day in activity["chart"].days) == activity["totals"].rows[0].count == 8
    assert [row.pk for row in activity["rows"]] == [made[6].pk, made[0].pk, made[1].pk]


def test_a_mark_stands_on_its_day_in_the_zone_of_the_page(analyst):
    account = factories.account()
    factories.transaction(of=account, occurred_at=LATEST)
    late = factories.transaction(of=account, occurred_at=datetime(2026, 4, 11, 2, 0, tzinfo=UTC))
    with timezone.override("America/New_York"):
        chart = selectors.account_activity(analyst, account, {late.pk})["chart"]
    assert [str(day.on) for day in chart.days if day.marked] == ["2026-04-10"]


def test_a_day_begins_at_midnight_of_its_zone():
    with timezone.override("America/New_York"):
        assert start_of(datetime(2026, 3, 9).date()).astimezone(UTC) == datetime(2026, 3, 9, 4, tzinfo=UTC)
