"""Performance for machines: the same selectors and services as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from finobs.accounts.requests import actor_of
from finobs.core.api import CursorPagination, validated_body
from finobs.core.errors import Invalid
from transactions.models import Transaction

from ..choices import ModelRole
from ..ml.registry.selectors import model_get
from ..ml.registry.serializers import ModelVersionSerializer
from . import selectors, serializers, services
from .capacity import capacity_report
from .confusion_cells import CALIBRATION_BINS, CELLS
from .forms import CapacityForm, LeaderboardForm, RowsForm, WindowForm
from .leaderboard import leaderboard
from .views import NEWEST_FIRST, versions_asked
from .window import Window

WINDOW_PARAMETERS = [
    OpenApiParameter("from", str, description="First day, UTC. Without both days: the newest thirty."),
    OpenApiParameter("to", str, description="Last day, UTC."),
]


def window_of(form: WindowForm, user: Any) -> Window:
    """Raises Invalid, field by field."""
    window = form.window(user)
    if window is None:
        raise Invalid(fields={name: [str(text) for text in texts] for name, texts in form.errors.items()})
    return window


class ModelPerformance(APIView):
    """A version's scores against what became known over some days."""

    @extend_schema(
        operation_id="models_performance", parameters=WINDOW_PARAMETERS, responses=serializers.PerformanceSerializer
    )
    def get(self, request: Request, pk: int) -> Response:
        version, window = model_get(request.user, pk), window_of(WindowForm(request.query_params), request.user)
        found = selectors.performance(request.user, version, window)
        return Response(serializers.PerformanceSerializer(found).data)


class ModelPerformanceRows(APIView):
    """Exactly the rows that one number of a version's performance counts."""

    ordering = NEWEST_FIRST

    @extend_schema(
        operation_id="models_performance_rows", responses=serializers.ScoredRowSerializer(many=True),
        parameters=[
            *WINDOW_PARAMETERS,
            OpenApiParameter("cell", str, enum=list(CELLS)),
            OpenApiParameter("bin", int, description=f"Bin of the score, 0 to {CALIBRATION_BINS - 1}."),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
    )  # fmt: skip
    def get(self, request: Request, pk: int) -> Response:
        version, form = model_get(request.user, pk), RowsForm(request.query_params)
        window = window_of(form, request.user)
        rows: QuerySet[Transaction] = selectors.rows(
            request.user, version, window, form.cleaned_data["cell"] or "scored", form.cleaned_data["bin"]
        )
        pages = CursorPagination()
        page = selectors.with_scores(version, pages.paginate_queryset(rows, request, self))
        return pages.get_paginated_response(serializers.ScoredRowSerializer(page, many=True).data)


class ModelLeaderboard(APIView):
    """The versions of a role on the same days and rows."""

    @extend_schema(
        operation_id="models_leaderboard", responses=serializers.LeaderboardSerializer,
        parameters=[
            *WINDOW_PARAMETERS, OpenApiParameter("role", str, enum=ModelRole.values),
            OpenApiParameter("version", int, many=True, description="Compare these; else all that are not retired."),
        ],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        form = LeaderboardForm(request.query_params)
        window = window_of(form, request.user)
        role, chosen = (
            form.cleaned_data["role"] or ModelRole.ANOMALY,
            versions_asked(request.query_params.getlist("version")),
        )
        found = leaderboard(request.user, role, window, chosen)
        return Response(serializers.LeaderboardSerializer(found).data)


class ModelCapacity(APIView):
    """What people can review, and which threshold gives that many alerts."""

    @extend_schema(
        operation_id="models_capacity", responses=serializers.CapacitySerializer,
        parameters=[*WINDOW_PARAMETERS, OpenApiParameter("alerts_a_day", float,
        description="Else what is left in the queue.")],
    )  # fmt: skip
    def get(self, request: Request, pk: int) -> Response:
        version, form = model_get(request.user, pk), CapacityForm(request.query_params)
        window = window_of(form, request.user)
        found = capacity_report(request.user, version, window, form.cleaned_data["alerts_a_day"])
        return Response(serializers.CapacitySerializer(found).data)


class ModelThreshold(APIView):
    """Make a candidate of the same artefact at the threshold for so many alerts a day."""

    @extend_schema(
        operation_id="models_threshold_set", request=serializers.ThresholdSetSerializer,
        responses={201: ModelVersionSerializer},
    )  # fmt: skip
    def post(self, request: Request, pk: int) -> Response:
        version, body = model_get(request.user, pk), validated_body(serializers.ThresholdSetSerializer, request)
        window = selectors.window_asked(request.user, body.pop("from"), body.pop("to"))
        made = services.model_threshold_set(actor=actor_of(request), version=version, window=window, **body)
        return Response(ModelVersionSerializer(made).data, status=201)
