"""The timeline of a case: each act is one line, which leads to the ledger's event of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from approvals.models import ApprovalRequest
from approvals.services import request_decide, request_withdraw
from cases import services
from cases.models import Case, Incident, Queue
from cases.services import case_close, item_assign, item_release, item_take, note_add
from cases.tests.factories import cases_in, more_alerts
from cases.timeline import TimelineEntry, item_timeline
from detection.ml.registry.services import model_promote
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import ApprovalRequired
from finobs.ledger.models import Event
from tests import factories

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CONCLUSION = {"disposition": "no_action", "reason_code": "known_pattern", "rationale": "Rent, as in every month."}


@pytest.fixture
def cases(queue: Queue) -> list[Case]:
    return cases_in(queue, 2)


@pytest.fixture
def reader(analyst: User, auditor: User) -> User:
    """Somebody who may read the ledger too."""
    return auditor


def propose(actor: User, case: Case) -> ApprovalRequest:
    with pytest.raises(ApprovalRequired) as waiting:
        case_close(actor=actor, item=case, version=Case.objects.get(pk=case.pk).version, **CONCLUSION)
    return ApprovalRequest.objects.get(pk=waiting.value.request_id)


def lines(user: User, case: Case, *titles: str) -> list[TimelineEntry]:
    """The lines of these titles, the oldest first."""
    return [entry for entry in reversed(item_timeline(user, case)) if entry.title in titles]


def body(entry: TimelineEntry) -> dict[str, Any]:
    """The body of the event that a line leads to."""
    event = next(each for each in Event.objects.all() if reverse("ledger:event-detail", args=[each.uid]) == entry.url)
    parsed: dict[str, Any] = json.loads(bytes(event.body))
    return parsed


def actions(entries: Sequence[TimelineEntry]) -> list[str]:
    return [body(entry)["action"] for entry in entries]


def test_a_change_and_its_event_are_one_line(cases: list[Case], analyst: User, reader: User) -> None:
    item_take(actor=analyst, item=cases[0])
    (line,) = lines(reader, cases[0], "Taken")
    assert line.actor is not None
    assert (line.kind, str(line.actor), line.actor.address) == ("change", "Ana Analyst", analyst.email)
    assert line.text == "Status: New → Being worked; Assignee: none → Ana Analyst"
    assert body(line)["subject"]["id"] == str(cases[0].pk)


def test_acts_of_one_person_in_one_moment_keep_their_own_events(cases: list[Case], analyst: User, reader: User) -> None:
    with clock.at(NOON):
        for case in cases:
            item_take(actor=analyst, item=case)
            item_release(actor=analyst, item=case)
            item_take(actor=analyst, item=case)
    for case in cases:
        taken, released = lines(reader, case, "Taken"), lines(reader, case, "Released")
        assert (len(taken), len(released)) == (2, 1)
        urls = {entry.url for entry in (*taken, *released)}
        assert len(urls) == 3
        assert actions(taken) == ["case.take", "case.take"]
        assert {body(entry)["subject"]["id"] for entry in (*taken, *released)} == {str(case.pk)}


def test_each_note_is_one_line_with_its_own_event(cases: list[Case], analyst: User, reader: User) -> None:
    with clock.at(NOON):
        notes = [note_add(actor=analyst, item=cases[0], text=text) for text in ("Called.", "Called again.")]
    told = lines(reader, cases[0], "Note added")
    assert {entry.text: body(entry)["data"]["note"] for entry in told} == {note.text: str(note.pk) for note in notes}
    assert {entry.kind for entry in told} == {"note"}


def test_another_case_has_another_timeline(cases: list[Case], analyst: User, reader: User, stranger: User) -> None:
    for case, text in zip(cases, ("Called.", "Written to."), strict=True):
        item_take(actor=analyst, item=case)
        note_add(actor=analyst, item=case, text=text)
    for case, text in zip(cases, ("Called.", "Written to."), strict=True):
        assert [entry.text for entry in item_timeline(reader, case) if entry.kind == "note"] == [text]
        told = item_timeline(reader, case)
        assert {body(entry)["subject"]["id"] for entry in told if entry.url} == {str(case.pk)}
        incident = Incident.objects.get(case=case)
        assert [entry.title for entry in told if not entry.url] == [f"{incident.reference} escalated to it"]
        assert item_timeline(stranger, case) == []


def test_a_request_about_something_else_with_the_same_number_is_no_part_of_it(
    cases: list[Case], superuser: User, reader: User
) -> None:
    version = factories.model_version(pk=cases[0].pk)
    with pytest.raises(ApprovalRequired):
        model_promote(actor=superuser, model_version=version, reason="Better.")
    assert lines(reader, cases[0], "Sent for approval") == []


def test_a_change_without_a_reason_is_a_line_too(cases: list[Case], reader: User) -> None:
    cases[0].priority += 1
    cases[0].save()
    (line,) = lines(reader, cases[0], "Changed")
    assert line.text.startswith("Priority: ")


def test_a_reason_is_told_once_and_whole(
    cases: list[Case], analyst: User, lead: User, reader: User, queue: Queue
) -> None:
    ben = factories.user("Ben", role="analyst")
    factories.grant(ben, "work", queue)
    item_assign(actor=lead, item=cases[0], to=analyst, reason="Knows the customer.")
    item_assign(actor=lead, item=cases[0], to=ben, reason="Long " * 50)
    short, long = (entry for entry in reversed(item_timeline(reader, cases[0])) if entry.title.startswith("Assigned"))
    assert (short.title, short.text) == (
        "Assigned: Knows the customer.", "Status: New → Being worked; Assignee: none → Ana Analyst",
    )  # fmt: skip
    assert (long.title, long.text) == ("Assigned: " + ("Long " * 50).strip(), "Assignee: Ana Analyst → Ben")


def test_a_request_that_moves_the_case_is_one_line_with_the_change(
    cases: list[Case], analyst: User, lead: User, reader: User
) -> None:
    for case in cases:
        item_take(actor=analyst, item=case)
        request_decide(
            actor=lead, request=(asked := propose(analyst, case)), vote="reject", reason="Ask them first.",
            digest=asked.digest,
        )  # fmt: skip
        request_withdraw(actor=analyst, request=propose(analyst, case))
    for case in cases:
        story = lines(reader, case, "Proposed to close", "Approval rejected", "Approval withdrawn")
        assert [entry.kind for entry in story] == ["change"] * 4
        assert actions(story) == ["approval.request", "approval.reject", "approval.request", "approval.withdraw"]
        assert story[1].text == "Status: Awaiting approval → Being worked · Ask them first."
        assert not lines(reader, case, "Sent for approval", "Rejected", "Request withdrawn")


def test_a_note_that_voids_a_request_is_two_lines(cases: list[Case], analyst: User, reader: User) -> None:
    item_take(actor=analyst, item=cases[0])
    propose(analyst, cases[0])
    note_add(actor=analyst, item=cases[0], text="There is a second account.")
    story = lines(reader, cases[0], "Note added", "Approval void: the subject changed")
    assert actions(story) == ["note.add", "approval.void"]
    assert story[1].text.startswith("Status: Awaiting approval → Being worked")


def test_a_closing_is_one_line_and_its_approval_two(cases: list[Case], analyst: User, lead: User, reader: User) -> None:
    item_take(actor=analyst, item=cases[0])
    request = propose(analyst, cases[0])
    request_decide(actor=lead, request=request, vote="approve", digest=request.digest)
    story = lines(reader, cases[0], "Decision", "Approval carried out", "Closed")
    assert [(entry.kind, entry.title) for entry in story] == [
        ("event", "Decision"), ("event", "Approval carried out"), ("change", "Closed"),
    ]  # fmt: skip
    assert actions(story) == ["approval.decide", "approval.use", "case.close"]
    assert CONCLUSION["rationale"] in story[2].text


def test_an_event_without_a_line_of_its_own_is_a_line(cases: list[Case], reader: User) -> None:
    opened, added = lines(reader, cases[0], "Case opened", "Alerts added")
    assert (opened.kind, added.kind, added.text) == ("event", "event", "1 alert")
    more_alerts(cases[0], 3)
    *_, grown = lines(reader, cases[0], "Alerts added")
    assert grown.kind == "change"
    assert "Alert count: 1 → 4 · 3 alerts" in grown.text


def test_who_may_not_read_the_ledger_sees_the_same_acts_without_it(cases: list[Case], lead: User, queue: Queue) -> None:
    viewer = factories.user("Vera", role="viewer")
    factories.grant(viewer, "view", queue)
    item_take(actor=lead, item=cases[0])
    note_add(actor=lead, item=cases[0], text="Called.")
    assert [(entry.title, entry.url) for entry in item_timeline(viewer, cases[0])] == [
        ("Note added", ""),
        ("Taken", ""),
        (f"{Incident.objects.get(case=cases[0]).reference} escalated to it", ""),
    ]


def test_every_history_row_of_a_story_is_named_by_exactly_one_event(
    cases: list[Case], analyst: User, lead: User
) -> None:
    for case in cases:
        more_alerts(case, 2)
        item_take(actor=analyst, item=case)
        propose(analyst, case)
        note_add(actor=analyst, item=case, text="There is a second account.")
        request = propose(analyst, case)
        request_decide(actor=lead, request=request, vote="approve", digest=request.digest)
    named = [
        (row["type"], row["id"]) for event in Event.objects.all() for row in json.loads(bytes(event.body))["history"]
    ]
    written = [
        (model.history.model._meta.label_lower, str(pk))
        for model in (Case, Incident, ApprovalRequest)
        for pk in model.history.values_list("history_id", flat=True)
    ]
    told = [key for key in named if key[0] in {kind for kind, _ in written}]
    assert sorted(told) == sorted(written)
    assert len(written) == len(set(written)) > 20


def test_the_nightly_priorities_are_changes_without_an_event(
    cases: list[Case], reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.at(clock.now().replace(year=2027)):
        assert services.priorities_refresh() == 2
    (line,) = lines(reader, cases[0], "Priority worked out anew")
    assert (line.kind, line.url) == ("change", "")


def test_a_move_names_the_queues_as_far_as_the_reader_sees_them(
    cases: list[Case], lead: User, analyst: User, auditor: User
) -> None:
    other = factories.queue("fraud", name="Fraud desk")
    for person in (lead, auditor):
        factories.grant(person, "view", other)
    factories.grant(analyst, "view", cases[0])
    services.item_move(actor=lead, item=cases[0], queue=other, reason="It is fraud.")
    told = {person.name: lines(person, cases[0], "Moved: It is fraud.")[0].text for person in (auditor, analyst)}
    assert told["Aud Auditor"].startswith("Queue: AML level 1 → Fraud desk")
    assert told["Ana Analyst"].startswith("Queue: AML level 1 → a queue that you may not see")


def test_a_tag_is_told_by_its_name(cases: list[Case], admin: User, analyst: User, reader: User) -> None:
    tag = services.tag_create(actor=admin, slug="funnel", name="Funnel account")
    services.item_tag(actor=analyst, item=cases[0], tag=tag)
    assert [entry.text for entry in lines(reader, cases[0], "Tagged")] == ["Funnel account"]
