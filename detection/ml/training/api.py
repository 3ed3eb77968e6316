"""The API of training runs, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from finobs.core.api import SelectorDetail, SelectorList, ServiceCreate, Subject
from finobs.core.jobs.api import JobCancel, JobRetry
from transactions.selectors import source_get

from ...models import TrainingRun
from . import filters, selectors, serializers, services

RUN = Subject("job", selectors.training_get)


class TrainingList(SelectorList[TrainingRun], ServiceCreate[TrainingRun]):
    """Training runs, the latest first."""

    selector = selectors.training_runs
    serializer_class = serializers.TrainingRunSerializer
    filterset_class = filters.TrainingRunFilter
    service = services.training_request
    body_class = serializers.TrainingRequestSerializer
    status = 202

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Ask for a candidate. While one of the role waits or runs, that is the answer."""
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        slug = body.pop("source", None)
        return body | {"source": source_get(self.request.user, slug) if slug else None}


class TrainingDetail(SelectorDetail[TrainingRun]):
    """How far one run is, and what came of it."""

    selector = selectors.training_get
    serializer_class = serializers.TrainingRunSerializer


class TrainingCancel(JobCancel[TrainingRun]):
    """Stop a run that waits or runs; its worker stops at its next step."""

    subject = RUN
    serializer_class = serializers.TrainingRunSerializer


class TrainingRetry(JobRetry[TrainingRun]):
    """Queue a run that failed or was cancelled anew."""

    subject = RUN
    serializer_class = serializers.TrainingRunSerializer
