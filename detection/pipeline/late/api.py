"""The API of what late transactions touched, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import generics

from finobs.core.api import SelectorList
from finobs.core.errors import NotFound
from finobs.core.jobs.api import JobAction, JobDetail

from ...models import LateBatch, Reassessment, ReassessmentRun
from . import filters, selectors, serializers


class ReassessmentList(SelectorList[Reassessment]):
    """Decided transactions that late ones touched, where score or outcome is another one since."""

    queryset = Reassessment.objects.none()
    serializer_class = serializers.ReassessmentSerializer
    filterset_class = filters.ReassessmentFilter

    def get_queryset(self) -> QuerySet[Reassessment]:
        return selectors.reassessments_visible(self.request.user)


class ReassessmentRunList(SelectorList[ReassessmentRun]):
    """Runs that looked again at what late transactions touched."""

    queryset = ReassessmentRun.objects.none()
    serializer_class = serializers.ReassessmentRunSerializer
    filterset_class = filters.ReassessmentRunFilter

    def get_queryset(self) -> QuerySet[ReassessmentRun]:
        return selectors.reassessment_runs(self.request.user)


class ReassessmentRunDetail(JobDetail[ReassessmentRun]):
    queryset = ReassessmentRun.objects.none()
    serializer_class = serializers.ReassessmentRunSerializer

    def get_queryset(self) -> QuerySet[ReassessmentRun]:
        return selectors.reassessment_runs(self.request.user)


class ReassessmentRunAction(JobAction[ReassessmentRun]):
    queryset = ReassessmentRun.objects.none()
    serializer_class = serializers.ReassessmentRunSerializer

    def get_queryset(self) -> QuerySet[ReassessmentRun]:
        return selectors.reassessment_runs(self.request.user)


class BatchLate(generics.RetrieveAPIView[LateBatch]):
    """What the late transactions of a batch touched. 404 where none was late."""

    queryset = LateBatch.objects.none()
    serializer_class = serializers.LateBatchSerializer

    def get_object(self) -> LateBatch:
        late_batch = selectors.late_batch_of(self.request.user, self.kwargs["pk"])
        if late_batch is None:
            raise NotFound
        return late_batch
