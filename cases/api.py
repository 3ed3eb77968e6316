"""Work items and queues for machines: the same selectors, filters and services as the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from finobs.accounts.unit_selectors import with_unit
from finobs.core.api import SelectorDetail, SelectorList, ServiceAction, ServiceCreate, Subject
from finobs.core.serializers import ReasonSerializer

from . import selectors, services
from .filters import CaseFilter
from .models import Case, Note, Queue
from .serializers import (
    AssignSerializer,
    CaseDetailSerializer,
    CaseSerializer,
    CloseSerializer,
    MoveSerializer,
    NoteAddSerializer,
    NoteSerializer,
    QueueChangeSerializer,
    QueueCreateSerializer,
    QueueSerializer,
    WaitSerializer,
)

CASE = Subject("item", selectors.case_get)
INCIDENT = Subject("item", selectors.incident_get)


class TakeAction(ServiceAction[Any]):
    """Whoever holds it is named to the others, whatever version they saw."""

    requires_version = False
    service = services.item_take


class ReleaseAction(ServiceAction[Any]):
    requires_version = False
    service = services.item_release


class AssignAction(ServiceAction[Any]):
    service = services.item_assign
    body_class = AssignSerializer

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return body | {"to": selectors.person_for_assign(self.request.user, subject["item"], body["to"])}


class WaitAction(ServiceAction[Any]):
    service = services.item_wait
    body_class = WaitSerializer


class MoveAction(ServiceAction[Any]):
    service = services.item_move
    body_class = MoveSerializer

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return body | {"queue": selectors.queue_get(self.request.user, body["queue"])}


class ReopenAction(ServiceAction[Any]):
    service = services.item_reopen
    body_class = ReasonSerializer


class CaseList(SelectorList[Case]):
    """Cases that you may see, the most urgent first."""

    selector = selectors.cases_visible
    serializer_class = CaseSerializer
    filterset_class = CaseFilter
    ordering = ("-priority", "-id")


class CaseDetail(SelectorDetail[Case]):
    """One case, with what you may do with it."""

    selector = selectors.case_get
    serializer_class = CaseDetailSerializer


class OfCase(ServiceAction[Case]):
    """Shared by what is done to one case."""

    subject = CASE
    serializer_class = CaseDetailSerializer


class CaseTake(TakeAction, OfCase):
    """Take a case that nobody holds."""


class CaseRelease(ReleaseAction, OfCase):
    """Give a case that you hold back to its queue."""


class CaseAssign(AssignAction, OfCase):
    """Give a case to somebody who may work it."""


class CaseWait(WaitAction, OfCase):
    """Let a case wait for something outside, until a moment at the latest."""


class CaseMove(MoveAction, OfCase):
    """Put a case into another queue."""


class CaseReopen(ReopenAction, OfCase):
    """Take up a closed case again."""


class CaseClose(OfCase):
    """Propose to close a case. It is closed once a lead has approved: the answer is 202 with the approval request."""

    service = services.case_close
    body_class = CloseSerializer
    needs_approval = True


class NoteActions(SelectorList[Note], ServiceCreate[Note]):
    """Shared by the notes of incidents and of cases."""

    selector = selectors.item_notes
    serializer_class = NoteSerializer
    service = services.note_add
    body_class = NoteAddSerializer
    # It adds to the item, and replaces nothing.
    requires_version = False

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Write down what was found."""
        return self.act()


class NoteList(NoteActions):
    """The notes of a case, and of the incidents escalated to it, newest first."""

    subject = CASE
    operation_id = "cases_note_add"


class IncidentNoteList(NoteActions):
    """The notes of an incident, newest first."""

    subject = INCIDENT
    operation_id = "incidents_note_add"


class QueueList(SelectorList[Queue], ServiceCreate[Queue]):
    """Queues that you may see, with how many of their cases are unfinished, waiting for approval, and held."""

    selector = selectors.queues_visible
    serializer_class = QueueSerializer
    ordering = ("name", "id")
    service = services.queue_create
    body_class = QueueCreateSerializer

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Make a queue, of a unit or of the whole organisation."""
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return with_unit(self.request.user, body)


class QueueDetail(SelectorDetail[Queue], ServiceAction[Queue]):
    """One queue."""

    http_method_names = ("get", "patch", "head", "options")
    selector = selectors.queue_detail
    serializer_class = QueueSerializer
    subject = Subject("queue", selectors.queue_detail)
    service = services.queue_change
    body_class = QueueChangeSerializer

    def patch(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Change it, or move it to another unit; what is left out stays."""
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return with_unit(self.request.user, body)


class CaseTakeNext(ServiceAction[Case]):
    """Take the most urgent case that nobody holds; 204 when there is none."""

    subject = Subject("queue", selectors.queue_get)
    service = services.item_take_next
    serializer_class = CaseDetailSerializer

    @extend_schema(responses={200: CaseDetailSerializer, 204: None})
    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        return self.act()

    def answer(self, result: Any) -> Response:
        if result is None:
            return Response(status=204)
        # As the read that follows would answer, not what the service returned (decision 22).
        return self.respond(selectors.case_get(self.request.user, result.reference))
