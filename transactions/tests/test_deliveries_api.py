"""Deliveries over the API: opened, announced, received and ended by a feed; faults settled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from finobs.accounts.models import OrgUnitGroupGrant
from finobs.accounts.services import token_create
from finobs.core import clock
from tests import factories
from tests.support.clients import signed_in
from transactions import services
from transactions.choices import IngestMethod
from transactions.models import DeliveryFault
from transactions.tests.conftest import raw

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed():
    return factories.user("Fay Feed", role="admin")


@pytest.fixture
def client(feed):
    return signed_in(feed)


def post(client, path, body=None, **headers):
    return client.post(f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers)


def schedule_body(source, **changes):
    start = clock.now().date().isoformat()
    return {
        "source": source.slug,
        "name": "Wires",
        "due_time": "06:00",
        "starts_on": start,
        "weekdays": [*range(7)],
        **changes,
    }


def test_a_feed_opens_announces_receives_and_ends(client, bank, feed):
    schedule = post(client, "delivery-schedules", schedule_body(bank))
    assert schedule.status_code == 201, schedule.content
    day = (clock.now().date() + timedelta(days=1)).isoformat()
    opened = post(client, "deliveries", {"schedule": schedule.json()["id"], "business_date": day})
    assert (opened.status_code, opened.json()["state"]) == (200, "expected")
    pk, tag = opened.json()["id"], opened["ETag"]
    same = post(client, "deliveries", {"schedule": schedule.json()["id"], "business_date": day})
    assert same.json()["id"] == pk
    announced = post(client, f"deliveries/{pk}/announce", {"rows": 2, "sums": {"USD": "25.00"}}, **{"If-Match": tag})
    assert announced.json()["control_sums"] == {"USD": "2500"}
    batch = services.ingest(actor=feed, source=bank, rows=[raw(1)], method=IngestMethod.REST).batch
    received = post(client, f"deliveries/{pk}/receive", {"batch": batch.pk})
    assert (received.json()["state"], received.json()["received_sums"]) == ("incomplete", {"USD": "1250"})
    ended = post(client, f"deliveries/{pk}/end")
    assert ended.json()["state"] == "short"
    faults = client.get("/api/v1/delivery-faults?is_open=true").json()["results"]
    assert [(fault["kind"], fault["delivery_id"]) for fault in faults] == [("short", pk)]
    again = services.ingest(actor=feed, source=bank, rows=[raw(2)], method=IngestMethod.REST).batch
    assert post(client, f"deliveries/{pk}/receive", {"batch": again.pk}).json()["state"] == "complete"
    assert client.get("/api/v1/delivery-faults?is_open=true").json()["results"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weekdays": [9]}, "weekdays"), ({"holidays": ["tomorrow"]}, "holidays"), ({"due_days": 99}, "due_days"),
        ({"file_pattern": "x.csv"}, "file_pattern"), ({"name": ""}, "name"),
    ],
)  # fmt: skip
def test_a_schedule_that_makes_no_sense_is_refused_by_its_field(client, bank, change, field):
    refused = post(client, "delivery-schedules", schedule_body(bank, **change))
    assert refused.status_code == 422
    assert [error["pointer"].split("/")[1] for error in refused.json()["errors"]] == [field]


def test_a_schedule_is_changed_under_its_version_and_its_name_is_its_own(client, bank):
    made = post(client, "delivery-schedules", schedule_body(bank))
    assert post(client, "delivery-schedules", schedule_body(bank)).status_code == 409
    address, tag = f"delivery-schedules/{made.json()['id']}/change", made["ETag"]
    changed = post(client, address, {"due_time": "07:30"}, **{"If-Match": tag})
    assert changed.json()["due_time"] == "07:30:00"
    assert post(client, address, {"due_time": "08:30"}, **{"If-Match": tag}).status_code == 412


def test_a_fault_is_settled_and_a_viewer_may_only_look(client):
    fault = factories.delivery_fault()
    viewer = signed_in(factories.user("Vic Viewer", role="viewer"))
    address, tag = f"delivery-faults/{fault.pk}/settle", {"If-Match": f'"{fault.version}"'}
    assert viewer.get(f"/api/v1/deliveries/{fault.delivery_id}").status_code == 200
    assert post(viewer, address, {"reason": "I think so."}, **tag).status_code == 403
    assert post(client, address, {"reason": "Asked the bank."}, **tag).status_code == 200
    assert DeliveryFault.objects.get().settled_reason == "Asked the bank."


# --- feeds


@pytest.fixture
def entities():
    """Two units that nobody holds a grant in, each with a source that something is expected of."""
    OrgUnitGroupGrant.objects.all().delete()
    units = factories.unit("first-bank"), factories.unit("second-bank")
    return [(unit, factories.delivery_fault(of=factories.source(unit=unit))) for unit in units]


def machine(unit, kind="service"):
    person = factories.user("Fay Feed", role="feed", kind=kind)
    factories.grant(person, "feed", unit)
    return person


def bearer(person, sources):
    _, secret = token_create(
        actor=person, user=person, name="feed", scopes=["transaction:create"], lifetime=timedelta(days=1),
        sources=sources,
    )  # fmt: skip
    return {"Authorization": f"Bearer {secret}"}


def listed(client, path, headers):
    return {row["source"] for row in client.get(f"/api/v1/{path}", headers=headers).json()["results"]}


@pytest.mark.parametrize("is_bound", [False, True])
def test_a_feed_sees_what_it_announces_and_nothing_of_others_and_nothing_else(client, entities, is_bound):
    (unit, fault), (_, other) = entities
    source, elsewhere = fault.delivery.schedule.source, factories.delivery_fault(of=factories.source(unit=unit))
    token, browser = bearer(machine(unit), [source.slug] if is_bound else []), Client()
    own = {source.slug} if is_bound else {source.slug, elsewhere.delivery.schedule.source.slug}
    for path in ("deliveries", "delivery-schedules", "delivery-faults"):
        assert listed(browser, path, token) == own, path
    assert browser.get(f"/api/v1/deliveries/{fault.delivery_id}", headers=token).json()["state"] == "expected"
    strange = [other, elsewhere] if is_bound else [other]
    for each in strange:
        for path in (f"deliveries/{each.delivery_id}", f"delivery-schedules/{each.delivery.schedule_id}"):
            assert browser.get(f"/api/v1/{path}", headers=token).status_code == 404
    factories.transaction(of=factories.account(of=source))
    for path in ("transactions", "accounts", "batches", "sources", "quarantine", "customers", "ledger/events"):
        answer = browser.get(f"/api/v1/{path}", headers=token)
        assert answer.status_code == 403 or answer.json()["results"] == [], path


def test_a_feed_announces_receives_and_ends_by_its_token(entities):
    (unit, fault), (_, other) = entities
    person, browser = machine(unit), Client()
    token, delivery = bearer(person, []), fault.delivery
    tag = browser.get(f"/api/v1/deliveries/{delivery.pk}", headers=token)["ETag"]
    announced = post(browser, f"deliveries/{delivery.pk}/announce", {"rows": 1}, **token, **{"If-Match": tag})
    assert (announced.status_code, announced.json()["control_rows"]) == (200, 1)
    batch = services.ingest(
        actor=person, source=delivery.schedule.source, rows=[raw(1)], method=IngestMethod.REST
    ).batch  # fmt: skip
    received = post(browser, f"deliveries/{delivery.pk}/receive", {"batch": batch.pk}, **token)
    assert (received.status_code, received.json()["received_rows"]) == (200, 1)
    foreign = factories.transaction(of=factories.account(of=other.delivery.schedule.source)).batch_id
    assert post(browser, f"deliveries/{delivery.pk}/receive", {"batch": foreign}, **token).status_code == 404
    assert post(browser, f"deliveries/{delivery.pk}/end", **token).status_code == 200
    assert post(browser, f"deliveries/{other.delivery_id}/end", **token).status_code == 404


def test_a_person_who_feeds_opens_the_pages_of_deliveries_and_is_offered_no_others(entities):
    (unit, fault), (_, other) = entities
    browser = signed_in(machine(unit, kind="human"))
    text = browser.get("/transactions/deliveries/").content.decode()
    assert fault.delivery.schedule.source.name in text
    assert other.delivery.schedule.source.name not in text
    page = browser.get(f"/transactions/deliveries/{fault.delivery_id}/")
    assert page.status_code == 200
    assert "What was announced, and what is in" in page.content.decode()
    assert 'href="/transactions/sources/' not in page.content.decode()
    assert 'href="/transactions/batches/' not in page.content.decode()
    assert 'href="/transactions/deliveries/"' in page.content.decode()
    for path in (f"/transactions/deliveries/{other.delivery_id}/", f"/transactions/sources/{unit.code}/"):
        assert browser.get(path).status_code == 404
    filtered = browser.get("/api/v1/deliveries", {"source": fault.delivery.schedule.source.slug})
    assert len(filtered.json()["results"]) == 1
    assert browser.get("/api/v1/deliveries", {"source": other.delivery.schedule.source.slug}).status_code == 422


def test_who_reads_one_unit_and_feeds_another_sees_the_deliveries_of_both(entities):
    (first, fault), (second, other) = entities
    person = factories.user("Ada Admin", role="admin")
    factories.grant(person, "read_data", first)
    factories.grant(person, "feed", second)
    rows = signed_in(person).get("/api/v1/deliveries").json()["results"]
    assert {row["id"] for row in rows} == {fault.delivery_id, other.delivery_id}
