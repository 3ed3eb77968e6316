"""Reads of alerts without a user."""

from __future__ import annotations

from collections.abc import Sequence

from ..models import Alert


def alerts_of_batches(batch_ids: Sequence[int]) -> int:
    """How many alerts the transactions of these batches raised."""
    return Alert.objects.filter(transaction__batch_id__in=batch_ids).count()
