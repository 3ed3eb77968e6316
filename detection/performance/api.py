"""Performance for machines: the same selectors and services as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter

from finobs.core.api import SelectorDetail, SelectorList, ServiceCreate, Subject
from finobs.core.errors import Invalid
from transactions.models import Transaction

from ..choices import ModelRole
from ..ml.registry.selectors import model_get
from ..ml.registry.serializers import ModelVersionSerializer
from ..models import ModelVersion
from . import selectors, serializers, services
from .confusion_cells import CALIBRATION_BINS, CELLS
from .forms import CapacityForm, LeaderboardForm, RowsForm, WindowForm
from .window import Window

WINDOW_PARAMETERS = (
    OpenApiParameter("from", str, description="First day, UTC. Without both days: the newest thirty."),
    OpenApiParameter("to", str, description="Last day, UTC."),
)


def window_of(form: WindowForm, user: Any) -> Window:
    """Raises Invalid, field by field."""
    window = form.window(user)
    if window is None:
        raise Invalid(fields={name: [str(text) for text in texts] for name, texts in form.errors.items()})
    return window


class ModelPerformance(SelectorDetail[ModelVersion]):
    """A version's scores against what became known over some days."""

    selector = model_get
    serializer_class = serializers.PerformanceSerializer
    operation_id = "models_performance"
    parameters = WINDOW_PARAMETERS

    def get_object(self) -> Any:
        version, user = super().get_object(), self.request.user
        return selectors.performance(user, version, window_of(WindowForm(self.request.query_params), user))


class ModelPerformanceRows(SelectorList[Transaction]):
    """Exactly the rows that one number of a version's performance counts."""

    subject = Subject("version", model_get)
    serializer_class = serializers.ScoredRowSerializer
    queryset = Transaction.objects.none()
    filter_backends = ()
    ordering = selectors.ROWS_ORDER
    operation_id = "models_performance_rows"
    parameters = (
        *WINDOW_PARAMETERS,
        OpenApiParameter("cell", str, enum=list(CELLS)),
        OpenApiParameter("bin", int, description=f"Bin of the score, 0 to {CALIBRATION_BINS - 1}."),
        OpenApiParameter("cursor", str),
        OpenApiParameter("limit", int),
    )

    def get_queryset(self) -> QuerySet[Transaction]:
        self.version, form = self.get_subject(), RowsForm(self.request.query_params)
        window = window_of(form, self.request.user)
        cell = form.cleaned_data["cell"] or "scored"
        return selectors.rows(self.request.user, self.version, window, cell, form.cleaned_data["bin"])

    def paginate_queryset(self, queryset: Any) -> Any:
        return selectors.with_scores(self.request.user, self.version, super().paginate_queryset(queryset) or [])


class ModelLeaderboard(SelectorDetail[ModelVersion]):
    """The versions of a role on the same days and rows."""

    selector = selectors.leaderboard
    serializer_class = serializers.LeaderboardSerializer
    operation_id = "models_leaderboard"
    parameters = (
        *WINDOW_PARAMETERS,
        OpenApiParameter("role", str, enum=ModelRole.values),
        OpenApiParameter("version", int, many=True, description="Compare these; else all that are not retired."),
    )

    def get_object(self) -> Any:
        user, form = self.request.user, LeaderboardForm(self.request.query_params)
        window = window_of(form, user)
        return selectors.leaderboard(user, form.chosen_role, window, form.versions)


class ModelCapacity(SelectorDetail[ModelVersion]):
    """What people can review, and which threshold gives that many alerts."""

    selector = model_get
    serializer_class = serializers.CapacitySerializer
    operation_id = "models_capacity"
    parameters = (
        *WINDOW_PARAMETERS,
        OpenApiParameter("alerts_a_day", float, description="Else what is left in the queue."),
    )

    def get_object(self) -> Any:
        version, user, form = super().get_object(), self.request.user, CapacityForm(self.request.query_params)
        window = window_of(form, user)
        return selectors.capacity_report(user, version, window, form.cleaned_data["alerts_a_day"])


class ModelThresholdSet(ServiceCreate[ModelVersion]):
    """Make a candidate of the same artefact at the threshold for so many alerts a day."""

    subject = Subject("version", model_get)
    service = services.model_threshold_set
    body_class = serializers.ThresholdSetSerializer
    serializer_class = ModelVersionSerializer
    operation_id = "models_threshold_set"
    # It makes a version of its own, and leaves the one it is made of as it is.
    requires_version = False

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        window = selectors.window_for(self.request.user, body.pop("from"), body.pop("to"))
        return body | {"window": window}
