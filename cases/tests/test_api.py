"""Cases for machines: the same rules in JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from approvals.models import ApprovalRequest
from cases.models import Case, Queue
from finobs.accounts.models import User
from finobs.accounts.services import token_create
from tests import factories

CONCLUSION = {"disposition": "confirmed", "reason_code": "money_mule", "rationale": "Money in and out within minutes."}


@pytest.fixture
def case(queue: Queue) -> Case:
    return factories.case(inside=queue)


def client(person: User) -> Client:
    made = Client()
    made.force_login(person)
    return made


def post(person: User, path: str, body: Any = None, version: int = 0) -> Any:
    headers = {"If-Match": f'"{version}"'} if version else {}
    return client(person).post(f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers)


def test_a_case_goes_its_way(case: Case, analyst: User, lead: User) -> None:
    path = f"cases/{case.reference}"
    taken = post(analyst, f"{path}/take").json()
    assert (taken["status"], taken["lease"]["holder"]["name"]) == ("open", "Ana Analyst")
    assert {step["name"] for step in taken["actions"] if step["enabled"]} == {
        "note", "close", "release", "wait", "move", "subject_add",
    }  # fmt: skip
    assert post(analyst, f"{path}/notes", {"text": "It is a mule."}).status_code == 201
    assert client(analyst).get(f"/api/v1/{path}/notes").json()["results"][0]["text"] == "It is a mule."
    author = client(analyst).get(f"/api/v1/{path}/notes").json()["results"][0]["author"]
    assert author == {"id": analyst.pk, "name": analyst.name, "email": analyst.email}
    asked = post(analyst, f"{path}/close", CONCLUSION, version=3)
    assert (asked.status_code, asked.json()["status"]) == (202, "pending")
    assert asked.json()["approval_request_id"] == ApprovalRequest.objects.get().pk
    again = post(analyst, f"{path}/close", CONCLUSION, version=3)
    assert (again.status_code, again.json()["approval_request_id"]) == (202, asked.json()["approval_request_id"])
    assert client(analyst).get(f"/api/v1/{path}").json()["status"] == "awaiting_approval"


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("take", {}),
        ("release", {}),
        ("notes", {"text": "x"}),
        ("close", CONCLUSION),
        ("assign", {"to": 1, "reason": "Because."}),
    ],
)
def test_strangers_find_nothing_and_auditors_may_not(
    case: Case, auditor: User, stranger: User, verb: str, body: dict[str, Any]
) -> None:
    path = f"cases/{case.reference}/{verb}"
    assert Client().post(f"/api/v1/{path}", body, content_type="application/json").status_code in (401, 403)
    assert post(stranger, path, body).status_code == 404
    assert post(auditor, path, body).status_code == 403


@pytest.mark.parametrize(
    ("body", "version", "status"),
    [
        (CONCLUSION, 1, 412),
        (CONCLUSION, 0, 428),
        ({**CONCLUSION, "reason_code": "rule_too_wide"}, 2, 422),
        ({**CONCLUSION, "rationale": "short"}, 2, 422),
        ({**CONCLUSION, "rationale": ["not text"]}, 2, 422),
    ],
)
def test_what_does_not_hold_is_refused(
    case: Case, analyst: User, body: dict[str, Any], version: int, status: int
) -> None:
    post(analyst, f"cases/{case.reference}/take")
    assert post(analyst, f"cases/{case.reference}/close", body, version=version).status_code == status
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 20_001, "a\x00b"])
def test_notes_have_limits(case: Case, analyst: User, text: str) -> None:
    assert post(analyst, f"cases/{case.reference}/notes", {"text": text}).status_code == 422


def test_take_next_gives_the_most_urgent_and_then_none(queue: Queue, analyst: User, stranger: User) -> None:
    urgent = factories.case(inside=queue, priority=90)
    assert post(analyst, "queues/aml-1/take-next").json()["reference"] == urgent.reference
    assert post(analyst, "queues/aml-1/take-next").status_code == 204
    assert post(stranger, "queues/aml-1/take-next").status_code == 404


def test_a_lead_assigns(case: Case, analyst: User, lead: User, stranger: User) -> None:
    path = f"cases/{case.reference}/assign"
    assert (
        post(lead, path, {"to": analyst.pk, "reason": "Yours."}, version=1).json()["assignee"]["name"] == "Ana Analyst"
    )
    assert post(lead, path, {"to": stranger.pk, "reason": "Yours."}, version=2).status_code == 422
    assert post(analyst, path, {"to": analyst.pk, "reason": "Mine."}).status_code == 403


def test_lists_hold_what_one_may_see(
    case: Case, analyst: User, stranger: User, django_assert_max_num_queries: Any
) -> None:
    factories.case()
    for _ in range(10):
        factories.case(inside=case.queue)
    ana = client(analyst)
    with django_assert_max_num_queries(15):
        listed = ana.get("/api/v1/cases?limit=5").json()
    assert len(listed["results"]) == 5
    assert len(client(analyst).get(listed["older"]).json()["results"]) == 5
    assert client(analyst).get("/api/v1/cases?typology=large_amount&queue=aml-1&status=new").json()["results"]
    assert client(analyst).get("/api/v1/queues/aml-1").json()["case_count"] == 11
    assert client(analyst).get("/api/v1/cases?status=nonsense").status_code in (400, 422)
    for path in ("cases", "queues", "incidents"):
        assert client(stranger).get(f"/api/v1/{path}").json()["results"] == []
        assert client(analyst).get(f"/api/v1/{path}").status_code == 200
    assert client(stranger).get(f"/api/v1/cases/{case.reference}").status_code == 404


@pytest.mark.parametrize(
    ("scopes", "status"), [({"compliance:read"}, 403), ({"compliance:read", "compliance:resolve"}, 201)]
)
def test_a_token_that_was_made_to_read_writes_nothing(
    case: Case, lead: User, queue: Queue, scopes: set[str], status: int
) -> None:
    _, secret = token_create(actor=lead, user=lead, name="reports", scopes=scopes, lifetime=timedelta(days=1))
    headers, address = {"Authorization": f"Bearer {secret}"}, f"/api/v1/cases/{case.reference}"
    assert Client().get(address, headers=headers).status_code == 200
    said = Client().post(f"{address}/notes", {"text": "Seen."}, content_type="application/json", headers=headers)
    assert said.status_code == status
    taken = Client().post(f"/api/v1/queues/{queue.slug}/take-next", content_type="application/json", headers=headers)
    assert taken.status_code == (403 if status == 403 else 200)
