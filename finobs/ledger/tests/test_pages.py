"""The ledger's pages: who may read what, and that nobody can write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finobs.core import clock
from finobs.ledger.models import Alarm, Checkpoint, Event, TreeLeaf
from finobs.ledger.services import record
from finobs.ledger.services.seal import seal
from tests import factories


@pytest.fixture
def browse(client):
    """browse(person, "ledger:event-list") -> response"""

    def get(person, name: str, *args: Any, **query: Any):
        client.force_login(person, backend="finobs.accounts.backends.RolePermissionBackend")
        return client.get(reverse(name, args=args), query)

    return get


@pytest.fixture
def case(queue):
    return factories.case(inside=queue)


@pytest.fixture
def told(case, clerk, ledger_key):
    """A sealed event about a case, and one about nothing that has a row."""
    with transaction.atomic():
        about = record(actor=clerk, action="case.open", subject=case, data={"secret": "Berlin"})
        record(actor=clerk, action="other.act", subject=("nothing.here", "1"), data={"secret": "Paris"})
    seal()
    return about


def test_the_auditor_sees_every_event(browse, auditor, told):
    page = browse(auditor, "ledger:event-list").content.decode()
    assert "case.open" in page
    assert "other.act" in page
    assert "2 events" in page


@pytest.mark.parametrize("name", ["ledger:event-list", "ledger:checkpoint-list"])
def test_a_stranger_sees_empty_lists(browse, stranger, told, name):
    page = browse(stranger, name)
    assert "case.open" not in page.content.decode()
    assert "0 " in page.content.decode()


def test_an_event_is_404_to_a_stranger_and_without_a_sign_in_nothing_is_shown(browse, stranger, told, client):
    assert browse(stranger, "ledger:event-detail", told.uid).status_code == 404
    client.logout()
    for name, args in (("ledger:event-list", ()), ("ledger:event-detail", (told.uid,)), ("ledger:checkpoint-list", ()),
                       ("ledger:event-proof", (told.uid,)), ("ledger:event-proof-file", (told.uid,)),
                       ("ledger:consistency-proof", ()), ("ledger:consistency-proof-file", ()),
                       ("ledger:timeline", ("cases.case", "1"))):  # fmt: skip
        answer = client.get(reverse(name, args=args))
        assert answer.status_code == 302
        assert reverse("accounts:sign-in") in answer["Location"]


def test_an_unknown_event_is_404(browse, auditor, db):
    assert browse(auditor, "ledger:event-detail", "00000000-0000-4000-8000-000000000000").status_code == 404


def test_what_an_event_says_is_shown_to_who_may_see_its_subject(browse, auditor, told):
    page = browse(auditor, "ledger:event-detail", told.uid).content.decode()
    assert "Berlin" in page
    assert "sealed" in page
    assert reverse("ledger:event-proof", args=(told.uid,)) in page


def test_a_subject_is_called_what_people_call_it(browse, auditor, told, case):
    page = browse(auditor, "ledger:event-list", action="case.open").content.decode()
    assert f">Case {case.pk}</a>" in page
    assert case.reference in browse(auditor, "ledger:event-detail", told.uid).content.decode()
    page = browse(auditor, "ledger:event-list", subject_type="nothing.here").content.decode()
    assert "nothing.here 1" in page


def test_to_others_only_its_metadata_and_its_proof_are_shown(browse, told, case):
    outsider = factories.user("Olga Outsider", role="auditor")  # reads the ledger, but has no grant on the queue
    page = browse(outsider, "ledger:event-detail", told.uid).content.decode()
    assert "Berlin" not in page
    assert case.reference not in page
    assert "case.open" in page
    assert reverse("ledger:event-proof", args=(told.uid,)) in page


def test_what_is_said_about_something_that_is_no_row_is_not_shown(browse, auditor, told):
    other = Event.objects.get(action="other.act")
    page = browse(auditor, "ledger:event-detail", other.uid)
    assert page.status_code == 200
    assert "Paris" not in page.content.decode()


def test_an_event_that_waits_says_so(browse, auditor, fill):
    page = browse(auditor, "ledger:event-detail", fill(1)[0].uid).content.decode()
    assert "Waiting to be sealed" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"action": "case.open"}, 1),
        ({"action": "case."}, 1),
        ({"action": "case"}, 0),
        ({"actor": "CLERK@system.finobs.invalid"}, 2),
        ({"actor_type": "human"}, 0),
        ({"subject_type": "nothing.here", "subject_id": "1"}, 1),
        ({"after": "2999-01-01"}, 0),
        ({"before": "2999-01-01", "after": "2000-01-01"}, 2),
        ({"state": "pending"}, 0),
        ({"state": "sealed"}, 2),
    ],
)
def test_events_are_filtered(browse, auditor, told, query, shown):
    page = browse(auditor, "ledger:event-list", **query)
    assert page.status_code == 200
    assert page.context["row_count"] == (shown, True)


def test_a_filter_that_makes_no_sense_leaves_nothing_and_says_so(browse, auditor, told):
    page = browse(auditor, "ledger:event-list", after="nonsense")
    assert (page.status_code, page.context["row_count"]) == (422, (0, True))
    assert "Nothing is listed" in page.content.decode()


def test_events_page_by_cursor(browse, auditor, fill):
    fill(60)
    first = browse(auditor, "ledger:event-list")
    older = browse(auditor, "ledger:event-list", cursor=first.context["page"].older)
    assert (len(first.context["page"].items), len(older.context["page"].items)) == (50, 10)
    assert browse(auditor, "ledger:event-list", cursor="forged").status_code == 422


def test_a_list_costs_the_same_however_long_it_is(browse, auditor, fill):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            browse(auditor, "ledger:event-list")
        return len(queries)

    fill(2)
    browse(auditor, "ledger:event-list")  # the session and the caches are made
    few = cost()
    fill(40)
    assert cost() == few


def test_a_late_sealer_and_an_alarm_are_said_on_the_page(browse, auditor, fill):
    with clock.at(datetime(2026, 1, 1, tzinfo=UTC)):
        fill(1)
    Alarm.objects.create(kind="equivocation", detail="two roots at size 6", raised_at=clock.now())
    page = browse(auditor, "ledger:event-list").content.decode()
    assert "wait to be sealed" in page
    assert "two roots at size 6" in page


def test_checkpoints_are_listed_with_their_notes(browse, auditor, sealed):
    page = browse(auditor, "ledger:checkpoint-list")
    assert [checkpoint.size for checkpoint in page.context["page"].items] == [12, 9, 6, 3]
    assert Checkpoint.objects.latest("size").note.splitlines()[2] in page.content.decode()
    assert len(browse(auditor, "ledger:checkpoint-list", size_min=9).context["page"].items) == 2


def test_the_timeline_is_for_who_may_see_the_subject(browse, analyst, auditor, stranger, told, case):
    for person in (analyst, auditor):
        page = browse(person, "ledger:timeline", "cases.case", case.pk)
        assert page.status_code == 200
        assert "case.open" in page.content.decode()
    assert browse(stranger, "ledger:timeline", "cases.case", case.pk).status_code == 404


@pytest.mark.parametrize("subject", [("cases.case", "999999"), ("nothing.here", "1"), ("cases.case", "x"),
                                     ("nonsense", "1"), ("sessions.session", "1")])  # fmt: skip
def test_the_timeline_of_what_is_not_there_is_404_even_to_a_superuser(browse, superuser, told, subject):
    assert browse(superuser, "ledger:timeline", *subject).status_code == 404


def test_the_timeline_is_a_fragment_for_htmx_and_a_page_without(browse, auditor, told, case, client):
    whole = browse(auditor, "ledger:timeline", "cases.case", case.pk).content.decode()
    part = client.get(reverse("ledger:timeline", args=("cases.case", case.pk)), headers={"HX-Request": "true"})
    assert "<html" in whole
    assert "<html" not in part.content.decode()
    assert "case.open" in part.content.decode()


@pytest.mark.parametrize("person", ["superuser", "admin", "auditor"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_can_write_through_any_page(request, client, told, person, method):
    client.force_login(request.getfixturevalue(person), backend="finobs.accounts.backends.RolePermissionBackend")
    before = (Event.objects.count(), TreeLeaf.objects.count(), Checkpoint.objects.count())
    for name, args in (("ledger:event-list", ()), ("ledger:event-detail", (told.uid,)), ("ledger:checkpoint-list", ()),
                       ("ledger:event-proof", (told.uid,)), ("ledger:event-proof-file", (told.uid,)),
                       ("ledger:consistency-proof", ()), ("ledger:consistency-proof-file", ()),
                       ("ledger:timeline", ("cases.case", told.subject_id))):  # fmt: skip
        assert getattr(client, method)(reverse(name, args=args)).status_code == 405
    assert (Event.objects.count(), TreeLeaf.objects.count(), Checkpoint.objects.count()) == before


@pytest.mark.parametrize("model", ["event", "checkpoint", "alarm"])
def test_the_admin_shows_and_offers_no_way_to_write(browse, superuser, sealed, model):
    row = {"event": sealed[0], "checkpoint": Checkpoint.objects.latest("size")}.get(model)
    row = row or Alarm.objects.create(kind="shrunk", detail="x", raised_at=sealed[0].at)
    assert browse(superuser, f"admin:ledger_{model}_changelist").status_code == 200
    page = browse(superuser, f"admin:ledger_{model}_change", row.pk)
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert browse(superuser, f"admin:ledger_{model}_add").status_code == 403
    assert browse(superuser, f"admin:ledger_{model}_delete", row.pk).status_code == 403


def test_the_admin_refuses_changes_that_are_sent_all_the_same(client, superuser, sealed):
    client.force_login(superuser, backend="finobs.accounts.backends.RolePermissionBackend")
    url = reverse("admin:ledger_event_change", args=(sealed[0].pk,))
    assert client.post(url, {"action": "x"}).status_code == 403
    assert Event.objects.get(pk=sealed[0].pk).action == "test.act"


def test_the_admin_leads_to_the_timeline_and_the_proof(browse, superuser, told):
    page = browse(superuser, "admin:ledger_event_changelist").content.decode()
    assert reverse("ledger:timeline", args=(told.subject_type, told.subject_id)) in page
    assert reverse("ledger:event-detail", args=(told.uid,)) in page
