from __future__ import annotations

from finobs.accounts.system import system_actor
from finobs.core import clock, history
from finobs.core.service import service
from finobs.ledger.services import NewEvent, record_many, timestamp

from ..choices import CaseStatus
from ..models import Case, Incident, WorkItem
from ..workflow import target
from .priorities_refresh import MAX_ITEMS_PER_STEP


def items_wake() -> int:
    """Put what waited until now back to work, in steps until nothing is due. Returns how many that are.

    Who: the beat. Records: case.wake, incident.wake.
    """
    woken = 0
    for model in (Incident, Case):
        after = 0
        while (step := _wake(model, after=after)) is not None:
            after, count = step
            woken += count
    return woken


@service
def _wake(model: type[Incident | Case], *, after: int) -> tuple[int, int] | None:
    """One step: the last key and how many; None where nothing is due after `after`."""
    at = clock.now()
    rows = model._default_manager.filter(pk__gt=after, status=CaseStatus.WAITING, waiting_until__lte=at)
    # What somebody takes in this moment is at work again by that.
    items = list(rows.order_by("pk").select_for_update(skip_locked=True)[:MAX_ITEMS_PER_STEP])
    if not items:
        return None
    for item in items:
        item.status, item.updated_at = target("wake", item.status, item.KIND), at
    actor = system_actor("waiting")
    fields = ("status", "updated_at")
    history.bulk_update(items, fields=fields, actor=actor, reason="The time to wait is over")
    record_many(actor=actor, entries=[_event(item) for item in items])
    return items[-1].pk, len(items)


def _event(item: WorkItem) -> NewEvent:
    assert item.waiting_until is not None
    return NewEvent(f"{item.KIND}.wake", item, {"until": timestamp(item.waiting_until)})
