"""Words that people put on incidents and cases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Incident, ItemTag, Queue, Tag
from cases.selectors import queues_visible
from cases.services import item_tag, item_untag, tag_change, tag_create
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import Invalid, NotAllowed, NotFound
from finobs.ledger.models import Event
from tests import factories
from tests.support.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def tag(admin: User) -> Tag:
    return tag_create(actor=admin, slug="urgent", name="Urgent")


@pytest.fixture(params=["case", "incident"])
def item(request: pytest.FixtureRequest, queue: Queue) -> Case | Incident:
    make: Any = {"case": factories.case, "incident": factories.incident}[request.param]
    made: Case | Incident = make(inside=queue)
    return made


def test_a_tag_is_put_on_once_and_taken_off(item: Case | Incident, tag: Tag, analyst: User) -> None:
    for _ in range(2):
        item = item_tag(actor=analyst, item=item, tag=tag)
    assert ItemTag.objects.get().item == item
    assert item.version == 2
    for _ in range(2):
        item_untag(actor=analyst, item=item, tag=tag)
    assert not ItemTag.objects.exists()
    events = Event.objects.filter(action__in=[f"{item.KIND}.tag", f"{item.KIND}.untag"]).order_by("pk")
    assert list(events.values_list("action", flat=True)) == [f"{item.KIND}.tag", f"{item.KIND}.untag"]


def test_only_who_works_the_queue_tags(item: Case | Incident, tag: Tag, auditor: User, stranger: User) -> None:
    with pytest.raises(NotAllowed):
        item_tag(actor=auditor, item=item, tag=tag)
    with pytest.raises(NotFound):
        item_tag(actor=stranger, item=item, tag=tag)


def test_tags_are_made_by_who_configures(tag: Tag, admin: User, lead: User) -> None:
    with pytest.raises(NotAllowed):
        tag_create(actor=lead, slug="mine", name="Mine")
    with pytest.raises(Invalid):
        tag_create(actor=admin, slug="urgent", name="Again")
    with pytest.raises(Invalid):
        tag_create(actor=admin, slug="x", name="")
    assert tag_change(actor=admin, tag=tag, name="Very urgent").name == "Very urgent"


def test_the_page_shows_tags_adds_one_and_takes_it_off(item: Case | Incident, tag: Tag, analyst: User) -> None:
    browser, page = signed_in(analyst), f"/cases/{'incidents/' if item.KIND == 'incident' else ''}{item.reference}/"
    assert 'name="tag"' in browser.get(page).content.decode()
    assert browser.post(f"{page}tag/", {"tag": "urgent"}).status_code == 302
    text = browser.get(page).content.decode()
    assert "Take Urgent off" in text
    assert '<option value="urgent">' not in text
    assert browser.post(f"{page}tag/", {"tag": "no-such"}).status_code == 404
    assert browser.post(f"{page}untag/", {"tag": "urgent"}).status_code == 302
    assert not ItemTag.objects.exists()


@pytest.mark.parametrize("address", ["/cases/queues/aml-1/", "/api/v1/cases"])
def test_lists_show_tags_in_a_constant_number_of_statements(
    address: str, queue: Queue, tag: Tag, analyst: User
) -> None:
    browser, counts = signed_in(analyst), []
    browser.get(address)
    for number in (1, 3):
        for _ in range(number):
            item_tag(actor=analyst, item=factories.case(inside=queue), tag=tag)
        with CaptureQueriesContext(connection) as captured:
            response = browser.get(address)
        counts.append(len(captured))
    assert "rgent" in response.content.decode()
    assert counts[0] == counts[1]


def test_lists_are_filtered_by_tag(queue: Queue, tag: Tag, analyst: User) -> None:
    marked, _ = factories.incident(inside=queue), factories.incident(inside=queue)
    item_tag(actor=analyst, item=marked, tag=tag)
    rows = signed_in(analyst).get("/api/v1/incidents", {"tag": "urgent"}).json()["results"]
    assert [(row["reference"], row["tags"]) for row in rows] == [(marked.reference, ["urgent"])]


def oldest(person: User) -> Any:
    row: Any = queues_visible(person).get()
    return row.oldest_incident_at


def test_a_queue_says_since_when_its_oldest_unfinished_incident_waits(queue: Queue, analyst: User) -> None:
    assert oldest(analyst) is None
    with clock.at(factories.NOON):
        factories.incident(
            inside=queue, status="closed", closed_at=clock.now(), disposition="no_action", reason_code="known_pattern",
            opened_at=factories.NOON - timedelta(days=1),
        )  # fmt: skip
        factories.incident(inside=queue)
    factories.incident(inside=queue)
    assert oldest(analyst) == factories.NOON
    row = signed_in(analyst).get(f"/api/v1/queues/{queue.slug}").json()
    assert row["oldest_incident_at"] == "2026-03-02T12:00:00Z"
    assert "Oldest incident" in signed_in(analyst).get("/cases/queues/").content.decode()
