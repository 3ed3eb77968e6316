"""Explanations after the commit: by finobs itself, each recorded, of one batch, once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from detection.alerts import services
from detection.alerts.services import explanations_fill, explanations_fill_due
from detection.models import Alert
from detection.pipeline import explanations
from detection.pipeline.assess import assess
from detection.pipeline.snapshot import snapshot_digest
from detection.tasks import explain_batch, explanations_due
from detection.tests import scenarios
from finobs.accounts.models import User
from finobs.core import clock, dispatch, schedule
from finobs.core.errors import NotAllowed, Unavailable
from finobs.ledger.models import Event
from tests import factories
from transactions.models import Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def batches(source: Source, gathered: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two batches, each with alerts that have no explanation yet."""
    cache.clear()
    factories.rule_version()
    scenarios.two_champions()
    monkeypatch.setattr(explanations, "MAX_INLINE", 0)
    ids = []
    for amounts in ([90_000_000, 70_000_000, 80_000_000], [95_000_000, 75_000_000]):
        rows = scenarios.transactions(source, amounts)
        assess(batch=rows[0].batch, transactions=rows)
        ids.append(rows[0].batch_id)
    return ids


def without(batch_id: int) -> int:
    return Alert.objects.filter(transaction__batch_id=batch_id, explanation__isnull=True).count()


def test_filling_records_each_explanation_with_its_digest_in_the_name_of_finobs(batches: list[int]) -> None:
    count = without(batches[0])
    assert count == 3
    assert explain_batch(batches[0]) == count
    events = Event.objects.filter(action="alert.explain").select_related("actor")
    assert {(event.actor.name, event.actor_type) for event in events} == {("finobs explain", "system")}
    digests = {event.subject_id: json.loads(bytes(event.body))["data"]["explanation_digest"] for event in events}
    alerts = Alert.objects.filter(transaction__batch_id=batches[0])
    assert digests == {str(alert.pk): snapshot_digest(alert.explanation or {}) for alert in alerts}


def test_filling_one_batch_leaves_the_alerts_of_another_alone(batches: list[int]) -> None:
    explain_batch(batches[0])
    assert without(batches[0]) == 0
    assert without(batches[1]) == 2


def test_a_second_filling_records_nothing(batches: list[int]) -> None:
    explain_batch(batches[0])
    events = Event.objects.count()
    assert explain_batch(batches[0]) == 0
    assert Event.objects.count() == events


def test_filling_goes_on_over_several_transactions(batches: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_ALERTS_PER_TRANSACTION", 2)
    count = without(batches[0])
    assert count == 3
    assert explain_batch(batches[0]) == count
    assert without(batches[0]) == 0


def test_an_explanation_that_the_ledger_does_not_take_is_not_kept(
    batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(services, "record_many", full)
    count = without(batches[0])
    with pytest.raises(RuntimeError, match="no room"):
        explain_batch(batches[0])
    assert without(batches[0]) == count


def test_a_person_who_may_not_configure_the_system_fills_nothing(
    batches: list[int], analyst: User, superuser: User
) -> None:
    with pytest.raises(NotAllowed):
        explanations_fill(actor=analyst, batch_id=batches[0])
    assert without(batches[0]) == 3
    assert explanations_fill(actor=superuser, batch_id=batches[0]) == 3


def later(minutes: float) -> Any:
    return clock.at(clock.now() + timedelta(minutes=minutes))


def scheduled_tasks() -> list[Any]:
    """Of this app, as beat calls them."""
    return [dispatch.task_by_name(each.task) for each in schedule.registered() if "explain" in each.name]


def test_the_schedule_explains_the_alerts_whose_call_was_lost(batches: list[int]) -> None:
    (task,) = scheduled_tasks()
    assert task() == 0, "the calls of their batches come first"
    with later(minutes=2):
        assert task() == 5
        assert task() == 0
    assert (without(batches[0]), without(batches[1])) == (0, 0)
    events = Event.objects.filter(action="alert.explain").select_related("actor")
    assert [event.actor.name for event in events] == ["finobs explain"] * 5


def test_a_scheduled_run_is_bounded_and_the_next_takes_the_rest(
    batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_ALERTS_PER_TRANSACTION", 1)
    monkeypatch.setattr(services, "MAX_ALERTS_PER_RUN", 2)
    with later(minutes=2):
        assert [explanations_due() for _ in range(4)] == [2, 2, 1, 0]


def test_what_cannot_be_explained_keeps_no_other_from_it_and_is_tried_again_in_an_hour(
    batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def refused(alert: Alert) -> Any:
        tried.append(alert.pk)
        raise Unavailable("What was kept of this alert cannot be read any more.")

    monkeypatch.setattr(services, "MAX_ALERTS_PER_TRANSACTION", 1)
    monkeypatch.setattr(services, "MAX_ALERTS_PER_RUN", 2)
    ids = list(Alert.objects.order_by("pk").values_list("pk", flat=True))
    with monkeypatch.context() as broken, later(minutes=2):
        broken.setattr(services, "recompute", refused)
        assert [explanations_due() for _ in range(4)] == [0] * 4
    assert tried == ids
    with later(minutes=62):
        assert [explanations_due() for _ in range(3)] == [2, 2, 1]


def test_who_may_not_configure_the_system_fills_nothing_that_is_due(batches: list[int], analyst: User) -> None:
    with later(minutes=2), pytest.raises(NotAllowed):
        explanations_fill_due(actor=analyst)
    assert without(batches[0]) == 3
