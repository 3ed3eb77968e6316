"""Where an item lay and what happened to it, on its page and for machines; lists by customer, unit and assignee."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases import selectors, services
from cases.choices import EntryCause
from cases.filters import FILTERS
from cases.models import Queue
from cases.services.queue_entries import enter_queue
from finobs.accounts.models import User
from finobs.core import clock
from tests import factories
from tests.support.api import client_of as api_client
from transactions.models import Customer

pytestmark = pytest.mark.django_db
KINDS = [factories.case, factories.incident]


@pytest.mark.parametrize("make", KINDS)
def test_the_queues_that_an_item_lay_in_are_told_on_its_page_and_to_machines(
    make: Any, queue: Queue, analyst: User
) -> None:
    item, other = make(inside=queue), factories.queue()
    factories.grant(analyst, "work", other)
    enter_queue([item], EntryCause.ROUTED)
    services.item_move(actor=analyst, item=item, queue=other, reason="It is theirs.")
    rows = api_client(analyst).get(f"/api/v1/{item.KIND}s/{item.reference}/queues").json()["results"]
    assert [(row["queue"], row["cause"], row["left_cause"], row["routing_version"]) for row in rows] == [
        (queue.slug, "routed", "moved", None), (other.slug, "moved", "", None),
    ]  # fmt: skip
    browser = Client()
    browser.force_login(analyst)
    address = reverse(f"cases:{item.KIND}-queues", args=[item.reference])
    assert f'hx-get="{address}"' in browser.get(reverse(f"cases:{item.KIND}-detail", args=[item.reference])).text
    page = browser.get(address).text
    for text in (queue.name, other.name, "own typologies", "it is here"):
        assert text in page


@pytest.mark.parametrize("make", KINDS)
def test_the_timeline_is_told_to_machines_with_what_people_wrote(
    make: Any, queue: Queue, analyst: User, auditor: User, stranger: User
) -> None:
    item = make(inside=queue)
    services.note_add(actor=analyst, item=item, text="Called the branch.")
    address = f"/api/v1/{item.KIND}s/{item.reference}/timeline"
    (entry,) = api_client(auditor).get(address).json()["entries"]
    assert (entry["kind"], entry["text"], entry["actor"], bool(entry["event"])) == (
        "note", "Called the branch.", analyst.name, True,
    )  # fmt: skip
    assert api_client(stranger).get(address).status_code == 404


@pytest.mark.parametrize("make", KINDS)
def test_lists_are_of_a_customer_a_unit_and_a_person(make: Any, queue: Queue, analyst: User, lead: User) -> None:
    mine, theirs, free = (make(inside=queue) for _ in range(3))
    model, here = type(mine), factories.unit("branch-1")
    source = factories.source("second")
    customer = Customer.objects.create(source=source, external_id="C-7", unit=source.unit, name="Ana")
    model.objects.filter(pk=mine.pk).update(assignee=analyst, customer=customer)
    model.objects.filter(pk=theirs.pk).update(assignee=lead, unit=here)
    for given, wanted in (
        ({"assignee": "me"}, {mine}), ({"assignee": "nobody"}, {free}), ({"assignee": lead.email.upper()}, {theirs}),
        ({"assignee": "x@example.test"}, set()), ({"customer": "C-7"}, {mine}), ({"customer": "C-8"}, set()),
        ({"unit": "branch-1"}, {theirs}), ({"unit": "none"}, set()),
    ):  # fmt: skip
        rows = FILTERS[mine.KIND](given, queryset=model.objects.all(), user=analyst)
        assert rows.is_valid()
        assert set(rows.qs) == wanted, given
    found = api_client(analyst).get(f"/api/v1/{mine.KIND}s", {"assignee": "me"}).json()["results"]
    assert [(row["reference"], row["unit"], row["machine_opinion"]) for row in found] == [
        (mine.reference, mine.unit.code, "")
    ]


def test_a_queue_says_of_both_kinds_how_many_and_how_old(queue: Queue, analyst: User) -> None:
    for make in KINDS:
        with clock.at(factories.NOON):
            make(inside=queue, opened_at=factories.NOON)
            make(inside=queue, status="awaiting_approval", opened_at=clock.now())
    services.item_take(actor=analyst, item=factories.incident(inside=queue))
    services.item_take(actor=analyst, item=factories.case(inside=queue))
    row: Any = selectors.queue_detail(analyst, queue.slug)
    for kind in ("case", "incident"):
        names = (f"{kind}_count", f"{kind}_awaiting_count", f"{kind}_held_count", f"oldest_{kind}_at")
        assert tuple(getattr(row, name) for name in names) == (3, 1, 1, factories.NOON)
        told = api_client(analyst).get(f"/api/v1/queues/{queue.slug}").json()
        assert [told[name] for name in names[:3]] == [3, 1, 1]
    browser = Client()
    browser.force_login(analyst)
    assert "Oldest case" in browser.get(reverse("cases:queue-list")).text
