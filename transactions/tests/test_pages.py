"""The pages of what came in: who sees them, what they say, and that a stale form loses nothing."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from tests import factories
from transactions import selectors
from transactions.choices import IngestMethod, QuarantineState
from transactions.models import Account, Batch, QuarantinedRow, Transaction
from transactions.services import ingest, quarantine_correct

from .conftest import fields, raw

pytestmark = pytest.mark.django_db
LISTS = ["transaction-list", "account-list", "batch-list"]


@pytest.fixture
def taken(service, bank):
    rows = [raw(1), raw(2, amount="90", direction="in"), raw(3, amount="<script>")]
    return ingest(actor=service, source=bank, rows=rows, method=IngestMethod.FILE, file_name="march.csv")


def page(client, person, name: str, *arguments, status: int = 200, **query) -> str:
    client.force_login(person)
    response = client.get(reverse(f"transactions:{name}", args=arguments), query)
    assert response.status_code == status, response.content[:300]
    content: str = response.content.decode()
    return content


@pytest.mark.parametrize("name", LISTS)
def test_lists_show_rows_with_their_count_to_readers_and_none_to_strangers(client, taken, analyst, stranger, name):
    assert 'class="table' in page(client, analyst, name)
    assert "empty-title" in page(client, stranger, name)


@pytest.mark.parametrize("name", [*LISTS, "quarantine-list"])
def test_lists_ask_the_database_as_often_for_many_rows_as_for_few(
    client, admin, bank, taken, name, django_assert_max_num_queries
):
    ingest(actor=admin, source=bank, rows=[raw(n, account=f"A-{n}") for n in range(10, 40)], method=IngestMethod.FILE)
    ingest(actor=admin, source=bank, rows=[raw(n, amount="x") for n in range(50, 60)], method=IngestMethod.FILE)
    client.force_login(admin)
    with django_assert_max_num_queries(20):
        client.get(reverse(f"transactions:{name}"))


def test_nobody_sees_anything_without_signing_in(client, taken):
    for name in [*LISTS, "quarantine-list"]:
        assert client.get(reverse(f"transactions:{name}")).status_code == 302


def test_details_are_shown_to_readers_and_unknown_to_strangers(client, taken, analyst, stranger):
    row = Transaction.objects.get(external_id="T-1")
    for name, pk in (
        ("transaction-detail", row.pk), ("account-detail", row.account_id), ("account-activity", row.account_id),
        ("batch-detail", taken.batch.pk),
    ):  # fmt: skip
        assert page(client, analyst, name, pk)
        assert page(client, stranger, name, pk, status=404)
        assert page(client, analyst, name, 10**9, status=404)


def test_a_transaction_says_its_money_with_currency(client, taken, analyst):
    row = Transaction.objects.get(external_id="T-1")
    assert "$12.50" in page(client, analyst, "transaction-detail", row.pk)


def test_the_list_is_filtered_and_each_filter_can_be_taken_away(client, taken, analyst):
    shown = page(client, analyst, "transaction-list", account="A-1", currency="USD", amount_min="50")
    assert "T-2" in shown
    assert "T-1<" not in shown
    assert "?currency=USD&amp;amount_min=50" in shown
    assert "Name the currency" in page(client, analyst, "transaction-list", amount_min="50", status=422)


def test_a_batch_says_by_whom_and_which_way_it_came(client, taken, analyst):
    for shown in (page(client, analyst, "batch-list"), page(client, analyst, "batch-detail", taken.batch.pk)):
        assert re.search(f"{taken.batch.actor}.*{taken.batch.actor.email}.*, File import", shown)


def test_activity_tells_its_finding_and_marks_what_was_alerted(client, taken, analyst):
    account = Account.objects.get()
    marked = Transaction.objects.get(external_id="T-2").pk
    shown = page(client, analyst, "account-activity", account.pk, mark=f"{marked},x,{'9' * 40}")
    assert "$12.50 went out on 1 of 90 days" in shown
    assert "alerted" in shown
    assert "<svg" in shown


def test_activity_covers_the_ninety_days_to_the_latest_transaction(analyst):
    account = factories.account()
    for days in (0, 89, 90, 400):
        factories.transaction(of=account, occurred_at=factories.NOON - timedelta(days=days))
    shown = selectors.account_activity(analyst, account)
    assert len(shown["rows"]) == 2
    assert [day.on.day for day in shown["chart"].days if day.count] == [3, 2]


def test_an_account_without_transactions_says_so(client, analyst):
    assert "Nothing has moved yet" in page(client, analyst, "account-activity", factories.account().pk)


def test_the_quarantine_is_shown_to_readers_and_worked_by_those_who_bring_rows_in(
    client, taken, admin, analyst, auditor, stranger
):
    row = QuarantinedRow.objects.get()
    shown = page(client, admin, "quarantine-detail", row.pk)
    assert "&lt;script&gt;" in shown
    assert "<script>“" not in shown
    assert "Batch" in page(client, admin, "quarantine-list")
    assert "Discard" in shown
    for person in (analyst, auditor):
        assert "Discard" not in page(client, person, "quarantine-detail", row.pk)
    assert page(client, stranger, "quarantine-detail", row.pk, status=404)
    assert page(client, stranger, "quarantine-raw", row.pk, status=404)


def test_what_came_can_be_downloaded_whole(client, taken, admin):
    row = QuarantinedRow.objects.get()
    client.force_login(admin)
    response = client.get(reverse("transactions:quarantine-raw", args=[row.pk]))
    assert len(response.content) == row.raw_size
    assert "attachment" in response["Content-Disposition"]


def post(client, person, verb: str, row, **form):
    client.force_login(person)
    return client.post(reverse(f"transactions:quarantine-{verb}", args=[row.pk]), form)


def test_a_row_is_corrected_and_released_without_javascript(client, taken, admin):
    row = QuarantinedRow.objects.get()
    assert post(client, admin, "correct", row, version=1, **fields(3)).status_code == 302
    assert post(client, admin, "release", row, version=2, reason="").status_code == 422
    assert post(client, admin, "release", row, version=2, reason="confirmed").status_code == 302
    row.refresh_from_db()
    assert row.state == QuarantineState.RELEASED
    assert Transaction.objects.filter(external_id="T-3").exists()
    assert "confirmed" in page(client, admin, "quarantine-detail", row.pk)


def test_a_release_that_fails_says_why(client, taken, admin):
    row = QuarantinedRow.objects.get()
    client.force_login(admin)
    url = reverse("transactions:quarantine-release", args=[row.pk])
    assert "Not released" in client.post(url, {"reason": "try", "version": 1}, follow=True).content.decode()


def test_a_stale_form_is_a_conflict_that_keeps_the_text(client, taken, admin):
    row = QuarantinedRow.objects.get()
    quarantine_correct(actor=admin, row=row, fields=fields(3), version=1)
    stale = post(client, admin, "correct", row, version=1, **fields(3, memo="what I typed"))
    assert stale.status_code == 409
    assert "what I typed" in stale.content.decode()
    assert 'value="2"' in stale.content.decode()


def test_a_discarded_row_stays_to_be_read(client, taken, admin, stranger):
    row = QuarantinedRow.objects.get()
    assert post(client, stranger, "discard", row, reason="x").status_code == 404
    assert post(client, admin, "discard", row, version=1, reason="").status_code == 422
    assert post(client, admin, "discard", row, version=1, reason="theirs").status_code == 302
    assert "theirs" in page(client, admin, "quarantine-detail", row.pk)
    assert post(client, admin, "discard", row, version=2, reason="again").status_code == 409
    assert Batch.objects.count() == 1


def test_the_quarantine_says_how_many_rows_there_are_of_each_reason(client, admin, bank):
    rows = [raw(n, amount="x") for n in range(1, 8)] + [raw(n, country="XX") for n in range(8, 11)]
    ingest(actor=admin, source=bank, rows=rows, method=IngestMethod.FILE)
    shown = page(client, admin, "quarantine-list")
    assert "Impossible amount</a> 7" in shown
    assert "Unknown country</a> 3" in shown
    assert "Impossible amount</a>" not in page(client, admin, "quarantine-list", reason="country")


def test_quarantined_rows_are_downloaded_corrected_and_brought_in_again(client, admin, bank, tmp_path):
    rows = [raw(1, amount="x"), raw(2, amount="x", memo="=HYPERLINK(1)"), raw(3, country="XX")]
    ingest(actor=admin, source=bank, rows=rows, method=IngestMethod.FILE)
    client.force_login(admin)
    response = client.get(reverse("transactions:quarantine-file"), {"reason": "amount"})
    lines = list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    assert [(line["external_id"], line["amount"], line["reason"]) for line in lines] == [
        ("T-1", "x", "Impossible amount"), ("T-2", "x", "Impossible amount"),
    ]  # fmt: skip
    assert lines[1]["memo"] == "'=HYPERLINK(1)"
    path = tmp_path / "corrected.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(lines[0]))
        writer.writeheader()
        writer.writerows({**line, "amount": "12.50"} for line in lines)
    call_command(
        "import_transactions",
        str(path),
        "--source",
        "bank",
        "--no-progress",
        stdout=io.StringIO(),
        stderr=io.StringIO(),
    )
    states = dict(QuarantinedRow.objects.values_list("external_id", "state"))
    assert states == {"T-1": "superseded", "T-2": "superseded", "T-3": "open"}


def test_the_download_has_the_filters_of_the_list(client, admin, analyst, stranger, taken):
    assert "T-3" in page_bytes(client, analyst)
    assert "T-3" not in page_bytes(client, stranger)
    assert "T-3" not in page_bytes(client, analyst, state="discarded")
    client.force_login(analyst)
    for query in ({"reason": "nonsense"}, {"no_such": "1"}):
        assert client.get(reverse("transactions:quarantine-file"), query).status_code == 422


def page_bytes(client, person, **query) -> str:
    client.force_login(person)
    content: str = client.get(reverse("transactions:quarantine-file"), query).getvalue().decode()
    return content


def test_a_row_in_conflict_is_shown_beside_the_one_that_stays(client, admin, bank, stranger):
    ingest(actor=admin, source=bank, rows=[raw(1, memo="pending")], method=IngestMethod.FILE)
    ingest(actor=admin, source=bank, rows=[raw(1, memo="booked")], method=IngestMethod.FILE)
    shown = page(client, admin, "quarantine-detail", QuarantinedRow.objects.get().pk)
    assert "Both versions" in shown
    assert "pending" in shown
    assert "booked" in shown


def test_a_batch_says_how_its_file_was_read(client, admin, bank, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("external_id;account;occurred_at;amount;note\n1;A;2026-03-02;5.00;x\n;;Sum;5.00;\n")
    call_command(
        "import_transactions",
        str(path),
        "--source",
        "bank",
        "--no-progress",
        stdout=io.StringIO(),
        stderr=io.StringIO(),
    )
    shown = page(client, admin, "batch-detail", Batch.objects.get().pk)
    for said in ("separated by semicolon", "Columns not used", "note", "Below the rows, left out", ";;Sum;5.00;"):
        assert said in shown
