"""What waits comes back when its time has come: by a step of the table, with its event and its history."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest

from cases import selectors, services
from cases.models import Case, Incident, Queue
from cases.timeline import EVENT_TITLES, item_timeline
from cases.workflow import HUMAN_STEPS, TABLES
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.ledger.services import timestamp
from tests import factories
from tests.support.ledger_events import event_bodies, last_event

pytestmark = pytest.mark.django_db
DUE = factories.NOON
MAKERS = {"incident": factories.incident, "case": factories.case}


def waiting(kind: str, queue: Queue, **fields: Any) -> Any:
    usual = {"status": "waiting", "waiting_for": "the branch", "waiting_until": DUE}
    return MAKERS[kind](inside=queue, **{**usual, **fields})


def wake_at(at: Any) -> int:
    with clock.at(at):
        return services.items_wake()


def test_what_waits_is_handed_to_nobody_and_comes_back(queue: Queue, analyst: User) -> None:
    taken = services.item_take(actor=analyst, item=factories.incident(inside=queue))
    until = clock.now() + timedelta(days=2)
    services.item_wait(actor=analyst, item=taken, waiting_for="the branch", until=until, version=taken.version)
    assert services.item_take_next(actor=analyst, queue=queue, kind="incident") is None
    assert services.items_wake() == 0
    assert wake_at(until) == 1
    taken.refresh_from_db()
    assert taken.status == "open"
    assert services.item_take_next(actor=analyst, queue=queue, kind="incident") == taken


@pytest.mark.parametrize("kind", TABLES)
def test_it_is_a_step_of_the_table_that_nobody_is_offered(kind: str, queue: Queue, analyst: User) -> None:
    item = waiting(kind, queue)
    assert "wake" not in {step.action for step in HUMAN_STEPS[kind]}
    assert "wake" not in {action.name for action in selectors.item_actions(analyst, item)}
    wake_at(DUE)
    item.refresh_from_db()
    assert item.status == TABLES[kind]["wake"].target


@pytest.mark.parametrize("kind", TABLES)
def test_the_ledger_and_the_history_say_that_finobs_did_it(kind: str, queue: Queue, auditor: User) -> None:
    item = waiting(kind, queue)
    before = item.version
    wake_at(DUE)
    item.refresh_from_db()
    event, row = last_event(f"{kind}.wake"), item.history.order_by("history_id").last()
    actor = system_actor("waiting")
    assert event["subject"] == {"type": f"cases.{kind}", "id": str(item.pk)}
    assert (event["actor"]["type"], event["actor"]["id"]) == ("system", str(actor.pk))
    assert event["data"] == {"until": timestamp(DUE)}
    assert event["history"] == [{"type": f"cases.historical{kind}", "id": str(row.history_id)}]
    assert (row.status, row.history_user, row.history_change_reason) == ("open", actor, "The time to wait is over")
    assert item.version == before + 1
    assert EVENT_TITLES[f"{kind}.wake"] == "Back from waiting"


def test_in_the_timeline_it_is_one_line_with_its_event(queue: Queue, analyst: User, lead: User, auditor: User) -> None:
    item = services.item_take(actor=analyst, item=factories.incident(inside=queue))
    until = clock.now() + timedelta(hours=1)
    services.item_wait(actor=analyst, item=item, waiting_for="the branch", until=until)
    wake_at(until)
    line = item_timeline(auditor, item)[0]
    assert (line.title, line.text) == ("The time to wait is over", "Status: Waiting → In triage")
    assert line.url


def test_everything_that_is_due_comes_back_in_as_many_steps_as_it_takes(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[services.items_wake.__module__], "MAX_ITEMS_PER_STEP", 2)
    for _ in range(5):
        waiting("incident", queue)
    waiting("case", queue)
    later = waiting("incident", queue, waiting_until=DUE + timedelta(minutes=1))
    assert wake_at(DUE) == 6
    assert list(Incident.objects.filter(status="waiting")) == [later]
    assert not Case.objects.filter(status="waiting").exists()
    assert (len(event_bodies("incident.wake")), len(event_bodies("case.wake"))) == (5, 1)
    assert wake_at(DUE) == 0
