"""One transaction's way, from POST to an approved closing, enters the files that docs/architecture.md lists."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve

from approvals.models import ApprovalRequest
from cases.choices import CaseStatus
from cases.models import Case, Incident, Queue
from finobs.accounts.models import User
from finobs.settings.env import BASE_DIR
from tests import factories

APPS = ("transactions", "detection", "approvals", "cases")
# What says how things are and does nothing, and what composes.
DECLARATIONS = (
    "models",
    "choices",
    "apps",
    "policy",
    "filters",
    "serializers",
    "api_urls",
    "urls",
    "admin",
    "__init__",
)
LISTED = re.compile(r"^\| \d+ \| `([\w/]+\.py)` \|", re.MULTILINE)
BACKEND = "finobs.accounts.backends.RolePermissionBackend"


@contextmanager
def entered_files() -> Iterator[list[str]]:
    """Fills with the files of the apps whose functions are called, in order, each once."""
    files: dict[str, None] = {}
    root = f"{BASE_DIR}/"

    def notice(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and frame.f_code.co_name != "<module>" and name.startswith(root):
            files[name.removeprefix(root)] = None

    listed: list[str] = []
    sys.setprofile(notice)
    try:
        yield listed
    finally:
        sys.setprofile(None)
        listed += [name for name in files if is_work(name)]


def is_work(name: str) -> bool:
    parts = name.removesuffix(".py").split("/")
    return parts[0] in APPS and "tests" not in parts and not set(parts) & set(DECLARATIONS)


def caller(person: User) -> Callable[..., Any]:
    client = Client()
    client.force_login(person, backend=BACKEND)

    def post(path: str, body: dict[str, Any], **headers: str) -> Any:
        answer = client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)
        assert answer.status_code < 300, answer.content
        return answer.json()

    return post


def walk(machine: User, analyst: User, lead: User) -> None:
    """Send a payment that a rule reviews, escalate its incident, take the case, propose to close it, and approve that."""
    payment = {
        "source": factories.source("core").slug, "external_id": "T-1", "account": "A-1", "amount": "20000.00",
        "currency": "USD", "direction": "out", "occurred_at": "2026-01-05T10:00:00Z",
    }  # fmt: skip
    caller(machine)("transactions", payment, **{"Idempotency-Key": "one-payment-once"})
    incident = Incident.objects.get()
    reason = {"reason": "It needs more than a look."}
    caller(analyst)(f"incidents/{incident.reference}/escalate", reason, **{"If-Match": f'"{incident.version}"'})
    case = Case.objects.get()
    caller(analyst)(f"cases/{case.reference}/take", {})
    case.refresh_from_db()
    conclusion = {"disposition": "confirmed", "reason_code": "money_mule", "rationale": "Money in and out at once."}
    caller(analyst)(f"cases/{case.reference}/close", conclusion, **{"If-Match": f'"{case.version}"'})
    request = ApprovalRequest.objects.get()
    vote = {"vote": "approve", "reason": "As the notes say.", "digest": request.digest}
    caller(lead)(f"approvals/{request.pk}/decide", vote)


@pytest.mark.usefixtures("db")
def test_a_transaction_enters_the_files_that_the_architecture_lists(
    analyst: User, lead: User, queue: Queue, django_capture_on_commit_callbacks: Any
) -> None:
    factories.rule_version()
    queue.typologies = ["large_amount"]
    queue.save()
    machine = factories.user("Feed", is_superuser=True)
    resolve("/api/v1/transactions")  # what a first request imports is no part of the way
    with django_capture_on_commit_callbacks(execute=True), entered_files() as files:
        walk(machine, analyst, lead)
    assert Case.objects.get().status == CaseStatus.CLOSED
    documented = LISTED.findall((BASE_DIR / "docs/architecture.md").read_text())
    assert sorted(files) == sorted(documented)
    assert len(documented) == len(set(documented)), "each once"
