"""Dates: each way to write them is read by the format that says so, and by no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from transactions.date_formats import date_reader, iso_moment

# format -> texts of it, all of one moment.
AT = datetime(2025, 4, 7, 8, 30)
WRITTEN = {
    "%d/%m/%Y %H:%M": ["07/04/2025 08:30", "7/4/2025 8:30"],
    "%m/%d/%Y %H:%M": ["04/07/2025 08:30"],
    "%d.%m.%Y %H:%M:%S": ["07.04.2025 08:30:00"],
    "%d.%m.%y %H:%M": ["07.04.25 08:30"],
    "%Y-%m-%d %I:%M:%S %p": ["2025-04-07 8:30:00 AM", "2025-04-07 08:30:00 am"],
    "%Y%m%dT%H%M%S": ["20250407T083000"],
    "%d %b %Y %H:%M": ["07 APR 2025 08:30", "7 Apr 2025 8:30"],
    "%d %B %Y %H:%M": ["07 April 2025 08:30"],
    "%Y/%m/%d %H:%M": ["2025/04/07 08:30"],
    "%Y-%m-%d %H:%M:%S UTC": ["2025-04-07 08:30:00 UTC"],
    "excel": ["45754.3541666667", "45754.35416666666"],
    "iso": ["2025-04-07T08:30:00", "2025-04-07 08:30", "2025-04-07T08:30:00.000000"],
}
UNREADABLE = [
    "12/05/2015", "5/26/2023", "26.10.2015 11:14:40", "13.03.21", "2025-04-07 8:30:00 AM", "20250407", "20250407T083000Z",
    "2025-4-7", "45012.5208", "1325376018", "1617789005123", "2025-04-07 08:30:00 UTC", "2025-04-07T08:30:00 EST",
    "01 NOV 2021", "2025/04/07 08:30", "2025-W15-1", "2025-097", "2025-04-07x08:30",
    "2025-04-07T", "2025-04", "٢٠٢٥-٠٤-٠٧",
]  # fmt: skip


@pytest.mark.parametrize("format", WRITTEN)
def test_a_date_is_read_by_its_own_format_and_by_no_other(format: str) -> None:
    for text in WRITTEN[format]:
        moment = date_reader(format)(text)
        assert abs(moment - AT) < timedelta(milliseconds=5)
        for other in WRITTEN:
            if other == format or {other, format} == {"%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"}:
                continue
            with pytest.raises(ValueError, match=r"^[,;] "):
                date_reader(other)(text)


def test_the_day_and_the_month_are_never_guessed() -> None:
    assert date_reader("%d/%m/%Y")("12/05/2015") == datetime(2015, 5, 12)
    assert date_reader("%m/%d/%Y")("12/05/2015") == datetime(2015, 12, 5)
    for text in ("5/26/2023", "13/13/2023"):
        with pytest.raises(ValueError, match="no date and time written as %d/%m/%Y"):
            date_reader("%d/%m/%Y")(text)


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_not_iso_8601_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(ValueError, match="or say its format in the mapping"):
        iso_moment(text)


@pytest.mark.parametrize("text", ["2025-02-30", "2025-04-07T24:00:00", "2025-04-07T23:59:60Z", "2025-04-07T08:61"])
def test_what_is_not_in_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no date and time of the calendar"):
        iso_moment(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-04-07", datetime(2025, 4, 7)), ("2025-04-07T08", datetime(2025, 4, 7, 8)),
        ("2025-04-07T08:30:00+0200", datetime(2025, 4, 7, 8, 30, tzinfo=timezone(timedelta(hours=2)))),
        ("2025-04-07 08:30:00 +02:00", datetime(2025, 4, 7, 8, 30, tzinfo=timezone(timedelta(hours=2)))),
        ("2025-04-07T08:30:00,250Z", datetime(2025, 4, 7, 8, 30, 0, 250_000, tzinfo=UTC)),
        # Finer than a microsecond is cut, as the documentation says.
        ("2025-04-07T08:30:00.123456789Z", datetime(2025, 4, 7, 8, 30, 0, 123_456, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_iso_8601_is_read_in_its_variants(text: str, moment: datetime) -> None:
    assert iso_moment(text) == moment


@pytest.mark.parametrize(
    ("format", "text", "moment"),
    [
        ("unix", "1325376018", datetime(2012, 1, 1, 0, 0, 18, tzinfo=UTC)),
        ("unix", "1325376018.25", datetime(2012, 1, 1, 0, 0, 18, 250_000, tzinfo=UTC)),
        ("unix_ms", "1617789005123", datetime(2021, 4, 7, 9, 50, 5, 123_000, tzinfo=UTC)),
        ("excel", "45012", datetime(2023, 3, 27)), ("excel", "45012.5208", datetime(2023, 3, 27, 12, 29, 57, 120_000)),
        ("excel", "45012.5", datetime(2023, 3, 27, 12)),
    ],
)  # fmt: skip
def test_numbers_are_dates_where_the_mapping_says_what_they_count(format: str, text: str, moment: datetime) -> None:
    assert date_reader(format)(text) == moment


@pytest.mark.parametrize("format", ["unix", "unix_ms", "excel"])
@pytest.mark.parametrize("text", ["2025-04-07", "-1", "1e9", "nan", "1,5", "999999999999999", " 1", "1" * 16])
def test_what_is_no_such_number_is_refused(format: str, text: str) -> None:
    if format == "unix_ms" and text == "999999999999999":
        return
    with pytest.raises(ValueError, match=r"^, "):
        date_reader(format)(text)


@pytest.mark.parametrize(
    ("format", "words"),
    [
        ("%Y-%m-%d %H:%M %Z", "%Z"), ("%c", "%c"), ("%x", "%x"), ("%j %Y", "%j"), ("%G-W%V-%u", "%G"), ("%", "%"),
        ("%d.%m.", "day, month and year"), ("%m.%Y", "day, month and year"), ("epoch", "excel, unix"), ("DD.MM.YYYY", "%d.%m.%Y"),
        ("%d.%m.%Y %H:%M %p", "%I with %p"), ("%d.%m.%Y %I:%M", "%I with %p"), ("%d.%m.%Y %d", "twice"),
    ],
)  # fmt: skip
def test_a_format_that_could_be_misread_is_none(format: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("%", "[%]").replace(".", "[.]")):
        date_reader(format)


def test_digits_without_marks_between_them_are_shared_out_in_one_way_only() -> None:
    read = date_reader("%Y%m%d")
    assert read("20251107") == datetime(2025, 11, 7)
    for text in ("2025117", "202511", "2025 117"):
        with pytest.raises(ValueError, match="no date and time written as"):
            read(text)
