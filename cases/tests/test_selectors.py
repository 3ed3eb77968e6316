"""What is seen of cases: by whom, in how many queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import priority, selectors
from cases.choices import REASONS_BY_DISPOSITION, CaseStatus, Disposition, ReasonCode
from cases.models import Case, Incident, Queue
from cases.services import item_take, note_add
from cases.workflow import CASE_TRANSITIONS, HUMAN_STEPS, refusal
from finobs.accounts.models import User
from finobs.core.errors import NotFound
from tests import factories
from tests.support.escalation import escalated


@pytest.fixture
def case(queue: Queue, analyst: User) -> Case:
    alert = factories.alert()
    queue.typologies = [alert.typology]
    queue.save()
    escalated(alerts=[alert])
    return item_take(actor=analyst, item=Case.objects.get())


def test_everything_about_a_case_stays_with_who_may_see_it(
    case: Case, auditor: User, stranger: User, admin: User
) -> None:
    assert selectors.case_get(auditor, case.reference) == case
    assert len(selectors.item_alerts(auditor, case)) == 1
    assert selectors.incident_get(auditor, Incident.objects.get().reference).case == case
    for person in (stranger, admin, None):
        with pytest.raises(NotFound):
            selectors.case_get(person, case.reference)
        for part in (selectors.item_alerts, selectors.item_notes, selectors.item_timeline, selectors.item_actions):
            assert not part(person, case)
        assert not selectors.incidents_visible(person).exists()
        assert not selectors.search(person, case.reference).exists()


@pytest.mark.parametrize("how", ["reference", "number", "account", "transaction", "incident"])
def test_search_finds_it(case: Case, analyst: User, how: str) -> None:
    assert case.account is not None
    text = {
        "reference": case.reference.lower(),
        "number": str(case.pk),
        "account": case.account.external_id,
        "transaction": selectors.item_alerts(analyst, case)[0].transaction.external_id,
        "incident": Incident.objects.get().reference,
    }[how]
    assert list(selectors.search(analyst, f" {text} ")) == [case]


def test_an_alert_leads_to_its_case(case: Case, analyst: User, stranger: User) -> None:
    alert = selectors.item_alerts(analyst, case)[0]
    place = selectors.alert_location(analyst, alert)
    assert place is not None
    assert (place.label, place.url) == (case.reference, f"/cases/{case.reference}/")
    assert selectors.alert_location(stranger, alert) is None


@pytest.mark.parametrize("text", ["", "  ", "\x00", "C-2026", "%", "9" * 200])
def test_search_finds_nothing_for_nothing(case: Case, analyst: User, text: str) -> None:
    assert not selectors.search(analyst, text).exists()


def test_my_work_is_what_is_assigned_to_me(case: Case, analyst: User, lead: User) -> None:
    assert list(selectors.my_work(analyst)) == [case]
    assert not selectors.my_work(lead).exists()


def test_the_timeline_tells_notes_changes_and_events_newest_first(case: Case, analyst: User) -> None:
    note_add(actor=analyst, item=case, text="It is a salary.")
    entries = selectors.item_timeline(analyst, case)
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
    assert {entry.kind for entry in entries} == {"note", "change", "event"}
    assert {"Case opened", "Alerts added", "Taken", "Note added"} <= {entry.title for entry in entries}
    change = next(entry for entry in entries if entry.kind == "change")
    assert change.text == "Status: New → Being worked; Assignee: none → Ana Analyst"
    assert next(entry for entry in entries if entry.kind == "note").text == "It is a salary."


def test_the_queries_of_a_timeline_do_not_grow_with_the_story(case: Case, analyst: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            selectors.item_timeline(analyst, case)
        return len(made)

    # Who wrote is read of the history of people, once there are notes.
    note_add(actor=analyst, item=case, text="It is a salary.")
    before = queries()
    for number in range(10):
        note_add(actor=analyst, item=case, text=f"Note {number}")
    assert queries() == before


def test_queries_of_a_list_do_not_grow_with_its_rows(queue: Queue, analyst: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            for row in selectors.queue_items(analyst, queue, "case"):
                assert (str(row.account), str(row.queue)) == (row.account.external_id, row.queue.name)
                assert (row.assignee is None) == (row.current_lease is None)
        return len(made)

    factories.case(inside=queue)
    before = queries()
    for _ in range(10):
        item_take(actor=analyst, item=factories.case(inside=queue))
    assert queries() <= before


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 2),
        ({"status": ["closed"]}, 0),
        ({"holder": "me"}, 1),
        ({"holder": "nobody"}, 1),
        ({"priority_min": "50"}, 1),
    ],
)
def test_the_list_is_filtered(queue: Queue, analyst: User, filters: dict[str, Any], count: int) -> None:
    item_take(actor=analyst, item=factories.case(inside=queue, priority=80))
    factories.case(inside=queue)
    assert selectors.queue_items(analyst, queue, "case", filters).count() == count


def test_actions_follow_the_table_and_say_why_not(case: Case, analyst: User, lead: User, auditor: User) -> None:
    mine = {step.name: step for step in selectors.item_actions(analyst, selectors.case_get(analyst, case.reference))}
    assert {name for name, step in mine.items() if step.enabled} == {
        "note", "close", "release", "wait", "move", "subject_add",
    }  # fmt: skip
    assert mine["take"].why_not == "You hold this case already."
    assert "assign" not in mine
    others = {step.name: step for step in selectors.item_actions(lead, selectors.case_get(lead, case.reference))}
    assert {name for name, step in others.items() if step.enabled} == {"note", "assign"}
    assert others["close"].why_not == "Somebody else holds this case."
    assert selectors.item_actions(auditor, case) == []


def test_every_refusal_has_words() -> None:
    for step in CASE_TRANSITIONS:
        for status in CaseStatus:
            for holding in ("mine", "free", "others"):
                said = refusal(step.action, status=status, holding=holding)
                possible = status in step.sources and holding in step.holding
                assert bool(said) != possible
    assert len({step.key for step in HUMAN_STEPS["case"] if step.key}) == len(
        [step for step in HUMAN_STEPS["case"] if step.key]
    )


def test_every_reason_goes_with_a_conclusion() -> None:
    assert set(REASONS_BY_DISPOSITION) == set(Disposition) - {Disposition.UNSET}
    assert {reason for reasons in REASONS_BY_DISPOSITION.values() for reason in reasons} == set(ReasonCode)


def facts(**fields: Any) -> priority.PriorityFacts:
    return priority.PriorityFacts(
        **{"urgency": 0.5, "block_count": 0, "alert_count": 1, "amounts": {"USD": 100_000},
           "opened_at": factories.NOON, **fields}
    )  # fmt: skip


def test_a_priority_is_the_sum_of_its_parts_and_rises_with_each() -> None:
    base = priority.total(priority.parts(facts(), factories.NOON))
    for more in ({"urgency": 0.9}, {"block_count": 1}, {"alert_count": 9}, {"amounts": {"USD": 10_000_000}}):
        assert priority.total(priority.parts(facts(**more), factories.NOON)) > base
    extreme = facts(urgency=1.0, block_count=10**6, alert_count=10**6, amounts={"USD": 10**17})
    assert priority.total(priority.parts(extreme, factories.NOON.replace(year=2099))) == 100
    assert priority.total(priority.parts(facts(urgency=None, amounts={}), factories.NOON)) == 6
    assert list(priority.parts(facts(), factories.NOON)) == [name for name, _, _ in priority.PRIORITY_PARTS]


def test_a_bad_case_leaves_room_above_it() -> None:
    """A long queue must stay ordered at its top."""
    bad = facts(urgency=0.95, block_count=2, alert_count=10, amounts={"USD": 50_000_000})
    assert priority.total(priority.parts(bad, factories.NOON)) < 90


def test_the_alerts_of_a_case_leave_the_artefacts_of_models_where_they_are(case: Case, analyst: User) -> None:
    assert '"artefact"' not in str(selectors.item_alerts(analyst, case).query)
