"""Faults of deliveries are brought to triage: one incident for a delivery at a time, where its source's work goes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from cases.choices import IncidentOrigin, IncidentStatus
from cases.models import Incident, Queue, QueueEntry
from cases.policies.selectors import work_policy_get
from cases.services import incident_close, item_take, work_policy_change
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import Invalid
from tests import factories
from tests.support.clients import signed_in
from tests.support.ledger_events import last_event
from transactions.choices import DeliveryFaultKind
from transactions.models import Delivery, DeliveryFault, DeliverySchedule, Source
from transactions.services import (
    deliveries_check,
    delivery_announce,
    delivery_end,
    delivery_fault_settle,
    delivery_schedule_create,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
CUT_OFF = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
LATE = CUT_OFF + timedelta(minutes=1)


@pytest.fixture
def schedule(admin: User, queue: Queue) -> DeliverySchedule:
    with clock.at(CUT_OFF - timedelta(hours=1)):
        return delivery_schedule_create(
            actor=admin, source=factories.source("bank"), name="Payments", due_time=time(6, 0), starts_on=DAY
        )


def late(schedule: DeliverySchedule) -> Incident:
    with clock.at(LATE):
        deliveries_check()
    return Incident.objects.get()


def conclude(actor: User, incident: Incident, **words: str) -> Incident:
    fields: dict[str, Any] = {
        "disposition": "put_right",
        "reason_code": "sender_late",
        "rationale": "They sent it an hour late.",
    }
    item_take(actor=actor, item=incident)
    incident_close(actor=actor, item=incident, **fields | words)
    incident.refresh_from_db()
    return incident


def test_a_late_delivery_opens_an_incident_of_its_source(schedule: DeliverySchedule, queue: Queue) -> None:
    queue.is_default = True
    queue.save()
    incident = late(schedule)
    assert (incident.origin, incident.typology) == (IncidentOrigin.DELIVERY, "incomplete_delivery")
    assert (incident.title, incident.status) == ("Bank: Payments for 2026-03-02", IncidentStatus.NEW)
    assert (incident.delivery, incident.unit_id) == (Delivery.objects.get(business_date=DAY), schedule.source.unit_id)
    assert QueueEntry.objects.get(incident=incident).queue == incident.queue == queue
    fault = DeliveryFault.objects.get()
    assert last_event("incident.fault_add")["data"] == {"fault": str(fault.pk), "kind": "late"}
    assert last_event("incident.open")["data"]["delivery"] == str(incident.delivery_id)


def test_after_its_source_moved_a_fault_joins_and_follows_nothing_of_the_former_unit(
    schedule: DeliverySchedule, admin: User
) -> None:
    before = late(schedule)
    beside = factories.unit("beside")
    Source.objects.filter(pk=schedule.source.pk).update(unit=beside)
    delivery = Delivery.objects.get(business_date=DAY)
    with clock.at(LATE + timedelta(hours=1)):
        for _ in range(2):
            delivery_end(actor=admin, delivery=delivery, file_name="pay.csv", file_digest=b"1" * 32, rows=3)
    after = Incident.objects.exclude(pk=before.pk).get()
    assert (after.unit, after.predecessor) == (beside, None)


def test_a_second_fault_joins_what_is_being_worked(schedule: DeliverySchedule, admin: User) -> None:
    incident = late(schedule)
    delivery = Delivery.objects.get(business_date=DAY)
    with clock.at(LATE + timedelta(hours=1)):
        for _ in range(2):
            delivery_end(actor=admin, delivery=delivery, file_name="pay.csv", file_digest=b"1" * 32, rows=3)
    kinds = set(DeliveryFault.objects.values_list("kind", flat=True))
    assert kinds == {DeliveryFaultKind.LATE, DeliveryFaultKind.REPEATED}
    assert Incident.objects.get() == incident
    incident.refresh_from_db()
    assert incident.last_at == LATE + timedelta(hours=1)


def test_a_fault_after_the_closing_opens_a_successor(
    schedule: DeliverySchedule, admin: User, analyst: User, queue: Queue
) -> None:
    queue.is_default = True
    queue.save()
    first = conclude(analyst, late(schedule))
    assert (first.status, first.disposition) == (IncidentStatus.CLOSED, "put_right")
    with clock.at(LATE + timedelta(hours=2)):
        for fault in DeliveryFault.objects.filter(settled_at=None):
            delivery_fault_settle(actor=admin, fault=fault, reason="They say it is on its way.")
        # Compared again, it is still late: the fault is raised anew.
        delivery_announce(actor=admin, delivery=Delivery.objects.get(business_date=DAY), rows=3, sums={})
    second = Incident.objects.exclude(pk=first.pk).get()
    assert second.predecessor == first


def test_its_conclusions_are_those_of_operations(schedule: DeliverySchedule, analyst: User, queue: Queue) -> None:
    queue.is_default = True
    queue.save()
    with pytest.raises(Invalid) as refusal:
        conclude(analyst, late(schedule), disposition="confirmed", reason_code="structuring")
    assert set(refusal.value.fields) == {"disposition"}


def test_routing_looks_at_the_source_and_the_programme(schedule: DeliverySchedule, admin: User) -> None:
    feeds = factories.queue("feeds")
    when = {"programme": "operations", "sources": ["bank"]}
    content = {"rules": [{"name": "Feeds", "queue": feeds.slug, "when": when}]}
    work_policy_change(actor=admin, policy=work_policy_get(admin, "routing"), content=content, reason="Feeds apart.")
    incident = late(schedule)
    assert incident.queue == feeds
    assert QueueEntry.objects.get(incident=incident).routing_version is not None


def test_the_pages_of_the_incident_and_of_the_delivery_lead_to_each_other(
    schedule: DeliverySchedule, analyst: User, admin: User, queue: Queue
) -> None:
    queue.is_default = True
    queue.save()
    incident = late(schedule)
    page = signed_in(analyst).get(f"/cases/incidents/{incident.reference}/").content.decode()
    assert "Faults of the delivery" in page
    assert "Late or incomplete delivery" in page
    assert DeliveryFault.objects.get().detail in page
    factories.grant(admin, "view", queue)
    address = f"/transactions/deliveries/{incident.delivery_id}/"
    seen, unseen = signed_in(analyst).get(address), signed_in(factories.user("Fay", role="admin")).get(address)
    assert incident.reference in seen.content.decode()
    assert unseen.status_code == 200
    assert incident.reference not in unseen.content.decode()


def test_the_api_names_the_delivery(schedule: DeliverySchedule, analyst: User, queue: Queue) -> None:
    queue.is_default = True
    queue.save()
    incident = late(schedule)
    browser = signed_in(analyst)
    answer = browser.get(f"/api/v1/incidents/{incident.reference}").json()
    assert (answer["delivery"], answer["origin"]) == (incident.delivery_id, "delivery")
    rows = browser.get("/api/v1/incidents?typology=incomplete_delivery&origin=delivery").json()["results"]
    assert [row["reference"] for row in rows] == [incident.reference]


def test_another_systems_repetition_of_a_check_opens_nothing_more(schedule: DeliverySchedule) -> None:
    late(schedule)
    with clock.at(LATE + timedelta(minutes=5)):
        deliveries_check()
    assert Incident.objects.count() == 1
