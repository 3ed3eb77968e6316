"""The API of cases under what holds of every API (`tests.support.api`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cases.models import CaseSubject
from cases.services import item_take, note_add
from cases.tests.factories import cases_in, more_alerts
from finobs.core import clock
from tests import factories
from tests.support.api import ApiActionTests, ApiDetailTests, ApiListTests, ApiTests

CONCLUSION = {
    "disposition": "confirmed", "reason_code": "money_mule", "rationale": "Money in and out within minutes.",
}  # fmt: skip
CONCLUDED: dict[str, Any] = {
    "status": "closed", "disposition": "no_action", "reason_code": "known_pattern", "closed_at": factories.NOON,
}  # fmt: skip


class InQueue(ApiTests):
    """A case of the queue that the analyst works."""

    unknown: tuple[Any, ...] = ("C-2026-999999",)

    def make(self) -> tuple[Any, ...]:
        self.case = factories.case(inside=self.fixture("queue"))
        return (self.case.reference,)


class TestCaseList(ApiListTests):
    url = "cases_api:case-list"

    def add_row(self) -> None:
        item_take(actor=self.fixture("analyst"), item=factories.case(inside=self.fixture("queue")))


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
        self.case = item_take(actor=self.fixture("analyst"), item=self.case)
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
        note_add(actor=self.fixture("analyst"), item=self.case, text="Called the branch.")


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


class TestQueueCreate(ApiActionTests):
    url = "cases_api:queue-list"
    actor = "superuser"
    status = 201
    event = "queue.create"

    def body(self) -> dict[str, Any]:
        return {"slug": "wires", "name": "Wires", "lease_minutes": 20, "unit": "organisation"}


class TestQueueChange(ApiActionTests):
    url = "cases_api:queue-detail"
    actor = "superuser"
    method = "PATCH"
    event = "queue.change"
    unknown = ("no-queue",)

    def make(self) -> tuple[Any, ...]:
        return (self.fixture("queue").slug,)

    def body(self) -> dict[str, Any]:
        return {"name": "Renamed", "lease_minutes": 15}


class TestQueueDetail(OfQueue, ApiDetailTests):
    url = "cases_api:queue-detail"


class TestCaseTakeNext(OfQueue, ApiActionTests):
    url = "cases_api:case-take-next"
    actor = "analyst"
    event = "case.take"

    def make(self) -> tuple[Any, ...]:
        factories.case(inside=self.fixture("queue"))
        return super().make()


class TestCaseWait(Taken, ApiActionTests):
    url = "cases_api:case-wait"
    actor = "analyst"
    event = "case.wait"

    def body(self) -> dict[str, Any]:
        return {"waiting_for": "the branch", "until": (clock.now() + timedelta(days=2)).isoformat()}


class Moving(ApiTests):
    def body(self) -> dict[str, Any]:
        other = factories.queue()
        factories.grant(self.fixture("analyst"), "view", other)
        return {"queue": other.slug, "reason": "They know this customer."}


class TestCaseMove(Moving, InQueue, ApiActionTests):
    url = "cases_api:case-move"
    actor = "analyst"
    event = "case.move"


class Closed(InQueue):
    """A case that was concluded."""

    def make(self) -> tuple[Any, ...]:
        self.case = factories.case(inside=self.fixture("queue"), **CONCLUDED)
        return (self.case.reference,)


class TestCaseReopen(Closed, ApiActionTests):
    url = "cases_api:case-reopen"
    actor = "lead"
    event = "case.reopen"

    def body(self) -> dict[str, Any]:
        return {"reason": "There is news of it."}


class TestCaseAlertList(InQueue, ApiListTests):
    url = "cases_api:case-alert-list"

    def make(self) -> tuple[Any, ...]:
        (self.case,) = cases_in(self.fixture("queue"))
        return (self.case.reference,)

    def add_row(self) -> None:
        more_alerts(self.case, 1)


class TestIncidentAlertList(ApiListTests):
    url = "cases_api:incident-alert-list"

    def make(self) -> tuple[Any, ...]:
        (self.case,) = cases_in(self.fixture("queue"))
        return (self.case.incidents.get().reference,)

    def add_row(self) -> None:
        more_alerts(self.case, 1)


class TestCaseSubjectAdd(InQueue, ApiActionTests):
    url = "cases_api:case-subject-add"
    actor = "analyst"
    event = "case.subject_add"
    status = 201

    def body(self) -> dict[str, Any]:
        account = factories.account()
        factories.grant(self.fixture("analyst"), "read_data", account.unit)
        return {"account": account.pk, "role": "victim", "reason": "He was told to pay."}


class WithSubject(InQueue):
    """A case that is about another account too."""

    unknown = ("C-2026-999999", 1)

    def make(self) -> tuple[Any, ...]:
        arguments = super().make()
        subject = CaseSubject.objects.create(case=self.case, account=factories.account(), role="victim")
        return (*arguments, subject.pk)


class TestCaseSubjectChange(WithSubject, ApiActionTests):
    url = "cases_api:case-subject-change"
    actor = "analyst"
    method = "PATCH"
    event = "case.subject_change"

    def body(self) -> dict[str, Any]:
        return {"role": "related", "reason": "He is her son."}


class TestCaseSubjectRemove(WithSubject, ApiActionTests):
    url = "cases_api:case-subject-remove"
    actor = "analyst"
    event = "case.subject_remove"

    def body(self) -> dict[str, Any]:
        return {"reason": "It was another of that name."}


class TestIncidentList(ApiListTests):
    url = "cases_api:incident-list"

    def add_row(self) -> None:
        cases_in(self.fixture("queue"))


class TestIncidentOpen(ApiActionTests):
    url = "cases_api:incident-list"
    actor = "analyst"
    event = "note.add"
    status = 201

    def make(self) -> tuple[Any, ...]:
        return ()

    def body(self) -> dict[str, Any]:
        return {
            "queue": self.fixture("queue").slug, "typology": "structuring", "title": "Cash at the counter",
            "text": "Seven deposits in a week.", "account": factories.account().pk,
        }  # fmt: skip


class TestIncidentsClose(ApiActionTests):
    url = "cases_api:incidents-close"
    actor = "analyst"
    event = "incident.close"

    def make(self) -> tuple[Any, ...]:
        self.incident = factories.incident(inside=self.fixture("queue"))
        return ()

    def body(self) -> dict[str, Any]:
        versions = {self.incident.reference: self.incident.version}
        return {"incidents": [self.incident.reference], "versions": versions, **CONCLUSION}


class Waiting(ApiTests):
    """An incident of the queue that the analyst works."""

    unknown = ("I-2026-999999",)

    def make(self) -> tuple[Any, ...]:
        self.incident = factories.incident(inside=self.fixture("queue"))
        return (self.incident.reference,)


class TestIncidentDetail(Waiting, ApiDetailTests):
    url = "cases_api:incident-detail"


class TestIncidentTake(Waiting, ApiActionTests):
    url = "cases_api:incident-take"
    actor = "analyst"
    event = "incident.take"
    repeat = 200


class InTriage(Waiting):
    """An incident that the analyst holds."""

    def make(self) -> tuple[Any, ...]:
        arguments = super().make()
        self.incident = item_take(actor=self.fixture("analyst"), item=self.incident)
        return arguments


class TestIncidentRelease(InTriage, ApiActionTests):
    url = "cases_api:incident-release"
    actor = "analyst"
    event = "incident.release"


class TestIncidentAssign(Waiting, ApiActionTests):
    url = "cases_api:incident-assign"
    actor = "lead"
    event = "incident.assign"

    def body(self) -> dict[str, Any]:
        return {"to": self.fixture("analyst").pk, "reason": "She knows this customer."}


class TestIncidentWait(InTriage, ApiActionTests):
    url = "cases_api:incident-wait"
    actor = "analyst"
    event = "incident.wait"

    def body(self) -> dict[str, Any]:
        return {"waiting_for": "the branch", "until": (clock.now() + timedelta(days=2)).isoformat()}


class TestIncidentMove(Moving, Waiting, ApiActionTests):
    url = "cases_api:incident-move"
    actor = "analyst"
    event = "incident.move"


class TestIncidentClose(Waiting, ApiActionTests):
    url = "cases_api:incident-close"
    actor = "analyst"
    event = "incident.close"

    def body(self) -> dict[str, Any]:
        return dict(CONCLUSION)


class TestIncidentEscalate(Waiting, ApiActionTests):
    url = "cases_api:incident-escalate"
    actor = "analyst"
    event = "case.alert_add"

    def body(self) -> dict[str, Any]:
        return {"reason": "It needs more than a look."}


class TestIncidentReopen(Waiting, ApiActionTests):
    url = "cases_api:incident-reopen"
    actor = "lead"
    event = "incident.reopen"

    def make(self) -> tuple[Any, ...]:
        self.incident = factories.incident(inside=self.fixture("queue"), **CONCLUDED)
        return (self.incident.reference,)

    def body(self) -> dict[str, Any]:
        return {"reason": "There is news of it."}


class TestIncidentNoteList(InTriage, ApiListTests):
    url = "cases_api:incident-note-list"

    def add_row(self) -> None:
        note_add(actor=self.fixture("analyst"), item=self.incident, text="Called the branch.")


class TestIncidentNoteAdd(InTriage, ApiActionTests):
    url = "cases_api:incident-note-list"
    actor = "analyst"
    event = "note.add"
    status = 201

    def body(self) -> dict[str, Any]:
        return {"text": "Called the branch."}


class TestIncidentTakeNext(OfQueue, ApiActionTests):
    url = "cases_api:incident-take-next"
    actor = "analyst"
    event = "incident.take"

    def make(self) -> tuple[Any, ...]:
        factories.incident(inside=self.fixture("queue"))
        return super().make()
