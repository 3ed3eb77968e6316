"""Why an alert lies in its incident: kept when it is gathered, and told by page, API and event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases import services
from cases.matches import match_text
from cases.models import CaseAlert, Incident, Queue
from detection.choices import Typology
from detection.models import Alert
from finobs.accounts.models import User
from tests import factories
from tests.support.clients import signed_in
from tests.support.ledger_events import last_event
from transactions.models import Account, Transaction

from .factories import held_by, in_force

HOUR = timedelta(hours=1)


def alert_at(account: Account, hours: float, **fields: Any) -> Alert:
    alert = factories.alert(of=account, **fields)
    Transaction.objects.filter(pk=alert.occurrence.pk).update(occurred_at=factories.NOON + hours * HOUR)
    return alert


def match_of(account: Account, hours: float, **fields: Any) -> CaseAlert:
    alert = alert_at(account, hours, **fields)
    services.gather_alerts(alerts=[alert])
    return CaseAlert.objects.get(alert=alert)


@pytest.fixture
def account(queue: Queue) -> Account:
    Queue.objects.filter(pk=queue.pk).update(is_default=True)
    return factories.account()


@pytest.mark.parametrize(
    ("hours", "seconds", "text"),
    [
        (3, 3 * 3600, "Joined it: same account, 3 h after the one before, policy as shipped"),
        (-0.5, -1800, "Joined it: same account, 30 min before the first, policy as shipped"),
        (0, 0, "Joined it: same account, at the time of others, policy as shipped"),
    ],
)
def test_a_match_says_what_is_shared_and_how_near_it_is(
    account: Account, hours: float, seconds: int, text: str
) -> None:
    opened = match_of(account, 0)
    assert (opened.gap_seconds, match_text(opened)) == (None, "Opened it: by account, policy as shipped")
    joined = match_of(account, hours)
    assert (joined.gathered_by, joined.gap_seconds, match_text(joined)) == ("account", seconds, text)


def test_a_match_names_the_customer_the_typologies_and_the_version(account: Account) -> None:
    held_by(account, "holder")
    in_force("gathering", "gathering", by="customer", across_typologies=True)
    match_of(account, 0)
    joined = match_of(account, 3, typology=Typology.DORMANT)
    assert joined.across_typologies
    assert match_text(joined) == (
        "Joined it: same customer, across typologies, 3 h after the one before, policy version 1"
    )


def test_a_successor_says_how_near_it_is_to_what_it_follows(account: Account) -> None:
    first = match_of(account, 0)
    Incident.objects.filter(pk=first.incident_id).update(
        status="closed", closed_at=factories.NOON, disposition="no_action", reason_code="known_pattern"
    )
    after = match_of(account, 2)
    assert (after.cause, after.gap_seconds) == ("successor", 7200)


def test_what_was_gathered_before_this_was_kept_says_how_alone(account: Account) -> None:
    row = match_of(account, 0)
    row.gathered_by = ""
    assert match_text(row) == "Opened it"


def test_page_api_and_event_tell_it(account: Account, analyst: User) -> None:
    match_of(account, 0)
    joined = match_of(account, 3)
    text = "same account, 3 h after the one before, policy as shipped"
    browser, reference = signed_in(analyst), joined.incident.reference
    assert f"Joined it: {text}" in browser.get(f"/cases/incidents/{reference}/").content.decode()
    rows = browser.get(f"/api/v1/incidents/{reference}/alerts").json()["results"]
    assert [row["id"] for row in rows] == [joined.alert_id, joined.alert_id - 1]
    gathering = rows[0]["gathering"]
    assert (gathering.pop("text"), gathering.pop("grouped_at")[:4]) == (f"Joined it: {text}", f"{joined.grouped_at:%Y}")
    assert gathering == {
        "incident": reference, "case": None, "cause": "joined", "gathered_by": "account", "across_typologies": False,
        "gap_seconds": 10800, "policy_version": None,
    }  # fmt: skip
    assert last_event("incident.alert_add")["data"] == {
        "alerts": [str(joined.alert_id)],
        "matches": [
            {"alert": str(joined.alert_id), "cause": "joined", "gathered_by": "account", "across_typologies": False,
             "gap_seconds": 10800, "policy_version": None}
        ],
    }  # fmt: skip
