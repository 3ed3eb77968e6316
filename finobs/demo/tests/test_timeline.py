"""The mornings on which the demo's payments come in, and until when people work on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from unittest.mock import Mock

import pytest

from finobs.core import clock
from finobs.demo.bank import BankPlan
from finobs.demo.bank.plan import end_at
from finobs.demo.timeline import DailyPace, end_after, opening_before
from transactions.services import RawRow

DAY = timedelta(days=1)


@pytest.mark.parametrize("hour", [0, 3, 5, 6, 12, 23])
@pytest.mark.parametrize("days", [7, 40, 45, 181, 182])
def test_people_work_until_the_next_payments_come_in_and_never_longer(days, hour):
    now = datetime(2026, 12, 1, hour, 20, tzinfo=UTC)
    with clock.at(now):
        opening = opening_before(end_at(now) - days * DAY)
        plan = BankPlan(days * 50, 20, days, 1, end_after(opening, days))
        noons = [datetime.combine(plan.first + number * DAY, datetime.min.time()) for number in range(plan.days)]
        rows = [("northwind", RawRow(fields={"occurred_at": noon.isoformat()})) for noon in noons for _ in range(50)]
        lots = list(DailyPace(plan, Mock()).lots(iter(rows), []))
    assert sum(len(each.rows) for each in lots) == plan.size
    moments = [moment for lot in lots for moment in (lot.at, lot.until) if moment]
    assert len(moments) == 2 * len(lots)
    assert moments == sorted(moments)
    assert all(one.until == other.at for one, other in pairwise(lots))
    assert moments[-1] == now
    assert plan.end == end_at(now)
