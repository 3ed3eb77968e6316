"""When the banks of the demo are closed."""

from __future__ import annotations

from datetime import date

from finobs.demo.bank.calendars import easter, holidays, on_or_after, on_or_before


def test_no_bank_works_on_its_holidays():
    assert easter(2026) == date(2026, 4, 5)
    assert easter(2027) == date(2027, 3, 28)
    assert date(2026, 11, 26) in holidays("US", 2026)  # Thanksgiving
    assert date(2026, 5, 25) in holidays("US", 2026)  # Memorial Day
    assert date(2023, 1, 2) in holidays("US", 2023)  # New Year on a Sunday
    assert {date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 25)} <= holidays("DE", 2026)
    assert on_or_before("DE", date(2026, 12, 26)) == date(2026, 12, 24)
    assert on_or_after("US", date(2027, 1, 1)) == date(2027, 1, 4)
