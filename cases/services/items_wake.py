from __future__ import annotations

from finobs.accounts.system import system_actor
from finobs.core import clock, history
from finobs.core.service import service

from ..choices import CaseStatus
from ..models import Case, Incident
from .priorities_refresh import MAX_ITEMS_PER_STEP


def items_wake() -> int:
    """Put what waited until now back to work. Returns how many that are. Who: the beat. Records: history."""
    return sum(_wake(model) for model in (Incident, Case))


@service
def _wake(model: type[Incident | Case]) -> int:
    at = clock.now()
    rows = model._default_manager.filter(status=CaseStatus.WAITING, waiting_until__lte=at)
    items = list(rows.order_by("pk").select_for_update(skip_locked=True)[:MAX_ITEMS_PER_STEP])
    for item in items:
        item.status, item.updated_at = CaseStatus.OPEN.value, at
    fields = ("status", "updated_at")
    history.bulk_update(items, fields=fields, actor=system_actor("waiting"), reason="The time to wait is over")
    return len(items)
