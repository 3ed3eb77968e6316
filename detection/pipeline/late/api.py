"""The API of what late transactions touched, over the same selectors, filters and services as the pages."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import generics

from finobs.core.api import SelectorList
from finobs.core.errors import NotFound

from ...models import LateBatch, Reassessment
from . import filters, selectors, serializers


class ReassessmentList(SelectorList[Reassessment]):
    """Decided transactions that late ones touched, where score or outcome is another one since."""

    queryset = Reassessment.objects.none()
    serializer_class = serializers.ReassessmentSerializer
    filterset_class = filters.ReassessmentFilter

    def get_queryset(self) -> QuerySet[Reassessment]:
        return selectors.reassessments_visible(self.request.user)


class BatchLate(generics.RetrieveAPIView[LateBatch]):
    """What the late transactions of a batch touched. 404 where none was late."""

    queryset = LateBatch.objects.none()
    serializer_class = serializers.LateBatchSerializer

    def get_object(self) -> LateBatch:
        found = selectors.late_batch_of(self.request.user, self.kwargs["pk"])
        if found is None:
            raise NotFound
        return found
