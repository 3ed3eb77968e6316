"""Cases, queues and incidents for machines: the same selectors, filters and services as the pages."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from finobs.accounts.requests import actor_of
from finobs.core.api import SelectorList, validated_body
from finobs.core.serializers import SentForApprovalSerializer

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


class CaseList(SelectorList[Case]):
    """Cases that you may see, the most urgent first."""

    serializer_class = CaseSerializer
    filterset_class = CaseFilter
    ordering = ("-priority", "-id")

    def get_queryset(self) -> QuerySet[Case]:
        return selectors.cases_visible(self.request.user)


class CaseView(APIView):
    """One case, with what you may do with it."""

    @extend_schema(operation_id="cases_retrieve", responses=CaseDetailSerializer)
    def get(self, request: Request, reference: str) -> Response:
        return _case(request, selectors.case_get(request.user, reference))


class CaseTake(APIView):
    """Take a case that nobody holds."""

    @extend_schema(operation_id="cases_take", request=None, responses=CaseDetailSerializer)
    def post(self, request: Request, reference: str) -> Response:
        services.case_take(actor=actor_of(request), case=selectors.case_get(request.user, reference))
        return _case(request, selectors.case_get(request.user, reference))


class CaseRelease(APIView):
    """Give a case that you hold back to its queue."""

    @extend_schema(operation_id="cases_release", request=None, responses=CaseDetailSerializer)
    def post(self, request: Request, reference: str) -> Response:
        services.case_release(actor=actor_of(request), case=selectors.case_get(request.user, reference))
        return _case(request, selectors.case_get(request.user, reference))


class CaseAssign(APIView):
    """Give a case to somebody who may work it."""

    @extend_schema(operation_id="cases_assign", request=CaseAssignSerializer, responses=CaseDetailSerializer)
    def post(self, request: Request, reference: str) -> Response:
        body = validated_body(CaseAssignSerializer, request)
        case = selectors.case_get(request.user, reference)
        to = selectors.person_for_assign(request.user, case, body["to"])
        services.case_assign(actor=actor_of(request), case=case, to=to, reason=body["reason"])
        return _case(request, selectors.case_get(request.user, reference))


class CaseClose(APIView):
    """Propose to close a case. It is closed once a lead has approved: the answer is 202 with the approval request."""

    @extend_schema(operation_id="cases_close", request=CaseCloseSerializer, responses={202: SentForApprovalSerializer})
    def post(self, request: Request, reference: str) -> Response:
        body = validated_body(CaseCloseSerializer, request)
        services.case_close(actor=actor_of(request), case=selectors.case_get(request.user, reference), **body)


class CaseNotes(SelectorList[Note]):
    """The notes of a case, newest first."""

    serializer_class = NoteSerializer
    filter_backends = ()
    ordering = ("-id",)
    queryset = Note.objects.none()

    def get_queryset(self) -> QuerySet[Note]:
        case = selectors.case_get(self.request.user, self.kwargs["reference"])
        return selectors.case_notes(self.request.user, case)

    @extend_schema(operation_id="cases_note_add", request=NoteAddSerializer, responses={201: NoteSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Write down what was found."""
        body = validated_body(NoteAddSerializer, request)
        note = services.note_add(actor=actor_of(request), case=selectors.case_get(request.user, reference), **body)
        return Response(NoteSerializer(note).data, status=201)


class QueueList(SelectorList[Queue]):
    """Queues that you may see, with how many of their cases are unfinished, waiting for approval, and held."""

    serializer_class = QueueSerializer
    filter_backends = ()
    ordering = ("name", "id")

    def get_queryset(self) -> QuerySet[Queue]:
        return selectors.queues_visible(self.request.user)


class QueueView(APIView):
    """One queue."""

    @extend_schema(operation_id="queues_retrieve", responses=QueueSerializer)
    def get(self, request: Request, slug: str) -> Response:
        return Response(QueueSerializer(selectors.queue_get(request.user, slug)).data)


class QueueTakeNext(APIView):
    """Take the most urgent case that nobody holds; 204 when there is none."""

    @extend_schema(operation_id="queues_take_next", request=None, responses={200: CaseDetailSerializer, 204: None})
    def post(self, request: Request, slug: str) -> Response:
        case = services.case_take_next(actor=actor_of(request), queue=selectors.queue_get(request.user, slug))
        if case is None:
            return Response(status=204)
        return _case(request, selectors.case_get(request.user, case.reference))


class IncidentList(SelectorList[Incident]):
    """Bursts of alerts that you may see, the latest first."""

    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    ordering = ("-last_at", "-id")

    def get_queryset(self) -> QuerySet[Incident]:
        return selectors.incidents_visible(self.request.user)


class IncidentView(APIView):
    """One burst of alerts."""

    @extend_schema(operation_id="incidents_retrieve", responses=IncidentSerializer)
    def get(self, request: Request, reference: str) -> Response:
        return Response(IncidentSerializer(selectors.incident_get(request.user, reference)).data)


def _case(request: Request, case: Case) -> Response:
    return Response(CaseDetailSerializer(case, context={"request": request}).data)
