"""Proposing to close a case from its page."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import ApprovalRequest
from cases import services
from cases.choices import REASONS_BY_DISPOSITION, CaseStatus, Disposition
from cases.models import Case, Queue
from cases.tests.factories import cases_in
from finobs.accounts.models import User
from tests.support.clients import htmx, signed_in

WHY = "Salary of a new employer; the contract is in the file."


@pytest.fixture
def case(queue: Queue, analyst: User) -> Case:
    return services.item_take(actor=analyst, item=cases_in(queue)[0])


def path(case: Case) -> str:
    return f"/cases/{case.reference}/close/"


def fields(case: Case, **other: Any) -> dict[str, Any]:
    said = {"disposition": "no_action", "reason_code": "customer_explained", "rationale": WHY}
    return {"version": Case.objects.get(pk=case.pk).version, **said, **other}


def test_without_javascript_the_form_has_an_address(analyst: User, case: Case) -> None:
    page = signed_in(analyst).get(path(case)).content.decode()
    assert '<dialog id="dialog-close"' in page
    assert " open data-open-now>" in page
    assert "goes to a lead for approval" in page


def test_without_javascript_it_leads_back_to_the_case(analyst: User, case: Case) -> None:
    response = signed_in(analyst).post(path(case), fields(case), follow=True)
    assert response.redirect_chain == [(f"/cases/{case.reference}/", 302)]
    assert "Sent for approval" in response.content.decode()
    case.refresh_from_db()
    assert case.status == CaseStatus.AWAITING_APPROVAL
    assert ApprovalRequest.objects.get().payload == {
        "disposition": "no_action",
        "reason_code": "customer_explained",
        "rationale": WHY,
    }


def test_htmx_gets_the_case_as_it_waits_and_the_way_on(analyst: User, case: Case) -> None:
    response = signed_in(analyst).post(path(case), fields(case), **htmx())
    page = response.content.decode()
    assert response.status_code == 200
    assert "Awaiting approval" in page
    assert "Next case" in page
    assert "<dialog" not in page


@pytest.mark.parametrize(("person", "status"), [("auditor", 403), ("stranger", 404), ("admin", 404)])
def test_who_may_not(person: str, status: int, case: Case, request: Any) -> None:
    client = signed_in(request.getfixturevalue(person))
    assert client.post(path(case), fields(case)).status_code == status
    assert not ApprovalRequest.objects.exists()


def test_a_stale_form_comes_back_with_what_was_typed(analyst: User, lead: User, case: Case) -> None:
    stale = fields(case)
    services.note_add(actor=lead, item=case, text="Look at the second account too.")
    client = signed_in(analyst)
    response = client.post(path(case), stale, **htmx())
    page = response.content.decode()
    assert response.status_code == 409
    assert "has changed since you looked at it, last by Leo Lead: note added." in page
    assert WHY in page
    assert '<option value="no_action" selected>' in page
    assert "data-open-now" in page
    assert "Look at the second account too." in page  # what is new is on the same page
    assert not ApprovalRequest.objects.exists()


def test_sent_again_after_reading_it_goes_through(analyst: User, lead: User, case: Case) -> None:
    stale = fields(case)
    services.note_add(actor=lead, item=case, text="Look at the second account too.")
    client = signed_in(analyst)
    page = client.post(path(case), stale).content.decode()
    version = page.split('name="version" value="')[1].split('"')[0]
    assert client.post(path(case), fields(case, version=version)).status_code == 302
    assert ApprovalRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"disposition": ""}, "disposition"),
        ({"disposition": "guilty"}, "disposition"),
        ({"reason_code": ""}, "reason_code"),
        ({"reason_code": "money_mule"}, "reason_code"),  # goes with another disposition
        ({"rationale": "no"}, "rationale"),
        ({"rationale": ""}, "rationale"),
    ],
)
def test_what_does_not_hold_is_said_beside_its_field(
    wrong: dict[str, str], field: str, analyst: User, case: Case
) -> None:
    response = signed_in(analyst).post(path(case), fields(case, **wrong))
    page = response.content.decode()
    assert response.status_code == 422
    assert f'href="#id_{field}"' in page
    assert 'aria-invalid="true"' in page
    assert wrong.get("rationale", WHY) in page
    assert not ApprovalRequest.objects.exists()


def test_a_version_that_is_no_number_is_refused(analyst: User, case: Case) -> None:
    assert signed_in(analyst).post(path(case), fields(case, version="x")).status_code == 422


def test_a_case_held_by_somebody_else_is_not_theirs_to_close(analyst: User, lead: User, case: Case) -> None:
    response = signed_in(lead).post(path(case), fields(case), **htmx())
    assert response.status_code == 409
    assert "Ana Analyst has held this case since" in response.content.decode()


def test_the_reasons_are_offered_by_disposition(analyst: User, case: Case) -> None:
    page = signed_in(analyst).get(path(case)).content.decode()
    for disposition, codes in REASONS_BY_DISPOSITION.items():
        group = page.split(f'<optgroup label="{Disposition(disposition).label}">')[1].split("</optgroup>")[0]
        assert group.count("<option") == len(codes)


def test_proposing_the_same_twice_makes_one_request(analyst: User, case: Case) -> None:
    same = fields(case)
    client = signed_in(analyst)
    assert client.post(path(case), same).status_code == 302
    assert client.post(path(case), same).status_code == 302
    assert ApprovalRequest.objects.count() == 1
