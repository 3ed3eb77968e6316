"""The queues that an item lay in, as rows: written with what moves it."""

from __future__ import annotations

from collections.abc import Sequence

from finobs.core import clock
from finobs.core.db.bulk import MAX_ROWS_PER_STATEMENT

from ..choices import EntryCause
from ..models import QueueEntry, WorkItem


def enter_queue(items: Sequence[WorkItem], cause: str, routing_version_ids: Sequence[int | None] = ()) -> None:
    """Say that the items lie in their queues now. `routing_version_ids`: of each, what chose the queue."""
    versions = routing_version_ids or [None] * len(items)
    at = clock.now()
    QueueEntry.objects.bulk_create(
        [
            QueueEntry(
                **{item.KIND: item}, queue_id=item.queue_id, entered_at=at, cause=cause, routing_version_id=version
            )
            for item, version in zip(items, versions, strict=True)
        ],
        batch_size=MAX_ROWS_PER_STATEMENT,
    )


def leave_queue(item: WorkItem, cause: str = EntryCause.CLOSED) -> None:
    """Say that the item lies in its queue no more."""
    QueueEntry.objects.filter(**{item.KIND: item}, left_at=None).update(left_at=clock.now(), left_cause=cause)
