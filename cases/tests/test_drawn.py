"""Which incidents were drawn for a second pair of eyes is told nobody, by no way out: every address that can be read is
asked twice, as nothing and as everything was drawn, and must answer the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from cases import services
from cases.models import Incident, Queue
from cases.tests.factories import in_force
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import ApprovalRequired
from finobs.ledger.models import Event
from tests import factories
from tests.support import scenarios
from tests.support.addresses import addresses
from tests.support.clients import signed_in

pytestmark = pytest.mark.django_db
WORDS: dict[str, Any] = {
    "disposition": "no_action",
    "reason_code": "known_pattern",
    "rationale": "Rent, as every month.",
}
Answer = tuple[int, bytes]
# New in every answer.
TOKENS = re.compile(rb'(csrfmiddlewaretoken" value|csrf-token" content)="[^"]*"|nonce[-=]"?[\w+/=-]+')
# Where work is shown. The superuser is asked everything besides; to others the rest shows a part of that.
OF_WORK = re.compile(
    r"^/(cases|approvals|ledger|admin/cases|detection/alerts|api/v1/(incidents|cases|queues|approvals|events))/?"
)
# What the process counts of itself, and sessions and sign-ins, of which there are more every time.
OF_THE_MOMENT = re.compile(r"^(metrics|api/v1/metrics)$|session|accesslog")


@pytest.fixture
def scene(queue: Queue, analyst: User, lead: User, superuser: User) -> scenarios.Scene:
    return scenarios.everything(queue, analyst, lead, superuser)


@pytest.fixture
def incidents(scene: scenarios.Scene, queue: Queue, analyst: User) -> list[Incident]:
    """One that is held, one that nobody took, one that awaits approval, one that is closed, one that was escalated."""
    Queue.objects.filter(pk=queue.pk).update(is_default=True)
    alerts = [factories.alert() for _ in range(5)]
    services.gather_alerts(alerts=alerts)
    held, _, awaiting, closed, escalated = made = list(
        Incident.objects.filter(case_alerts__alert__in=alerts).order_by("pk")
    )
    services.item_take(actor=analyst, item=held)
    Incident.objects.filter(pk=awaiting.pk).update(is_sampled=True)
    with pytest.raises(ApprovalRequired):
        services.incident_close(actor=analyst, item=awaiting, **WORDS)
    services.incident_close(actor=analyst, item=closed, **WORDS)
    services.incident_escalate(actor=analyst, item=escalated, reason="More than a look.")
    return made


def ways(scene: scenarios.Scene, incidents: Sequence[Incident], queue: Queue) -> Iterator[str]:
    """Every address that answers GET; those of an incident for each of them, and lists as somebody might filter them."""
    for address in addresses():
        if "GET" not in address.methods or OF_THE_MOMENT.search(address.route):
            continue
        is_of_incident = "incidents/<" in address.route
        for reference in [each.reference for each in incidents] if is_of_incident else [""]:
            subjects = scene.subjects | ({"incidents": reference} if reference else {})
            yield "/" + scenarios.fill(address, replace(scene, subjects=subjects))
    for incident in incidents:
        yield f"/admin/cases/incident/{incident.pk}/change/"
        yield f"/admin/cases/incident/{incident.pk}/history/"
        history: Any = incident.history
        yield from (f"/admin/cases/incident/{incident.pk}/history/{row.pk}/" for row in history.all())
    references = "&".join(f"incident={each.reference}" for each in incidents)
    yield f"/cases/queues/{queue.slug}/incidents/close/?{references}"
    for filtered in (
        "is_sampled=true",
        "is_sampled=1",
        "is_sampled__exact=1",
        "sampled=1",
        "ordering=is_sampled",
        "o=1",
    ):
        for page in ("/cases/incidents/", f"/cases/queues/{queue.slug}/incidents/", "/api/v1/incidents"):
            yield f"{page}?{filtered}"
        yield f"/admin/cases/incident/?{filtered}"
        yield f"/admin/cases/case/?incidents__{filtered}"


def answers(person: User, asked: Sequence[str]) -> dict[str, Answer]:
    """What each address answers to one person, with its effects rolled back."""
    client = signed_in(person, raise_request_exception=False)
    found = {}
    for address in asked:
        with transaction.atomic():
            response = client.get(address)
            content = b"".join(response) if response.streaming else response.content
            content = content.replace(response["X-Request-ID"].encode(), b"")
            found[address] = (response.status_code, TOKENS.sub(b"", content))
            transaction.set_rollback(True)
    return found


def differing(one: Answer, other: Answer) -> tuple[Any, ...]:
    """The statuses, and what stands around the first letter that is not the same."""
    pairs = enumerate(zip(one[1], other[1], strict=False))
    at = next((place for place, (a, b) in pairs if a != b), min(len(one[1]), len(other[1])))
    return one[0], other[0], one[1][max(0, at - 60) : at + 60], other[1][at : at + 60]


@pytest.mark.parametrize("name", ["analyst", "lead", "superuser"])
def test_no_page_and_no_answer_tells_what_is_drawn(
    name: str, scene: scenarios.Scene, incidents: list[Incident], queue: Queue, request: pytest.FixtureRequest
) -> None:
    person, asked = request.getfixturevalue(name), list(ways(scene, incidents, queue))
    asked = [address for address in asked if name == "superuser" or OF_WORK.match(address)]
    with clock.at(clock.now() + timedelta(minutes=1)):
        Incident.objects.update(is_sampled=False)
        nothing = answers(person, asked)
        Incident.objects.update(is_sampled=True)
        everything = answers(person, asked)
    read = [address for address, (status, _) in nothing.items() if status == 200]
    assert {f"/cases/incidents/{each.reference}/" for each in incidents} <= {*read}
    assert {f"/api/v1/incidents/{each.reference}" for each in incidents} <= {*read}
    assert (f"/admin/cases/incident/{incidents[0].pk}/history/" in read) == (name == "superuser")
    assert {
        address: differing(nothing[address], everything[address])
        for address in asked
        if nothing[address] != everything[address]
    } == {}
    # A refusal repeats the name that the address asks for.
    assert [each for each, (_, text) in everything.items() if b"is_sampled" in text and "sampled" not in each] == []


def test_no_event_tells_it_whatever_is_done(queue: Queue, analyst: User, lead: User) -> None:
    in_force("gathering", "gathering", sampled_percent=100)
    Queue.objects.filter(pk=queue.pk).update(is_default=True)
    services.gather_alerts(alerts=[factories.alert() for _ in range(3)])
    referred = services.incident_open(
        actor=analyst, queue=queue, typology="structuring", title="Cash", text="Seven deposits."
    )
    first, second, third = Incident.objects.exclude(pk=referred.pk).order_by("pk")
    services.item_take(actor=analyst, item=first)
    services.note_add(actor=analyst, item=first, text="Called the branch.")
    services.item_assign(actor=lead, item=first, to=analyst, reason="They know them.")
    services.incident_escalate(actor=analyst, item=second, reason="More than a look.")
    with pytest.raises(ApprovalRequired):
        services.incident_close(actor=analyst, item=first, **WORDS)
    assert Incident.objects.filter(is_sampled=True).count() == 4
    # What is reopened is drawn anew: that row changes, and its history and its event say nothing of it.
    Incident.objects.filter(pk=third.pk).update(is_sampled=False)
    services.incident_close(actor=analyst, item=third, **WORDS)
    services.item_reopen(actor=lead, item=third, reason="There is news.")
    assert Incident.objects.get(pk=third.pk).is_sampled
    assert "is_sampled" not in {field.name for field in third.history.model._meta.get_fields()}
    bodies = [(event.action, bytes(event.body)) for event in Event.objects.all()]
    assert {"incident.open", "incident.take", "incident.escalate", "incident.reopen", "approval.request"} <= {
        action for action, _ in bodies
    }
    assert [action for action, body in bodies if b"sampled" in body or b"drawn" in body] == []
