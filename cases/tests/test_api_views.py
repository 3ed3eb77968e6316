"""The API of cases under what holds of every API (`tests.support.api`)."""

from __future__ import annotations

from typing import Any

from cases.models import Incident
from cases.services import case_take, note_add
from cases.tests.factories import cases_in
from tests import factories
from tests.support.api import ApiActionTests, ApiDetailTests, ApiListTests, ApiTests


class InQueue(ApiTests):
    """A case of the queue that the analyst works."""

    unknown = ("C-2026-999999",)

    def make(self) -> tuple[Any, ...]:
        self.case = factories.case(inside=self.fixture("queue"))
        return (self.case.reference,)


class TestCaseList(ApiListTests):
    url = "cases_api:case-list"

    def add_row(self) -> None:
        case_take(actor=self.fixture("analyst"), case=factories.case(inside=self.fixture("queue")))


class TestCaseDetail(InQueue, ApiDetailTests):
    url = "cases_api:case-detail"


class TestCaseTake(InQueue, ApiActionTests):
    url = "cases_api:case-take"
    actor = "analyst"
    event = "case.take"
    repeat = 200


class Taken(InQueue):
    """A case that the analyst holds."""

    def make(self) -> tuple[Any, ...]:
        arguments = super().make()
        self.case = case_take(actor=self.fixture("analyst"), case=self.case)
        return arguments


class TestCaseRelease(Taken, ApiActionTests):
    url = "cases_api:case-release"
    actor = "analyst"
    event = "case.release"


class TestCaseAssign(InQueue, ApiActionTests):
    url = "cases_api:case-assign"
    actor = "lead"
    event = "case.assign"

    def body(self) -> dict[str, Any]:
        return {"to": self.fixture("analyst").pk, "reason": "She knows this customer."}


class TestCaseClose(Taken, ApiActionTests):
    url = "cases_api:case-close"
    actor = "analyst"
    event = "approval.request"
    status = 202
    repeat = 202

    def body(self) -> dict[str, Any]:
        return {
            "disposition": "confirmed", "reason_code": "money_mule", "rationale": "Money in and out within minutes.",
        }  # fmt: skip


class TestNoteList(Taken, ApiListTests):
    url = "cases_api:note-list"

    def add_row(self) -> None:
        note_add(actor=self.fixture("analyst"), case=self.case, text="Called the branch.")


class TestNoteAdd(Taken, ApiActionTests):
    url = "cases_api:note-list"
    actor = "analyst"
    event = "note.add"
    status = 201

    def body(self) -> dict[str, Any]:
        return {"text": "Called the branch."}


class TestQueueList(ApiListTests):
    url = "cases_api:queue-list"

    def add_row(self) -> None:
        factories.grant(self.fixture("analyst"), "view", factories.queue())


class OfQueue(ApiTests):
    unknown = ("no-such-queue",)

    def make(self) -> tuple[Any, ...]:
        return (self.fixture("queue").slug,)


class TestQueueDetail(OfQueue, ApiDetailTests):
    url = "cases_api:queue-detail"


class TestCaseTakeNext(OfQueue, ApiActionTests):
    url = "cases_api:case-take-next"
    actor = "analyst"
    event = "case.take"

    def make(self) -> tuple[Any, ...]:
        factories.case(inside=self.fixture("queue"))
        return super().make()


class TestIncidentList(ApiListTests):
    url = "cases_api:incident-list"

    def add_row(self) -> None:
        cases_in(self.fixture("queue"))


class TestIncidentDetail(ApiDetailTests):
    url = "cases_api:incident-detail"
    unknown = ("I-2026-999999",)

    def make(self) -> tuple[Any, ...]:
        cases_in(self.fixture("queue"))
        return (Incident.objects.get().reference,)
