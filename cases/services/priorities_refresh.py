from __future__ import annotations

from finobs.accounts.system import system_actor
from finobs.core import clock, history
from finobs.core.service import service

from ..models import Case
from ..workflow import UNFINISHED
from .group_alerts import prioritise

# Rows are locked for the length of a step: people who work on them wait for it.
MAX_CASES_PER_STEP = 500


def priorities_refresh() -> int:
    """Let the unfinished cases age: work out their priorities anew. Returns how many changed.

    Who: the beat, daily. Records: history only; nothing is decided by it, and forms do not become stale.
    """
    changed, after = 0, 0
    while (step := _refresh(after=after)) is not None:
        after, count = step
        changed += count
    return changed


@service
def _refresh(*, after: int) -> tuple[int, int] | None:
    cases = list(
        Case.objects.filter(pk__gt=after, status__in=UNFINISHED).order_by("pk").select_for_update()[:MAX_CASES_PER_STEP]
    )
    if not cases:
        return None
    at = clock.now()
    older = [case for case in cases if prioritise(case, at)]
    fields = ("priority", "priority_parts")
    actor, reason = system_actor("priorities"), "Priority worked out anew"
    history.bulk_update(older, fields=fields, actor=actor, reason=reason, raises_version=False)
    return cases[-1].pk, len(older)
