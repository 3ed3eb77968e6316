"""Sources, in services and in the admin; and the file that an administrator uploads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from finobs.accounts.forms import ProfileForm
from finobs.accounts.services import profile_change
from finobs.core.errors import Conflict, Invalid, NotAllowed
from finobs.ledger.models import Event
from tests.support.clients import selected
from transactions.admin import MAX_UPLOAD_ROWS
from transactions.choices import IngestMethod, QuarantineState
from transactions.models import Batch, QuarantinedRow, Source, Transaction
from transactions.services import ingest, source_change, source_create

from .conftest import raw

pytestmark = pytest.mark.django_db
GOOD = b"external_id,account,occurred_at,amount\nT-1,A-1,2026-03-02T12:00:00Z,5\nT-2,A-1,never,5\n"


def test_a_source_is_made_and_changed_with_an_event(admin):
    source = source_create(actor=admin, slug="bank", name="Bank", default_currency="EUR")
    source_change(actor=admin, source=source, time_zone="Europe/Berlin", is_active=False)
    source.refresh_from_db()
    assert (source.time_zone, source.is_active) == ("Europe/Berlin", False)
    event = Event.objects.get(action="source.change")
    assert b'"changes":{"is_active":[true,false],"time_zone":["UTC","Europe/Berlin"]}' in bytes(event.body)
    assert [past.history_user for past in source.history.all()] == [admin, admin]


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "no slug!"}, {"default_currency": "XYZ"}, {"time_zone": "Mars/Olympus"}, {"mapping": {"colour": "x"}},
        {"mapping": {"account": "x"}}, {"name": "x" * 200},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(admin, wrong):
    with pytest.raises(Invalid):
        source_create(actor=admin, **{"slug": "bank", **wrong})
    assert not Source.objects.exists()


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules"])
def test_what_depends_on_the_machine_is_no_time_zone(admin, analyst, zone):
    with pytest.raises(Invalid) as refused:
        source_create(actor=admin, slug="n", time_zone=zone)
    assert list(refused.value.fields) == ["time_zone"]
    with pytest.raises(Invalid) as refused:
        profile_change(actor=analyst, name=analyst.name, time_zone=zone)
    assert list(refused.value.fields) == ["time_zone"]
    assert zone not in dict(ProfileForm().fields["time_zone"].choices)  # type: ignore[attr-defined]


FIELDS = {"external_id": "id", "account": "a", "occurred_at": "t", "amount": "m"}


WORDS: list[dict[str, Any]] = [
    {"Überweisung": "out", "Gutschrift": "in"},
    {"振込": "out", "入金": "in"},
    {"😀": "out", "\uffee": "in"},
    {"1": 1, "2": 0.5, "": "out"},
]


@pytest.mark.parametrize("words", WORDS)
def test_a_mapping_has_words_of_any_writing(superuser, client, words):
    client.force_login(superuser, backend="finobs.accounts.backends.RolePermissionBackend")
    mapping = FIELDS | {"direction": {"column": "Buchungsart", "words": words}}
    sent: dict[str, Any] = {
        "slug": "new",
        "name": "New",
        "time_zone": "UTC",
        "mapping": json.dumps(FIELDS | {"direction": "d"}),
    }
    assert client.post("/admin/transactions/source/add/", sent).status_code == 302
    source = Source.objects.get(slug="new")
    sent |= {"mapping": json.dumps(mapping), "is_active": "on", "version": source.version}
    assert client.post(f"/admin/transactions/source/{source.pk}/change/", sent).status_code == 302
    assert client.post("/admin/transactions/source/add/", sent | {"slug": "other"}).status_code == 302
    for slug in ("new", "other"):
        assert Source.objects.get(slug=slug).mapping["direction"]["words"].keys() == words.keys()
    change, made = (
        json.loads(bytes(Event.objects.filter(action=action).latest("pk").body))
        for action in ("source.change", "source.create")
    )
    told = change["changes"]["mapping"][1]["direction"]["words"]
    assert told == made["data"]["mapping"]["direction"]["words"]
    assert dict(told).keys() == words.keys()


def test_a_mapping_is_bounded(admin, bank):
    long = FIELDS | {"direction": {"column": "d", "words": {f"ü{number}": "out" for number in range(6_000)}}}
    for act in (
        lambda: source_create(actor=admin, slug="n", mapping=long),
        lambda: source_change(actor=admin, source=bank, mapping=long),
    ):
        with pytest.raises(Invalid) as refused:
            act()
        assert refused.value.fields == {"mapping": ["A mapping has at most 64 KB."]}


def test_a_slug_is_taken_once_and_stays(admin, bank):
    with pytest.raises(Conflict):
        source_create(actor=admin, slug="bank")
    with pytest.raises(Invalid) as error:
        source_change(actor=admin, source=bank, slug="other")
    assert list(error.value.fields) == ["slug"]
    with pytest.raises(Invalid) as error:
        source_create(actor=admin, slug="other", colour="red")
    assert list(error.value.fields) == ["colour"]


def test_sources_are_not_made_by_others(analyst, lead, auditor, stranger, bank):
    for person in (analyst, lead, auditor, stranger):
        with pytest.raises(NotAllowed):
            source_create(actor=person, slug="mine")


def test_an_administrator_makes_and_changes_a_source_in_the_admin(admin, client):
    client.force_login(admin)
    form = {
        "slug": "shop",
        "name": "Shop",
        "default_currency": "EUR",
        "time_zone": "UTC",
        "mapping": "{}",
        "is_active": "on",
    }
    assert client.post(reverse("admin:transactions_source_add"), form).status_code == 302
    shop = Source.objects.get(slug="shop")
    change = reverse("admin:transactions_source_change", args=[shop.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {**form, "name": "Shop two", "version": 1}).status_code == 302
    client.post(change, {**form, "default_currency": "XYZ", "version": 2})
    shop.refresh_from_db()
    assert (shop.name, shop.default_currency) == ("Shop two", "EUR")
    events = Event.objects.filter(subject_type="transactions.source").order_by("id")
    assert list(events.values_list("action", flat=True)) == ["source.create", "source.change"]


def upload(client, source, content: bytes, **more):
    url = reverse("admin:transactions_source_upload", args=[source.pk])
    return client.post(url, {"file": SimpleUploadedFile("rows.csv", content), "delimiter": ",", **more})


def test_an_uploaded_file_goes_the_same_way_in(admin, client, bank):
    client.force_login(admin)
    assert client.get(reverse("admin:transactions_source_upload", args=[bank.pk])).status_code == 200
    assert upload(client, bank, GOOD).status_code == 302
    batch = Batch.objects.get()
    assert (batch.method, batch.accepted, batch.quarantined, batch.actor) == (IngestMethod.ADMIN, 1, 1, admin)


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        (b"a,b\n1,2\n", {}, "no column"),
        (b"\xff\xfe", {}, "UTF-16"),
        (GOOD, {"mapping": "/etc/passwd"}, "must be"),
        (GOOD, {"mapping": "{"}, "not valid JSON"),
        (b"external_id\n" + b"1\n" * (MAX_UPLOAD_ROWS + 1), {"mapping": ""}, "no column"),
        (GOOD + b"T-3,A-1,2026-03-02,5\n" * (MAX_UPLOAD_ROWS + 1), {}, "import_transactions"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_on_the_page(admin, client, bank, content, more, said):
    client.force_login(admin)
    response = upload(client, bank, content, **more)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert not Transaction.objects.exists()


def test_the_admin_reads_what_came_in_and_changes_none_of_it(admin, client, bank):
    ingest(actor=admin, source=bank, rows=[raw(1)], method=IngestMethod.REST)
    client.force_login(admin)
    row = Transaction.objects.get()
    for name, pk in (("transaction", row.pk), ("account", row.account_id), ("batch", row.batch_id)):
        assert client.get(reverse(f"admin:transactions_{name}_changelist")).status_code == 200
        change = reverse(f"admin:transactions_{name}_change", args=[pk])
        assert client.get(change).status_code == 200
        assert client.post(change, {"memo": "changed"}).status_code == 403
    assert client.get(reverse("admin:transactions_transaction_add")).status_code == 403


def test_quarantined_rows_are_discarded_and_released_in_the_admin(admin, client, bank):
    ingest(actor=admin, source=bank, rows=[raw(1, amount="x"), raw(2, amount="y")], method=IngestMethod.REST)
    client.force_login(admin)
    first, second = QuarantinedRow.objects.order_by("id")
    url = reverse("admin:transactions_quarantinedrow_changelist")
    response = client.post(url, {"action": "release", **selected(first), "reason": "try"}, follow=True)
    assert "no decimal number" in response.content.decode()
    for typed in ({}, {"reason": " "}):
        refused = client.post(url, {"action": "discard", **selected(first, second), **typed}, follow=True)
        assert refused.content.decode().count("Say why, in at least 3 characters.") == 2
    assert set(QuarantinedRow.objects.values_list("state", flat=True)) == {QuarantineState.OPEN}
    client.post(url, {"action": "discard", **selected(first, second), "reason": "theirs"})
    assert set(QuarantinedRow.objects.values_list("state", flat=True)) == {QuarantineState.DISCARDED}
