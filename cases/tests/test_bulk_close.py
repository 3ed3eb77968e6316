"""Many incidents closed at once are closed as they were looked at: what has changed since is left."""

from __future__ import annotations

from typing import Any

import pytest

from cases.models import Incident, Queue
from cases.services import gather_alerts, incidents_close, note_add
from finobs.accounts.models import User
from tests import factories
from tests.support.clients import signed_in
from transactions.models import Label

pytestmark = pytest.mark.django_db
WORDS = {"disposition": "no_action", "reason_code": "known_pattern", "rationale": "Rent, as every month."}


@pytest.fixture
def incidents(queue: Queue) -> list[Incident]:
    queue.is_default = True
    queue.save()
    gather_alerts(alerts=[factories.alert() for _ in range(3)])
    return list(Incident.objects.order_by("pk"))


def test_an_alert_that_came_meanwhile_is_concluded_by_nobody_who_did_not_see_it(
    incidents: list[Incident], analyst: User
) -> None:
    seen = {each.reference: each.version for each in incidents}
    account = incidents[0].account
    assert account is not None
    gather_alerts(alerts=[factories.alert(of=account)])
    result = incidents_close(actor=analyst, items=incidents, versions=seen, **WORDS)
    assert [each.reference for each in result.closed] == [each.reference for each in incidents[1:]]
    ((reference, why),) = result.skipped
    assert reference == incidents[0].reference
    assert "changed" in why
    assert Label.objects.count() == 2


def test_one_whose_version_is_not_said_is_left(incidents: list[Incident], analyst: User) -> None:
    seen = {each.reference: each.version for each in incidents[1:]}
    result = incidents_close(actor=analyst, items=incidents, versions=seen, **WORDS)
    assert [reference for reference, _ in result.skipped] == [incidents[0].reference]


def post(person: User, body: dict[str, Any]) -> Any:
    return signed_in(person).post("/api/v1/incidents/close", body, content_type="application/json")


def test_the_api_wants_the_versions_and_leaves_what_changed(incidents: list[Incident], analyst: User) -> None:
    references = [each.reference for each in incidents]
    refused = post(analyst, {"incidents": references, **WORDS})
    assert (refused.status_code, [each["pointer"] for each in refused.json()["errors"]]) == (422, ["#/versions"])
    versions = {each.reference: each.version for each in incidents}
    note_add(actor=analyst, item=incidents[2], text="I called the branch.")
    answer = post(analyst, {"incidents": references, "versions": versions, **WORDS}).json()
    assert answer["closed"] == references[:2]
    assert [each["reference"] for each in answer["skipped"]] == references[2:]
