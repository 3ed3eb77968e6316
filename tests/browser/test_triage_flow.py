"""Triage by keyboard: the next incident, a conclusion, many at once, into a case that there is, and what somebody saw.

As in `test_case_flow`, `watch` fails a test on a policy violation, a console error or a fault in a script.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cases import services
from cases.models import Case, Incident, Note, Queue
from detection.choices import Typology
from tests import factories
from transactions.models import Account

WHY = "The customer sold a car; the contract is in the file."


@pytest.fixture
def incidents(queue: Queue) -> list[Incident]:
    """Three of the queue, of three accounts, the most urgent first."""
    queue.is_default = True
    queue.save()
    services.gather_alerts(alerts=[factories.alert() for _ in range(3)])
    for incident, priority in zip(Incident.objects.order_by("pk"), (90, 60, 30), strict=True):
        Incident.objects.filter(pk=incident.pk).update(priority=priority)
    return list(Incident.objects.order_by("-priority"))


def queue_path(queue: Queue) -> str:
    return f"/cases/queues/{queue.slug}/incidents/"


def choose(page: Page, label: str, typed: str) -> None:
    """As with a keyboard: into the field, and to the choice that begins so."""
    field = page.get_by_label(label, exact=True)
    field.focus()
    page.keyboard.type(typed)


def conclude(page: Page) -> None:
    choose(page, "Disposition", "Unusual")
    choose(page, "Reason", "Customer explained")
    choose(page, "Rationale", WHY)


def test_the_next_incident_is_taken_and_concluded_by_keys(
    page: Page, incidents: list[Incident], queue: Queue, analyst: Any, sign_in: Any
) -> None:
    first, second, _ = incidents
    sign_in(page, analyst)
    page.goto(queue_path(queue))
    page.keyboard.press("t")
    page.wait_for_url(f"**/cases/incidents/{first.reference}/")
    expect(page.locator(f"#row-{first.reference}")).to_contain_text("you")

    page.keyboard.press("d")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("What you conclude labels the transactions")
    # Without a reason nothing is closed, and what was chosen stays.
    choose(page, "Disposition", "Unusual")
    choose(page, "Rationale", WHY)
    dialog.get_by_role("button", name="Close").press("Enter")
    assert Incident.objects.get(pk=first.pk).status == "open"
    choose(page, "Reason", "Customer explained")
    dialog.get_by_role("button", name="Close").press("Enter")
    expect(page.locator(".case-axes")).to_contain_text("Unusual, explained")
    expect(page.locator("#toasts")).to_contain_text(f"{first.reference} is closed.")
    first.refresh_from_db()
    assert (first.status, first.disposition, first.reason_code) == ("closed", "no_action", "customer_explained")

    page.keyboard.press("t")
    page.wait_for_url(f"**/cases/incidents/{second.reference}/")


def test_several_are_closed_after_a_preview_by_keys(
    page: Page, incidents: list[Incident], queue: Queue, analyst: Any, lead: Any, sign_in: Any
) -> None:
    first, second, third = incidents
    services.item_take(actor=lead, item=second)
    sign_in(page, analyst)
    page.goto(queue_path(queue))
    page.get_by_role("link", name="Close several").press("Enter")
    page.wait_for_url("**/incidents/close/")
    for key in "jxjx":
        page.keyboard.press(key)
    expect(page.get_by_label(f"Close {first.reference}")).to_be_checked()
    expect(page.get_by_label(f"Close {third.reference}")).not_to_be_checked()
    page.get_by_role("button", name="Go on").press("Enter")

    # What would be closed, and what not and why; nothing is yet.
    expect(page.get_by_role("heading", name="To be closed")).to_contain_text("1")
    left = page.get_by_role("region", name="Left as they are")
    expect(left).to_contain_text(second.reference)
    expect(left).to_contain_text("Somebody else holds this incident.")
    assert not Incident.objects.filter(status="closed").exists()
    conclude(page)
    page.get_by_role("button", name="Close 1 incident").press("Enter")
    page.wait_for_url(f"**{queue_path(queue)}")
    expect(page.locator("#toasts")).to_contain_text("1 closed.")
    assert list(Incident.objects.filter(status="closed")) == [first]


def test_an_incident_is_escalated_into_the_case_on_its_subject_by_keys(
    page: Page, incidents: list[Incident], queue: Queue, analyst: Any, sign_in: Any
) -> None:
    first = incidents[0]
    account = Account.objects.get(pk=first.account_id or 0)
    services.gather_alerts(alerts=[factories.alert(of=account, typology=Typology.DORMANT)])
    other = Incident.objects.exclude(pk=first.pk).get(account=account)
    case = services.incident_escalate(actor=analyst, item=other, reason=WHY)
    sign_in(page, analyst)
    page.goto(f"/cases/incidents/{first.reference}/")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    choose(page, "Into optional", case.reference)
    dialog.get_by_label("Why").focus()
    page.keyboard.type("The same money, once more.")
    dialog.get_by_role("button", name="Escalate").press("Enter")
    expect(page.locator(".case-axes")).to_contain_text("Escalated")
    first.refresh_from_db()
    case.refresh_from_db()
    assert (first.case, case.alert_count, Case.objects.count()) == (case, 2, 1)


def test_what_somebody_saw_is_referred_by_keys(page: Page, queue: Queue, analyst: Any, sign_in: Any) -> None:
    account = factories.account()
    factories.grant(analyst, "read_data", account.unit)
    sign_in(page, analyst)
    page.goto(queue_path(queue))
    page.get_by_role("link", name="Refer something").press("Enter")
    page.wait_for_url("**/cases/incidents/new/*")
    choose(page, "Queue", queue.name)
    choose(page, "Typology", "Structuring")
    choose(page, "What it is about", "Cash at the counter")
    choose(page, "Account optional", account.external_id)
    choose(page, "What was seen", "Seven deposits below the limit in one week.")
    page.get_by_role("button", name="Open incident").press("Enter")
    page.wait_for_url("**/cases/incidents/I-*/")
    expect(page.locator(".note-text")).to_have_text("Seven deposits below the limit in one week.")
    incident = Incident.objects.get()
    assert (incident.title, incident.account, incident.origin) == ("Cash at the counter", account, "person")
    assert Note.objects.get().incident == incident
