from __future__ import annotations

from finobs.accounts.system import system_actor
from finobs.core import clock, history
from finobs.core.service import service

from ..models import Case, Incident
from ..workflow import UNFINISHED
from .item_priority import prioritise

# Rows are locked for the length of a step: people who work on them wait for it.
MAX_ITEMS_PER_STEP = 500


def priorities_refresh() -> int:
    """Let the unfinished incidents and cases age: work out their priorities anew. Returns how many changed.

    Who: the beat, daily. Records: history only; nothing is decided by it, and forms do not become stale.
    """
    changed = 0
    for model in (Incident, Case):
        after = 0
        while (step := _refresh(model, after=after)) is not None:
            after, count = step
            changed += count
    return changed


@service
def _refresh(model: type[Incident | Case], *, after: int) -> tuple[int, int] | None:
    rows = model._default_manager.filter(pk__gt=after, status__in=UNFINISHED)
    items = list(rows.order_by("pk").select_for_update()[:MAX_ITEMS_PER_STEP])
    if not items:
        return None
    at = clock.now()
    older = [item for item in items if prioritise(item, at)]
    fields = ("priority", "priority_parts")
    actor, reason = system_actor("priorities"), "Priority worked out anew"
    history.bulk_update(older, fields=fields, actor=actor, reason=reason, raises_version=False)
    return items[-1].pk, len(older)
