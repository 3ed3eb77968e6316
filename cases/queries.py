"""Reads of cases without a user."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef

from .models import CaseAlert


def cases_opened_by_batches(batch_ids: Sequence[int]) -> int:
    """How many cases alerts of these batches opened. One that others had opened, and that an alert joined, is none."""
    earlier = CaseAlert.objects.filter(case_id=OuterRef("case_id"), pk__lt=OuterRef("pk"))
    own = CaseAlert.objects.filter(alert__transaction__batch_id__in=batch_ids)
    return own.exclude(Exists(earlier)).count()
