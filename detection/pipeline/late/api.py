"""The API of what late transactions touched, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from typing import Any

from finobs.core.api import SelectorDetail, SelectorList, Subject
from finobs.core.errors import NotFound
from finobs.core.jobs.api import JobCancel, JobRetry

from ...models import LateBatch, Reassessment, ReassessmentRun
from . import filters, selectors, serializers

RUN = Subject("job", selectors.reassessment_run_get)


class ReassessmentList(SelectorList[Reassessment]):
    """Decided transactions that late ones touched, where score or outcome is another one since."""

    selector = selectors.reassessments_visible
    serializer_class = serializers.ReassessmentSerializer
    filterset_class = filters.ReassessmentFilter


class ReassessmentRunList(SelectorList[ReassessmentRun]):
    """Runs that looked again at what late transactions touched."""

    selector = selectors.reassessment_runs
    serializer_class = serializers.ReassessmentRunSerializer
    filterset_class = filters.ReassessmentRunFilter


class ReassessmentRunDetail(SelectorDetail[ReassessmentRun]):
    """How far one run is, and why it ended early if it did."""

    selector = selectors.reassessment_run_get
    serializer_class = serializers.ReassessmentRunSerializer


class ReassessmentRunCancel(JobCancel[ReassessmentRun]):
    """Stop a run; what it has looked at stays."""

    subject = RUN
    serializer_class = serializers.ReassessmentRunSerializer


class ReassessmentRunRetry(JobRetry[ReassessmentRun]):
    """Let a run that failed or was cancelled go on."""

    subject = RUN
    serializer_class = serializers.ReassessmentRunSerializer


class BatchLate(SelectorDetail[LateBatch]):
    """What the late transactions of a batch touched. 404 where none was late."""

    selector = selectors.late_batch_of
    serializer_class = serializers.LateBatchSerializer

    def get_object(self) -> Any:
        late_batch = super().get_object()
        if late_batch is None:
            raise NotFound
        return late_batch
