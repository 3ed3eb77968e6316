"""What is late, short by one row, over by one cent, or twice the same file is told, within its cut-off."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as some

from finobs.core import clock
from finobs.core.errors import Conflict, Invalid, NotAllowed
from finobs.ledger.models import Event
from tests import factories
from tests.support.clients import signed_in
from transactions import services
from transactions.choices import DeliveryFaultKind, DeliveryState, IngestMethod
from transactions.deliveries import selectors
from transactions.deliveries.business_days import business_dates, date_of_file, due_at
from transactions.deliveries.control_totals import control_totals
from transactions.deliveries.standing import Totals, standing
from transactions.models import Delivery, DeliveryFault, DeliverySchedule, Source
from transactions.tests.conftest import raw

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)  # a Monday
CUT_OFF = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
BEFORE, AFTER = CUT_OFF - timedelta(hours=1), CUT_OFF + timedelta(minutes=1)
HEADER = "external_id,account,counterparty,occurred_at,amount,currency\n"


@pytest.fixture
def feed() -> Any:
    return factories.user("Fay Feed", role="admin")


@pytest.fixture
def schedule(bank: Source, feed: Any) -> DeliverySchedule:
    with clock.at(BEFORE):
        return services.delivery_schedule_create(
            actor=feed, source=bank, name="Payments", due_time=time(6, 0), starts_on=DAY, file_pattern="pay_{date}*.csv"
        )


@pytest.fixture
def delivery(schedule: DeliverySchedule, feed: Any) -> Delivery:
    with clock.at(BEFORE):
        return services.delivery_open(actor=feed, schedule=schedule, business_date=DAY)


def file(tmp_path: Path, rows: int, *, amount: str = "1.00", name: str = "pay_2026-03-02.csv") -> Path:
    path = tmp_path / name
    lines = (
        f"T-{number},A-1,M-1,2026-03-02T12:00:00Z,{amount if number == 1 else '1.00'},EUR\n"
        for number in range(1, rows + 1)
    )
    path.write_text(HEADER + "".join(lines))
    return path


def run(path: Path, *arguments: str, at: datetime = BEFORE) -> dict[str, Any]:
    out = StringIO()
    with clock.at(at):
        call_command(
            "import_transactions", str(path), "--source", "bank", "--json", "--no-progress", *arguments, stdout=out
        )
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def check(at: datetime) -> int:
    with clock.at(at):
        return services.deliveries_check()


def faults(**fields: Any) -> list[tuple[str, str]]:
    return list(DeliveryFault.objects.filter(**fields).order_by("id").values_list("kind", "detail"))


CONTROL = ("--control-rows", "3", "--control-sum", "EUR=3.00")


def test_a_file_that_agrees_with_its_totals_is_complete_and_nothing_is_wrong(tmp_path, delivery):
    run(file(tmp_path, 3), *CONTROL)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.received_rows, delivery.received_sums) == ("complete", 3, {"EUR": "300"})
    assert delivery.completed_at == BEFORE
    assert faults() == []


def test_what_has_not_come_by_its_cut_off_is_late_and_told_once(delivery):
    assert check(BEFORE) == 0
    assert faults() == []
    assert check(AFTER) == 1
    assert check(AFTER + timedelta(minutes=1)) == 0
    assert faults() == [("late", "It has not come by its cut-off.")]
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.LATE
    assert Event.objects.filter(action="delivery.fault_raise").count() == 1


def test_a_late_file_that_is_complete_settles_the_fault_and_says_that_it_came_late(tmp_path, delivery):
    check(AFTER)
    run(file(tmp_path, 3), *CONTROL, at=AFTER + timedelta(hours=2))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.is_late) == ("complete", True)
    assert faults(settled_at=None) == []
    assert DeliveryFault.objects.get().settled_reason == "It agrees with what is in now."


def test_a_file_that_is_short_by_one_row_is_told_when_it_ends(tmp_path, delivery):
    run(file(tmp_path, 2), *CONTROL)
    assert faults() == [("short", "Less than its control totals: 1 row (2 of 3); 1.00 EUR (2.00 of 3.00).")]
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.SHORT


def test_a_file_that_is_over_by_one_cent_is_told_at_once(tmp_path, delivery):
    run(file(tmp_path, 3, amount="1.01"), *CONTROL)
    assert faults() == [("over", "More than its control totals: 0.01 EUR (3.01 of 3.00).")]
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.OVER


def test_twice_the_same_file_is_told_and_counts_once(tmp_path, delivery):
    path = file(tmp_path, 3)
    run(path, *CONTROL)
    again = tmp_path / "pay_2026-03-02_b.csv"
    again.write_bytes(path.read_bytes())
    assert run(again)["duplicate"] == 3
    delivery.refresh_from_db()
    assert (delivery.state, delivery.received_rows) == ("complete", 3)
    assert faults() == [
        ("repeated", "pay_2026-03-02_b.csv is, byte for byte, pay_2026-03-02.csv, which came for 2026-03-02 before.")
    ]


def test_the_rest_in_a_second_file_makes_it_complete(tmp_path, delivery):
    run(file(tmp_path, 2), *CONTROL)
    run(file(tmp_path, 3, name="pay_2026-03-02_rest.csv"))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.received_rows) == ("complete", 3)
    assert faults(settled_at=None) == []


def test_rows_that_were_in_before_count_once_however_often_they_come(tmp_path, bank, delivery, feed):
    rows = [raw(number, amount="1.00", currency="EUR") for number in (1, 2)]
    services.ingest(actor=feed, source=bank, rows=rows, method=IngestMethod.REST)
    batches = []
    for _ in range(2):
        result = services.ingest(actor=feed, source=bank, rows=rows, method=IngestMethod.REST)
        duplicates = [row.transaction_id for row in result.rows if row.transaction_id]
        services.delivery_receive(actor=feed, delivery=delivery, batch=result.batch, duplicates=duplicates)
        batches.append(result.batch)
    delivery.refresh_from_db()
    assert (delivery.received_rows, delivery.received_sums) == (2, {"EUR": "200"})
    assert delivery.batches.count() == 2
    services.delivery_receive(actor=feed, delivery=delivery, batch=batches[0])
    delivery.refresh_from_db()
    assert delivery.received_rows == 2


def test_a_batch_counts_for_one_delivery_and_one_of_its_source(bank, delivery, schedule, feed):
    result = services.ingest(actor=feed, source=bank, rows=[raw(1)], method=IngestMethod.REST)
    services.delivery_receive(actor=feed, delivery=delivery, batch=result.batch)
    other = services.delivery_open(actor=feed, schedule=schedule, business_date=DAY + timedelta(days=1))
    with pytest.raises(Conflict):
        services.delivery_receive(actor=feed, delivery=other, batch=result.batch)
    elsewhere = services.ingest(actor=feed, source=factories.source("other"), rows=[raw(1)], method=IngestMethod.REST)
    with pytest.raises(Invalid):
        services.delivery_receive(actor=feed, delivery=delivery, batch=elsewhere.batch)


def test_other_totals_than_those_announced_need_a_reason(delivery, feed):
    announce = services.delivery_announce
    announce(actor=feed, delivery=delivery, rows=3, sums={"EUR": "3.00"})
    announce(actor=feed, delivery=delivery, rows=3, sums={"EUR": "3"})
    with pytest.raises(Conflict, match="say why"):
        announce(actor=feed, delivery=delivery, rows=4)
    announce(actor=feed, delivery=delivery, rows=4, reason="The bank sent a correction.")
    delivery.refresh_from_db()
    assert (delivery.control_rows, delivery.control_sums) == (4, {})
    assert Event.objects.filter(action="delivery.announce").count() == 2


@pytest.mark.parametrize(
    ("rows", "sums"), [(-1, {}), (1, {"XXY": "1"}), (1, {"EUR": "1.001"}), (1, {"EUR": "-1"}), (1, {"EUR": "much"})]
)
def test_totals_that_cannot_be_are_refused(rows, sums):
    with pytest.raises(Invalid):
        control_totals(rows, sums)


def test_a_schedule_that_needs_totals_is_late_without_them(tmp_path, schedule, feed, delivery):
    services.delivery_schedule_change(actor=feed, schedule=schedule, version=schedule.version, needs_totals=True)
    run(file(tmp_path, 3))
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.INCOMPLETE
    check(AFTER)
    assert faults() == [("late", "Its control totals have not come by its cut-off.")]


def test_each_business_day_is_expected_once_and_no_other(schedule):
    with clock.at(datetime(2026, 3, 9, 12, 0, tzinfo=UTC)):
        services.deliveries_check()
        services.deliveries_check()
    days = list(Delivery.objects.order_by("business_date").values_list("business_date", flat=True))
    assert days == [date(2026, 3, day) for day in (2, 3, 4, 5, 6, 9)]


def test_holidays_have_none_and_the_cut_off_is_on_the_clock_of_the_source(schedule):
    schedule.holidays, schedule.source.time_zone = ["2026-03-03"], "Europe/Berlin"
    assert list(business_dates(schedule, DAY, DAY + timedelta(days=2))) == [DAY, DAY + timedelta(days=2)]
    assert due_at(schedule, DAY) == datetime(2026, 3, 3, 5, 0, tzinfo=UTC)
    assert due_at(schedule, date(2026, 6, 1)) == datetime(2026, 6, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("pay_2026-03-02.csv", DAY), ("PAY_20260302_part1.CSV", DAY), ("pay_2026-13-02.csv", None), ("pay_.csv", None),
        ("xpay_2026-03-02.csv", None),
    ],
)  # fmt: skip
def test_a_file_says_by_its_name_which_day_it_is_for(name, day):
    assert date_of_file("pay_{date}*.csv", name) == day


@pytest.mark.parametrize(
    "change",
    [
        {"weekdays": []}, {"weekdays": [7]}, {"weekdays": [1, 1]}, {"holidays": ["2026-02-30"]}, {"due_days": 40},
        {"file_pattern": "pay.csv"}, {"file_pattern": "in/{date}.csv"}, {"starts_on": date(2020, 1, 1)}, {"name": ""},
    ],
)  # fmt: skip
def test_a_schedule_that_makes_no_sense_is_refused(change, schedule, feed):
    with pytest.raises(Invalid):
        services.delivery_schedule_change(actor=feed, schedule=schedule, version=schedule.version, **change)


def test_a_command_that_names_no_delivery_of_the_source_is_refused(tmp_path, bank):
    path = file(tmp_path, 1)
    for arguments in (["--delivery", "2026-03-02"], ["--control-rows", "3"], ["--schedule", "Payments"]):
        with pytest.raises(CommandError):
            run(path, *arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--control-rows", "3", "--control-sum", "EUR"], "no control sum"),
        (["--control-rows", "3", "--control-sum", "EUR=1", "--control-sum", "EUR=2"], "repeats a currency"),
        (["--control-sum", "EUR=1"], "go with a number of rows"),
    ],
)
def test_control_totals_that_cannot_be_read_are_refused_before_a_row_is_in(arguments, message, tmp_path, delivery):
    with pytest.raises(CommandError, match=message):
        run(file(tmp_path, 1), *arguments)
    delivery.refresh_from_db()
    assert (delivery.received_rows, delivery.control_rows) == (0, None)


def test_a_file_whose_name_says_no_day_needs_one(tmp_path, schedule):
    with pytest.raises(CommandError, match="Name the business date"):
        run(file(tmp_path, 1, name="rows.csv"), "--schedule", "Payments")
    run(file(tmp_path, 1, name="rows.csv"), "--delivery", DAY.isoformat())
    assert Delivery.objects.get().received_rows == 1


def test_a_file_of_two_schedules_must_say_which(tmp_path, schedule, feed, bank):
    with clock.at(BEFORE):
        services.delivery_schedule_create(
            actor=feed, source=bank, name="Other", due_time=time(6, 0), starts_on=DAY, file_pattern="*{date}.csv"
        )
    with pytest.raises(CommandError, match="several schedules"):
        run(file(tmp_path, 1))
    run(file(tmp_path, 1), "--schedule", "Other")
    assert Delivery.objects.get().schedule.name == "Other"


def test_a_person_settles_a_fault_with_a_reason_and_once(delivery, feed, analyst):
    check(AFTER)
    fault = DeliveryFault.objects.get()
    with pytest.raises(NotAllowed):
        services.delivery_fault_settle(actor=analyst, fault=fault, reason="I know.", version=fault.version)
    with pytest.raises(Invalid):
        services.delivery_fault_settle(actor=feed, fault=fault, reason="", version=fault.version)
    services.delivery_fault_settle(actor=feed, fault=fault, reason="A bank holiday there.", version=fault.version)
    fault.refresh_from_db()
    with pytest.raises(Conflict):
        services.delivery_fault_settle(actor=feed, fault=fault, reason="Once more.", version=fault.version)
    assert Event.objects.filter(action="delivery.fault_settle").count() == 1


def test_the_pages_show_the_calendar_the_totals_and_what_is_wrong(client, tmp_path, delivery, feed):
    run(file(tmp_path, 2), *CONTROL)
    browser = signed_in(feed)
    with clock.at(BEFORE):
        assert b"Payments" in browser.get("/transactions/deliveries/").content
        page = browser.get(f"/transactions/deliveries/{delivery.pk}/").content.decode()
        assert "1 row (2 of 3)" in page
        assert "pay_2026-03-02.csv" in page
        assert b"Short" in browser.get("/transactions/deliveries/faults/").content
        assert b"Payments" in browser.get("/transactions/sources/bank/").content
        assert b"bank" in browser.get("/transactions/sources/").content
    fault = DeliveryFault.objects.get()
    settle = f"/transactions/deliveries/faults/{fault.pk}/settle/"
    assert browser.post(settle, {"reason": "", "version": fault.version}).status_code == 422
    assert browser.post(settle, {"reason": "Asked the bank.", "version": fault.version}).status_code == 302
    announce = f"/transactions/deliveries/{delivery.pk}/announce/"
    delivery.refresh_from_db()
    body = {"rows": 2, "sums": "EUR 2.00", "reason": "They counted wrong.", "version": delivery.version}
    assert browser.post(announce, body | {"sums": "EUR"}).status_code == 422
    assert browser.post(announce, body).status_code == 302
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.COMPLETE


def test_the_calendar_has_a_place_for_each_day(schedule, delivery, feed):
    with clock.at(BEFORE):
        calendar = selectors.delivery_calendar(feed)
    assert len(calendar.days) == selectors.CALENDAR_DAYS
    (row,) = calendar.rows
    assert dict(zip(calendar.days, row.deliveries, strict=True))[DAY] == delivery


AMOUNTS = some.dictionaries(some.sampled_from(["EUR", "USD"]), some.integers(0, 3), max_size=2)
TOTALS = some.builds(Totals, some.integers(0, 3), AMOUNTS)


@given(some.none() | TOTALS, TOTALS, some.booleans(), some.booleans(), some.booleans())
def test_a_delivery_is_complete_exactly_when_it_agrees(control, received, needs_totals, has_ended, is_due):
    result = standing(control, received, needs_totals=needs_totals, has_ended=has_ended, is_due=is_due)
    same_sums = control is not None and (
        not control.sums
        or all(received.sums.get(each, 0) == control.sums.get(each, 0) for each in {*received.sums, *control.sums})
    )
    agrees = (has_ended and not needs_totals) if control is None else (received.rows == control.rows and same_sums)
    assert (result.state == DeliveryState.COMPLETE) == agrees
    assert not (agrees and result.faults)
    if is_due and not agrees:
        assert result.faults
    if not is_due and not has_ended:
        assert set(result.faults) <= {DeliveryFaultKind.OVER}


def test_the_sums_of_totals_are_added_by_currency():
    total = Totals(1, {"EUR": 5}).with_more(Totals(2, {"EUR": 1, "JPY": 7}))
    assert total == Totals(3, {"EUR": 6, "JPY": 7})
    assert Totals.of(3, total.as_text()) == total
