"""Reads of alerts without a user."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from transactions.models import Transaction

from ..models import Alert, ExternalAlert


def transactions_named(alert_ids: Iterable[int]) -> list[int]:
    """Keys of the transactions that those of these alerts name which other systems raised, as far as they are in.

    One statement for each source.
    """
    rows = ExternalAlert.objects.filter(pk__in=alert_ids).exclude(transaction_ids=[])
    by_source: dict[int, set[str]] = defaultdict(set)
    for source_id, names in rows.values_list("source_id", "transaction_ids"):
        by_source[source_id].update(names)
    return [
        pk
        for source_id, names in by_source.items()
        for pk in Transaction.objects.filter(source=source_id, external_id__in=names).values_list("pk", flat=True)
    ]


def alerts_of_batches(batch_ids: Sequence[int]) -> int:
    """How many alerts the transactions of these batches raised."""
    return Alert.objects.filter(transaction__batch_id__in=batch_ids).count()
