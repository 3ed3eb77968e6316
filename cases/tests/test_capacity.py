"""How many alerts a day a queue can take: set like its other fields, asked for by detection."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cases.models import Queue
from cases.services import queue_change, queue_create
from detection import hooks
from detection.choices import Typology
from finobs.accounts.models import User
from finobs.core.errors import Invalid
from finobs.ledger.models import Event
from tests import factories


def test_the_capacity_of_a_queue_is_set_changed_and_taken_away_with_its_history(admin: User) -> None:
    queue = queue_create(actor=admin, slug="fraud", name="Fraud", alerts_a_day=40)
    queue_change(actor=admin, queue=queue, alerts_a_day=25)
    queue_change(actor=admin, queue=queue, alerts_a_day=None)
    assert list(queue.history.order_by("pk").values_list("alerts_a_day", flat=True)) == [40, 25, None]
    bodies = [bytes(event.body).decode() for event in Event.objects.filter(action="queue.change").order_by("pk")]
    assert '"alerts_a_day":[40,25]' in bodies[0]
    assert '"alerts_a_day":[25,null]' in bodies[1]


@pytest.mark.parametrize("number", [0, -1, 100_001, 10**12])
def test_a_capacity_that_is_none_is_refused(number: int, admin: User, queue: Queue) -> None:
    with pytest.raises(Invalid) as refused:
        queue_change(actor=admin, queue=queue, alerts_a_day=number)
    assert "alerts_a_day" in refused.value.fields


def test_administrators_set_it_in_the_back_office(admin: User, queue: Queue, client: Client) -> None:
    client.force_login(admin, backend="finobs.accounts.backends.RolePermissionBackend")
    fields = {
        "name": queue.name,
        "description": "",
        "typologies": [],
        "lease_minutes": 30,
        "alerts_a_day": 12,
        "version": 1,
    }
    assert client.post(f"/admin/cases/queue/{queue.pk}/change/", fields).status_code == 302
    queue.refresh_from_db()
    assert queue.alerts_a_day == 12


def test_the_list_and_machines_say_it(analyst: User, queue: Queue, client: Client) -> None:
    client.force_login(analyst, backend="finobs.accounts.backends.RolePermissionBackend")
    assert "not set" in client.get("/cases/queues/").content.decode()
    Queue.objects.filter(pk=queue.pk).update(alerts_a_day=1_200)
    assert "1,200" in client.get("/cases/queues/").content.decode()
    assert client.get(f"/api/v1/queues/{queue.slug}").json()["alerts_a_day"] == 1_200


def test_a_typology_s_queue_is_known_with_all_that_goes_to_it(admin: User, queue: Queue, analyst: User) -> None:
    queue_change(actor=admin, queue=queue, typologies=[Typology.UNUSUAL, Typology.DORMANT], alerts_a_day=9)
    found: Any = hooks.capacity(analyst, Typology.UNUSUAL)
    assert (found.queue, found.alerts_a_day, set(found.typologies)) == (
        queue.name,
        9,
        {"unusual_activity", "dormant_account"},
    )
    assert found.url == "/cases/queues/aml-1/"
    unseen: Any = hooks.capacity(factories.user("New", role="analyst"), Typology.UNUSUAL)
    assert (unseen.queue, unseen.url) == (queue.name, "")


def test_what_no_queue_takes_has_none_or_the_default(admin: User, queue: Queue) -> None:
    assert hooks.capacity(admin, Typology.UNUSUAL) is None
    queue_change(actor=admin, queue=queue, typologies=[Typology.DORMANT])
    queue_create(actor=admin, slug="rest", name="Rest", is_default=True)
    found: Any = hooks.capacity(admin, Typology.UNUSUAL)
    assert (found.queue, found.alerts_a_day) == ("Rest", None)
    assert Typology.DORMANT not in found.typologies
