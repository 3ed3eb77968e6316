"""Cases, queues and incidents for machines: the same selectors, filters and services as the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from finobs.core.api import SelectorDetail, SelectorList, ServiceAction, ServiceCreate, Subject

from . import selectors, services
from .filters import CaseFilter, IncidentFilter
from .models import Case, Incident, Note, Queue
from .serializers import (
    CaseAssignSerializer,
    CaseCloseSerializer,
    CaseDetailSerializer,
    CaseSerializer,
    IncidentSerializer,
    NoteAddSerializer,
    NoteSerializer,
    QueueSerializer,
)

CASE = Subject("case", selectors.case_get)


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


class CaseAction(ServiceAction[Case]):
    """Shared by what is done to one case."""

    subject = CASE
    serializer_class = CaseDetailSerializer


class CaseTake(CaseAction):
    """Take a case that nobody holds. Whoever holds it is named to the others, whatever version they saw."""

    requires_version = False
    service = services.case_take


class CaseRelease(CaseAction):
    """Give a case that you hold back to its queue."""

    requires_version = False
    service = services.case_release


class CaseAssign(CaseAction):
    """Give a case to somebody who may work it."""

    service = services.case_assign
    body_class = CaseAssignSerializer

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return body | {"to": selectors.person_for_assign(self.request.user, subject["case"], body["to"])}


class CaseClose(CaseAction):
    """Propose to close a case. It is closed once a lead has approved: the answer is 202 with the approval request."""

    service = services.case_close
    body_class = CaseCloseSerializer
    needs_approval = True


class NoteList(SelectorList[Note], ServiceCreate[Note]):
    """The notes of a case, newest first."""

    subject = CASE
    selector = selectors.case_notes
    serializer_class = NoteSerializer
    service = services.note_add
    body_class = NoteAddSerializer
    operation_id = "cases_note_add"
    # It adds to the case, and replaces nothing.
    requires_version = False

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Write down what was found."""
        return self.act()


class QueueList(SelectorList[Queue]):
    """Queues that you may see, with how many of their cases are unfinished, waiting for approval, and held."""

    selector = selectors.queues_visible
    serializer_class = QueueSerializer
    ordering = ("name", "id")


class QueueDetail(SelectorDetail[Queue]):
    """One queue."""

    selector = selectors.queue_get
    serializer_class = QueueSerializer


class CaseTakeNext(ServiceAction[Case]):
    """Take the most urgent case that nobody holds; 204 when there is none."""

    subject = Subject("queue", selectors.queue_get)
    service = services.case_take_next
    serializer_class = CaseDetailSerializer

    @extend_schema(responses={200: CaseDetailSerializer, 204: None})
    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        return self.act()

    def answer(self, result: Any) -> Response:
        if result is None:
            return Response(status=204)
        # As the read that follows would answer, not what the service returned (decision 22).
        return self.respond(selectors.case_get(self.request.user, result.reference))


class IncidentList(SelectorList[Incident]):
    """Bursts of alerts that you may see, the latest first."""

    selector = selectors.incidents_visible
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    ordering = ("-last_at", "-id")


class IncidentDetail(SelectorDetail[Incident]):
    """One burst of alerts."""

    selector = selectors.incident_get
    serializer_class = IncidentSerializer
