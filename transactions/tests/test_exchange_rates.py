"""Exchange rates: taken in once, refused by row, and sums in one currency with the day of their rates."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from finobs.core import money
from finobs.core.errors import Invalid, NotAllowed, TooLarge
from finobs.ledger import merkle
from finobs.ledger.models import Event
from finobs.ledger.services import leaf_hash
from tests import factories
from tests.support.clients import signed_in
from transactions import selectors
from transactions.conversion import RateTable, convert, converted_total
from transactions.models import ExchangeRate, ExchangeRateBatch
from transactions.rate_rows import rate_text, read_rate
from transactions.row_validation import RawRow
from transactions.services import exchange_rates_add

ON = date(2026, 3, 2)
RATE = {"base": "EUR", "quote": "USD", "rate": "1.08", "date": "2026-03-02", "source": "ECB"}


def add(actor: Any, *rows: dict[str, Any]) -> Any:
    return exchange_rates_add(actor=actor, rows=[RawRow(RATE | row) for row in rows])


@pytest.mark.django_db
def test_a_rate_comes_in_once_and_nothing_is_overwritten(admin):
    first = add(admin, {}, {"quote": "CHF", "rate": "0.95"}, {"rate": "1.080"}, {"rate": "1.09"}, {"rate": "-1"})
    assert [row.status for row in first.rows] == ["accepted", "accepted", "duplicate", "refused", "refused"]
    assert (first.rows[3].reason, first.rows[4].reason) == ("conflict", "amount")
    again = add(admin, {}, {"rate": "1.09"})
    assert [row.status for row in again.rows] == ["duplicate", "refused"]
    assert "ECB said 1.08 of EUR/USD on 2026-03-02; that stays" in again.rows[1].detail
    assert sorted(ExchangeRate.objects.values_list("quote", "rate")) == [
        ("CHF", Decimal("0.95")),
        ("USD", Decimal("1.08")),
    ]


@pytest.mark.django_db
def test_the_event_of_a_batch_says_its_counts_and_commits_to_its_rates(admin):
    batch = add(admin, {}, {"quote": "CHF"}, {"base": "???"}).batch
    body = json.loads(bytes(Event.objects.get(action="rates.add").body))
    rows = [read_rate(RawRow(RATE | change), ON) for change in ({}, {"quote": "CHF"})]
    root = merkle.root([leaf_hash(row.digest) for row in rows])
    assert body["data"] == {"received": 3, "accepted": 2, "duplicate": 0, "refused": 1, "file": "", "root": root.hex()}
    assert batch.refusals[0] | {"fields": None} == {
        "row": 3, "reason": "currency", "detail": "base is “???”, which is no ISO 4217 code finobs knows.", "fields": None,
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"base": "eur", "quote": "EUR"}, "currency"), ({"base": None}, "missing"), ({"rate": "0"}, "amount"), ({"rate": "one"}, "amount"),
        ({"rate": 1.5}, "type"), ({"rate": "0.0000000000001"}, "amount"), ({"rate": "1e12"}, "amount"), ({"date": "02.03.2026"}, "date"),
        ({"date": "2999-01-01"}, "date"), ({"date": "1969-12-31"}, "date"), ({"source": ""}, "missing"), ({"source": "x" * 41}, "too-long"),
        ({"source": "E\u200bCB"}, "characters"), ({"more": "x"}, "unknown-field"), ({"base": 7}, "type"),
    ],
)  # fmt: skip
def test_a_rate_that_does_not_hold_is_refused_and_kept_with_its_batch(admin, change, reason):
    result = add(admin, change, {"quote": "CHF"})
    assert [(row.status, row.reason) for row in result.rows] == [("refused", reason), ("accepted", "")]
    assert ExchangeRateBatch.objects.get().refusals[0]["reason"] == reason


@pytest.mark.django_db
def test_no_rates_too_many_and_people_who_only_read_are_refused(admin, analyst):
    with pytest.raises(Invalid):
        add(admin)
    with pytest.raises(TooLarge):
        exchange_rates_add(actor=admin, rows=[RawRow(RATE)] * 10_001)
    with pytest.raises(NotAllowed):
        add(analyst, {})


@pytest.mark.django_db
def test_ten_thousand_rates_come_in_at_once(admin):
    days = [date.fromordinal(ON.toordinal() - number).isoformat() for number in range(5_000)]
    rows = [RawRow(RATE | {"date": day, "quote": quote}) for day in days for quote in ("USD", "CHF")]
    assert exchange_rates_add(actor=admin, rows=rows).batch.accepted == 10_000
    assert exchange_rates_add(actor=admin, rows=rows).batch.duplicate == 10_000


# -- Conversion


@pytest.fixture
def rates(admin) -> None:
    add(
        admin, {}, {"date": "2026-02-27", "rate": "1.05"}, {"quote": "JPY", "rate": "160"}, {"quote": "CHF", "rate": "0.9", "date": "2026-02-26"},
        {"rate": "1.5", "source": "Zentralbank"}, {"base": "USD", "quote": "CAD", "rate": "1.4", "date": "2026-03-01"},
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("amount", "currency", "to", "on", "result", "day"),
    [
        (10_000, "EUR", "USD", ON, 10_800, ON), (10_800, "USD", "EUR", ON, 10_000, ON), (1, "EUR", "EUR", ON, 1, ON),
        (10_000, "EUR", "USD", date(2026, 3, 1), 10_500, date(2026, 2, 27)), (100, "EUR", "JPY", ON, 160, ON),
        (10_800, "USD", "JPY", ON, 16_000, ON), (10_000, "USD", "CHF", ON, 8_333, date(2026, 2, 26)),
        (10_000, "EUR", "CAD", ON, 15_120, date(2026, 3, 1)), (-10_000, "EUR", "USD", ON, -10_800, ON), (0, "EUR", "USD", ON, 0, ON),
    ],
)  # fmt: skip
def test_an_amount_is_converted_by_the_newest_rate_of_the_days_before(rates, amount, currency, to, on, result, day):
    converted = convert(amount, currency, to, on)
    assert converted is not None
    assert (converted.amount_minor, converted.currency, converted.date) == (result, to, day)


@pytest.mark.django_db
def test_without_a_rate_that_is_young_enough_there_is_no_amount(rates):
    assert convert(1, "EUR", "GBP", ON) is None
    assert convert(1, "EUR", "USD", date(2026, 2, 26)) is None
    assert convert(1, "EUR", "USD", date(2026, 3, 9)) is not None
    assert convert(1, "EUR", "USD", date(2026, 3, 10)) is None
    assert convert(1, "EUR", "USD", date(2026, 3, 10), max_age_days=8) is not None
    # Over three rates: CHF to EUR, EUR to USD, USD to CAD.
    assert convert(1, "CHF", "CAD", ON) is None
    with pytest.raises(Invalid):
        convert(1, "EUR", "XYZ", ON)


@pytest.mark.django_db
def test_a_sum_says_the_day_of_its_oldest_rate_or_what_has_none(rates):
    total = converted_total({"EUR": 10_000, "USD": 10_800, "CHF": 900}, "EUR", ON)
    assert (total.amount_minor, total.date, total.missing) == (21_000, date(2026, 2, 26), ())
    assert converted_total({"EUR": 5}, "EUR", ON).date is None
    total = converted_total({"EUR": 1, "GBP": 1, "BHD": 1}, "USD", ON)
    assert (total.amount_minor, total.missing) == (None, ("BHD", "GBP"))


CODES = st.sampled_from(["EUR", "USD", "JPY", "BHD", "CHF"])


@given(
    st.integers(-(10**15), 10**15), CODES, CODES,
    st.decimals(min_value="0.000001", max_value="1000000", allow_nan=False, places=6).filter(lambda rate: rate > 0),
)  # fmt: skip
def test_conversion_is_exact_and_rounded_half_to_even_once(amount, base, quote, rate):
    if base == quote:
        return
    converted = RateTable(quote, ON, [(base, quote, ON, rate)]).convert(amount, base)
    back = RateTable(base, ON, [(base, quote, ON, rate)])
    assert converted is not None
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(amount) * rate * Decimal(10) ** (money.exponent(quote) - money.exponent(base))
        assert abs(exact - converted.amount_minor) <= Decimal("0.5")
        assert abs(exact - converted.amount_minor) < Decimal("0.5") or converted.amount_minor % 2 == 0
        inverse = back.rate(quote)
        assert inverse is not None
        assert abs(inverse.value * rate - 1) < Decimal("1e-50")


@pytest.mark.parametrize(("number", "text"), [("1.080000000000", "1.08"), ("160", "160"), ("1E+2", "100")])
def test_a_rate_has_one_form(number, text):
    assert rate_text(Decimal(number)) == text


# -- Doors


@pytest.mark.django_db
def test_a_file_of_rates_comes_in_by_the_command_and_again_changes_nothing(tmp_path, capsys):
    path = tmp_path / "rates.csv"
    path.write_text("Date;Base;Quote;Rate\n2026-03-02;EUR;USD;1.08\n2026-03-02;EUR;CHF;0,95\n2026-03-01;EUR;USD;1.07\n")
    out = io.StringIO()
    call_command("import_exchange_rates", str(path), "--published-by", "ECB", "--json", "--no-progress", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["received"], report["accepted"], report["refused"]) == (3, 2, 1)
    assert report["refusals"][0]["row"] == 2
    out = io.StringIO()
    call_command("import_exchange_rates", str(path), "--published-by", "ECB", "--json", "--no-progress", stdout=out)
    assert json.loads(out.getvalue())["duplicate"] == 2
    with pytest.raises(CommandError, match="no column source"):
        call_command("import_exchange_rates", str(path), "--no-progress")


@pytest.mark.django_db
def test_a_file_of_rates_comes_in_by_the_admin(superuser, analyst):
    browser, url = signed_in(superuser), reverse("admin:transactions_exchangerate_upload")
    assert browser.get(url).status_code == 200
    assert "Upload a file" in browser.get(reverse("admin:transactions_exchangerate_changelist")).content.decode()
    content = b"base,quote,rate,date,source\nEUR,USD,1.08,2026-03-02,ECB\nEUR,USD,x,2026-03-01,ECB\n"
    answer = browser.post(url, {"file": SimpleUploadedFile("rates.csv", content)}, follow=True)
    assert "2 rates: 1 accepted, 0 duplicate, 1 refused." in answer.content.decode()
    assert "rate is “x”, which is no decimal number" in answer.content.decode()
    bad = browser.post(url, {"file": SimpleUploadedFile("rates.csv", b"a,b\n1,2\n")})
    assert "no column" in bad.content.decode()
    assert signed_in(analyst).get(url).status_code in (302, 403)


@pytest.mark.django_db
def test_rates_are_listed_and_narrowed(rates, analyst):
    browser = signed_in(analyst)

    def rows(query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = browser.get(f"/api/v1/exchange-rates?{query}").json()["results"]
        return found

    assert [row["date"] for row in rows("base=eur&quote=usd&source=ECB")] == ["2026-03-02", "2026-02-27"]
    assert [row["rate"] for row in rows("quote=CHF")] == ["0.9"]
    assert len(rows("date_from=2026-03-01&date_to=2026-03-01")) == 1
    page = browser.get(reverse("transactions:exchange-rate-list"), {"quote": "CHF"}).content.decode()
    assert "0.9" in page
    assert "ECB" in page


@pytest.mark.django_db
def test_a_rate_is_shown_to_its_last_place(admin, analyst):
    add(admin, {"base": "IDR", "rate": "0.000061234567"}, {"base": "GBP", "rate": "1.25"})
    page = signed_in(analyst).get(reverse("transactions:exchange-rate-list")).content.decode()
    assert ">0.000061234567<" in page
    assert ">1.25<" in page


@pytest.mark.django_db
def test_the_api_takes_one_rate_a_list_or_an_object(admin):
    browser = signed_in(admin)
    for number, body in enumerate([RATE, [RATE | {"quote": "CHF"}], {"rates": [RATE | {"quote": "JPY"}]}]):
        answer = browser.post(
            "/api/v1/exchange-rates", body, content_type="application/json", headers={"Idempotency-Key": f"k{number}"}
        )
        assert answer.status_code == 200, answer.content
        assert answer.json()["accepted"] == 1
    answer = browser.post(
        "/api/v1/exchange-rates",
        {"rates": [], "x": 1},
        content_type="application/json",
        headers={"Idempotency-Key": "z"},
    )
    assert answer.status_code == 422


# -- Sums


@pytest.mark.django_db
def test_the_page_of_an_account_shows_sums_by_currency_and_one_with_its_day(rates, analyst):
    account = factories.account("A-1", of=factories.source("bank", default_currency="EUR"))
    factories.transaction(of=account, amount_minor=10_800, currency="USD")
    factories.transaction(of=account, amount_minor=5_000, currency="EUR", direction="in")
    totals = selectors.account_activity(analyst, account)["totals"]
    assert [(row.currency, row.into, row.out, row.count) for row in totals.rows] == [
        ("EUR", 5_000, 0, 1),
        ("USD", 0, 10_800, 1),
    ]
    assert totals.into is not None
    assert totals.out is not None
    assert (totals.into.amount_minor, totals.out.amount_minor, totals.out.date) == (5_000, 10_000, ON)
    page = signed_in(analyst).get(reverse("transactions:account-detail", args=[account.pk])).content.decode()
    assert "All in EUR, at rates of 2 Mar 2026" in page
    assert "€100.00" in page


@pytest.mark.django_db
def test_where_a_rate_is_missing_there_is_no_sum_and_the_page_says_which(rates, analyst):
    account = factories.account("A-1", of=factories.source("bank", default_currency="EUR"))
    factories.transaction(of=account, currency="GBP")
    factories.transaction(of=account, currency="USD")
    page = signed_in(analyst).get(reverse("transactions:account-detail", args=[account.pk])).content.decode()
    assert "There is no sum in EUR: no exchange rate of the week before for GBP." in page
    assert "All in EUR" not in page


@pytest.mark.django_db
def test_who_may_see_no_transaction_gets_no_sum_of_any(rates, stranger):
    account = factories.transaction(currency="GBP").account
    assert selectors.account_activity(stranger, account) == {"chart": None, "rows": [], "marks": (), "totals": None}
