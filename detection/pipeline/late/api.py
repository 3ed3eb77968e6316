"""The API of what late transactions touched, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from typing import Any

from finobs.core.api import SelectorDetail, SelectorList
from finobs.core.errors import NotFound

from ...models import LateBatch, Reassessment
from . import filters, selectors, serializers


class ReassessmentList(SelectorList[Reassessment]):
    """Decided transactions that late ones touched, where score or outcome is another one since."""

    selector = selectors.reassessments_visible
    serializer_class = serializers.ReassessmentSerializer
    filterset_class = filters.ReassessmentFilter


class BatchLate(SelectorDetail[LateBatch]):
    """What the late transactions of a batch touched. 404 where none was late."""

    selector = selectors.late_batch_of
    serializer_class = serializers.LateBatchSerializer

    def get_object(self) -> Any:
        late = super().get_object()
        if late is None:
            raise NotFound
        return late
