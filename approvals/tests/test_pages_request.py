"""Deciding on a request from its page and from the panel beside the case; the inbox."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from approvals.models import ApprovalDecision, ApprovalRequest
from cases import services
from cases.choices import CaseStatus
from cases.models import Case
from finobs.accounts.models import User
from tests.support.clients import signed_in

from .factories import CONCLUSION, closing_request, decide

HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def asked(analyst: User, case: Case) -> ApprovalRequest:
    return closing_request(analyst, case)


def text(user: User, path: str, **extra: Any) -> str:
    response = signed_in(user).get(path, **extra)
    assert response.status_code == 200
    return response.content.decode()


def vote(request: ApprovalRequest, word: str = "approve", **other: str) -> dict[str, str]:
    return {"vote": word, "digest": request.digest, **other}


@pytest.mark.parametrize(
    ("person", "status"), [("analyst", 200), ("lead", 200), ("auditor", 200), ("stranger", 404), ("admin", 404)]
)
def test_a_request_is_seen_by_those_who_see_its_case(
    person: str, status: int, asked: ApprovalRequest, request: Any
) -> None:
    client = signed_in(request.getfixturevalue(person))
    assert client.get(f"/approvals/{asked.pk}/").status_code == status


def test_the_page_of_a_request_shows_exactly_what_was_asked_and_the_digest(lead: User, asked: ApprovalRequest) -> None:
    page = text(lead, f"/approvals/{asked.pk}/")
    assert CONCLUSION["rationale"] in page
    assert asked.digest[:12] in page
    assert f'data-draft="decide-{asked.pk}"' in page
    assert "&quot;reason_code&quot;:&quot;money_mule&quot;" in page  # the bytes themselves
    assert "Approve" in page


def test_the_requester_may_withdraw_but_not_decide(analyst: User, asked: ApprovalRequest) -> None:
    page = text(analyst, f"/approvals/{asked.pk}/")
    assert "You asked for this yourself" in page
    assert "Withdraw the request" in page
    assert 'value="approve"' not in page


def test_the_auditor_sees_all_of_it_and_has_no_button(auditor: User, asked: ApprovalRequest) -> None:
    page = text(auditor, f"/approvals/{asked.pk}/")
    assert CONCLUSION["rationale"] in page
    assert "Your grants do not include" in page
    for button in ('value="approve"', 'value="reject"', "Withdraw the request"):
        assert button not in page


def test_a_lead_approves_without_javascript(lead: User, case: Case, asked: ApprovalRequest) -> None:
    response = signed_in(lead).post(f"/approvals/{asked.pk}/decide/", vote(asked), follow=True)
    assert response.redirect_chain == [(f"/approvals/{asked.pk}/", 302)]
    assert "your decision is recorded" in response.content.decode()
    case.refresh_from_db()
    assert case.status == CaseStatus.CLOSED


def test_with_htmx_the_case_hears_of_it(lead: User, asked: ApprovalRequest) -> None:
    response = signed_in(lead).post(f"/approvals/{asked.pk}/decide/", vote(asked), **HTMX)
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    assert "Approved and carried out" in response.content.decode()
    assert "your decision is recorded" in json.loads(response["HX-Trigger"])["finobs:announce"]["text"]
    assert json.loads(response["HX-Trigger-After-Settle"]) == {"approval-ended": {"request": asked.pk}}


@pytest.mark.parametrize(("person", "status"), [("analyst", 403), ("auditor", 403), ("stranger", 404), ("admin", 404)])
def test_who_may_not_decide(person: str, status: int, asked: ApprovalRequest, request: Any) -> None:
    client = signed_in(request.getfixturevalue(person))
    assert client.post(f"/approvals/{asked.pk}/decide/", vote(asked)).status_code == status
    assert not ApprovalDecision.objects.exists()


def test_rejecting_without_a_reason_is_said_beside_the_field(lead: User, asked: ApprovalRequest) -> None:
    response = signed_in(lead).post(f"/approvals/{asked.pk}/decide/", vote(asked, "reject"))
    assert response.status_code == 422
    assert "Say why, in at least 3 characters." in response.content.decode()


def test_rejecting_with_a_reason_sends_the_case_back_to_work(lead: User, case: Case, asked: ApprovalRequest) -> None:
    client = signed_in(lead)
    told = vote(asked, "reject", reason="The second account is missing.")
    assert client.post(f"/approvals/{asked.pk}/decide/", told).status_code == 302
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN
    assert "The second account is missing." in text(lead, f"/approvals/{asked.pk}/")


def test_another_digest_is_a_conflict_and_the_reason_stays(lead: User, asked: ApprovalRequest) -> None:
    told = {"vote": "reject", "digest": "0" * 64, "reason": "Not convinced yet."}
    response = signed_in(lead).post(f"/approvals/{asked.pk}/decide/", told, **HTMX)
    assert response.status_code == 409
    assert "Not convinced yet." in response.content.decode()
    assert asked.digest in response.content.decode()  # what is really asked is what the next click is bound to
    assert not ApprovalDecision.objects.exists()


@pytest.mark.parametrize("word", ["", "maybe"])
def test_a_verdict_is_one_of_two_words(word: str, lead: User, asked: ApprovalRequest) -> None:
    assert signed_in(lead).post(f"/approvals/{asked.pk}/decide/", vote(asked, word)).status_code == 422


def test_a_case_that_changed_meanwhile_voids_the_request(
    lead: User, analyst: User, case: Case, asked: ApprovalRequest
) -> None:
    services.note_add(actor=analyst, item=case, text="Something new.")
    response = signed_in(lead).post(f"/approvals/{asked.pk}/decide/", vote(asked))
    assert response.status_code == 409
    assert "not pending" in response.content.decode()


def test_withdrawing(analyst: User, lead: User, case: Case, asked: ApprovalRequest) -> None:
    path = f"/approvals/{asked.pk}/withdraw/"
    assert signed_in(lead).post(path, {"version": asked.version}).status_code == 403
    assert signed_in(analyst).post(path).status_code == 422
    assert signed_in(analyst).post(path, {"version": asked.version}).status_code == 302
    assert signed_in(analyst).post(path, {"version": asked.version}).status_code == 409
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN


@pytest.mark.parametrize("path", ["decide", "withdraw"])
def test_deciding_cannot_be_done_by_following_a_link(path: str, lead: User, asked: ApprovalRequest) -> None:
    assert signed_in(lead).get(f"/approvals/{asked.pk}/{path}/").status_code == 405


def test_the_panel_is_a_fragment_and_a_page_of_its_own(lead: User, case: Case, asked: ApprovalRequest) -> None:
    path = f"/approvals/panel/cases.case/{case.pk}/"
    part = text(lead, path, **HTMX)
    assert "<html" not in part
    assert CONCLUSION["rationale"] in part
    assert "<html" in text(lead, path)


def test_the_panel_of_what_one_may_not_see_is_empty(stranger: User, case: Case, asked: ApprovalRequest) -> None:
    assert "None asked yet" in text(stranger, f"/approvals/panel/cases.case/{case.pk}/", **HTMX)
    assert "None asked yet" in text(stranger, f"/approvals/panel/no.such/{case.pk}/", **HTMX)


def test_the_inbox_has_what_i_may_decide(analyst: User, lead: User, auditor: User, asked: ApprovalRequest) -> None:
    link = f"/approvals/{asked.pk}/"
    assert link in text(lead, "/approvals/")
    assert link not in text(analyst, "/approvals/")
    assert "Nothing waits for your decision" in text(auditor, "/approvals/")


def test_the_other_tabs_have_what_i_asked_and_what_i_may_see(
    analyst: User, lead: User, auditor: User, stranger: User, asked: ApprovalRequest
) -> None:
    link = f"/approvals/{asked.pk}/"
    assert link in text(analyst, "/approvals/?show=own")
    assert link not in text(lead, "/approvals/?show=own")
    assert link in text(auditor, "/approvals/?show=all")
    assert link not in text(stranger, "/approvals/?show=all")


def test_what_was_decided_is_told_with_who_and_why(auditor: User, lead: User, asked: ApprovalRequest) -> None:
    decide(lead, asked, reason="Convincing.")
    page = text(auditor, f"/approvals/{asked.pk}/")
    assert "Leo Lead" in page
    assert "Convincing." in page


def test_nobody_is_sent_to_sign_in(asked: ApprovalRequest) -> None:
    for path in ("/approvals/", f"/approvals/{asked.pk}/", "/approvals/panel/cases.case/1/"):
        assert Client().get(path).status_code == 302
