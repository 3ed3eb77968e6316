"""Incidents for machines: the same selectors, filters and services as the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from finobs.core.api import SelectorDetail, SelectorList, ServiceAction, ServiceCreate, Subject
from transactions.parties.selectors import customer_get
from transactions.selectors import account_get

from . import selectors, services
from .api import INCIDENT, AssignAction, MoveAction, ReleaseAction, ReopenAction, TakeAction, WaitAction
from .choices import ItemKind
from .filters import IncidentFilter
from .models import Incident
from .serializers import (
    BulkCloseSerializer,
    BulkResultSerializer,
    CloseSerializer,
    EscalateSerializer,
    IncidentDetailSerializer,
    IncidentOpenSerializer,
    IncidentSerializer,
)
from .services.incidents_close import BulkResult


class IncidentList(SelectorList[Incident], ServiceCreate[Incident]):
    """Incidents that you may see, the latest first."""

    selector = selectors.incidents_visible
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    ordering = ("-last_at", "-id")
    service = services.incident_open
    body_class = IncidentOpenSerializer
    answer_class = IncidentDetailSerializer
    operation_id = "incidents_open"

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Open an incident by hand: a referral."""
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        user = self.request.user
        subjects: dict[str, Any] = {"queue": selectors.queue_get(user, body["queue"])}
        if "account" in body:
            subjects["account"] = account_get(user, body["account"])
        if "customer" in body:
            subjects["customer"] = customer_get(user, body["customer"])
        return body | subjects

    def answer(self, result: Any) -> Response:
        return self.respond(selectors.incident_get(self.request.user, result.reference))


class IncidentDetail(SelectorDetail[Incident]):
    """One incident, with what you may do with it."""

    selector = selectors.incident_get
    serializer_class = IncidentDetailSerializer


class OfIncident(ServiceAction[Incident]):
    """Shared by what is done to one incident."""

    subject = INCIDENT
    serializer_class = IncidentDetailSerializer


class IncidentTake(TakeAction, OfIncident):
    """Take an incident that nobody holds."""


class IncidentRelease(ReleaseAction, OfIncident):
    """Give an incident that you hold back to its queue."""


class IncidentAssign(AssignAction, OfIncident):
    """Give an incident to somebody who may work it."""


class IncidentWait(WaitAction, OfIncident):
    """Let an incident wait for something outside, until a moment at the latest."""


class IncidentMove(MoveAction, OfIncident):
    """Put an incident into another queue."""


class IncidentReopen(ReopenAction, OfIncident):
    """Take up a closed incident again."""


class IncidentClose(OfIncident):
    """End the triage of an incident with a conclusion. Of a share, 202 with the approval request that it waits for."""

    service = services.incident_close
    body_class = CloseSerializer
    needs_approval = True


class IncidentEscalate(OfIncident):
    """Escalate an incident into a case that you may work, or into a new one."""

    service = services.incident_escalate
    body_class = EscalateSerializer

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        case = body.pop("case", "")
        return body | ({"case": selectors.case_get(self.request.user, case)} if case else {})


class IncidentsClose(ServiceAction[Incident]):
    """Close many incidents with one conclusion. Those that cannot be closed are left, and said why."""

    service = services.incidents_close
    operation_id = "incidents_close_several"
    serializer_class = BulkResultSerializer
    body_class = BulkCloseSerializer

    @extend_schema(responses={200: BulkResultSerializer})
    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        references = body.pop("incidents")
        return body | {"items": selectors.incidents_get(self.request.user, references)}

    def answer(self, result: BulkResult) -> Response:
        return Response(
            {
                "closed": [incident.reference for incident in result.closed],
                "skipped": [{"reference": reference, "why": why} for reference, why in result.skipped],
                "approvals": [
                    {"reference": reference, "approval_request_id": pk} for reference, pk in result.approvals
                ],
            }
        )


class IncidentTakeNext(ServiceAction[Incident]):
    """Take the most urgent incident that nobody holds; 204 when there is none."""

    subject = Subject("queue", selectors.queue_get)
    service = services.item_take_next
    serializer_class = IncidentDetailSerializer

    @extend_schema(responses={200: IncidentDetailSerializer, 204: None})
    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return {"kind": ItemKind.INCIDENT}

    def answer(self, result: Any) -> Response:
        if result is None:
            return Response(status=204)
        return self.respond(selectors.incident_get(self.request.user, result.reference))
