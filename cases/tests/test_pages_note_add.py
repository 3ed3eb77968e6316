"""Adding a note from the case page."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from cases import services
from cases.models import Case, Note, Queue
from cases.tests.factories import cases_in
from finobs.accounts.models import User
from tests.support.clients import htmx, signed_in


@pytest.fixture
def case(queue: Queue) -> Case:
    return cases_in(queue)[0]


def path(case: Case) -> str:
    return f"/cases/{case.reference}/notes/"


def test_without_javascript_it_leads_back_to_the_case(analyst: User, case: Case) -> None:
    client = signed_in(analyst)
    response = client.post(path(case), {"text": "Called the branch."}, follow=True)
    assert response.redirect_chain == [(f"/cases/{case.reference}/", 302)]
    page = response.content.decode()
    assert "Note added." in page
    assert "Called the branch." in page


def test_htmx_gets_the_case_with_the_note_and_a_word(analyst: User, case: Case) -> None:
    response = signed_in(analyst).post(path(case), {"text": "Called the branch."}, **htmx())
    assert response.status_code == 200
    assert "Called the branch." in response.content.decode()
    assert "<html" not in response.content.decode()
    assert json.loads(response["HX-Trigger"]) == {"finobs:announce": {"text": "Note added."}}
    assert response["HX-Replace-Url"] == f"/cases/{case.reference}/"


@pytest.mark.parametrize(
    ("person", "status"), [("analyst", 302), ("lead", 302), ("auditor", 403), ("stranger", 404), ("admin", 404)]
)
def test_who_may(person: str, status: int, case: Case, request: pytest.FixtureRequest) -> None:
    client = signed_in(request.getfixturevalue(person))
    assert client.post(path(case), {"text": "Seen."}).status_code == status
    assert Note.objects.count() == (status == 302)


def test_nobody_is_sent_to_sign_in(case: Case) -> None:
    assert Client().post(path(case), {"text": "Seen."}).status_code == 302
    assert not Note.objects.exists()


def test_adding_a_note_cannot_be_done_by_following_a_link(analyst: User, case: Case) -> None:
    assert signed_in(analyst).get(path(case)).status_code == 405


def test_a_form_from_elsewhere_is_refused(analyst: User, case: Case) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(analyst, backend="finobs.accounts.backends.RolePermissionBackend")
    assert client.post(path(case), {"text": "Seen."}).status_code == 403
    assert not Note.objects.exists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 20_001, "a\x00b"])
def test_what_is_no_note_is_said_beside_the_field(text: str, analyst: User, case: Case) -> None:
    response = signed_in(analyst).post(path(case), {"text": text})
    assert response.status_code == 422
    page = response.content.decode()
    assert 'class="errorlist"' in page
    assert 'href="#id_text"' in page  # the summary leads to it
    assert not Note.objects.exists()


def test_a_note_on_a_closed_case_is_refused_and_the_text_stays(analyst: User, case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(
        status="closed", disposition="no_action", reason_code="known_pattern", closed_at=case.opened_at
    )
    response = signed_in(analyst).post(path(case), {"text": "One more thing"}, **htmx())
    assert response.status_code == 409
    assert "The case is closed." in response.content.decode()
    assert "One more thing" in response.content.decode()


def test_what_people_write_is_shown_as_text(analyst: User, case: Case) -> None:
    services.note_add(actor=analyst, item=case, text='<script>alert(1)</script> & "quotes"')
    page = signed_in(analyst).get(f"/cases/{case.reference}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_field_keeps_a_draft_of_its_own_case(analyst: User, case: Case) -> None:
    assert (
        f'data-draft="note-{case.reference}-text"'
        in signed_in(analyst).get(f"/cases/{case.reference}/").content.decode()
    )
