"""Explanations after the commit: by finobs itself, each recorded, of one batch, once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from detection.alerts import services
from detection.alerts.services import explanations_fill
from detection.models import Alert
from detection.pipeline import explanations
from detection.pipeline.assess import assess
from detection.pipeline.snapshot import snapshot_digest
from detection.tasks import explain_batch
from detection.tests import scenarios
from finobs.accounts.models import User
from finobs.core.errors import NotAllowed
from finobs.ledger.models import Event
from tests import factories
from transactions.models import Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def batches(source: Source, gathered: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two batches, each with alerts that have no explanation yet."""
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
