"""Which queue a new case goes to: of its unit, else of the units that this is in, the nearest first (decision 37)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Count, QuerySet

from finobs.accounts.models import UnitAncestor
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.unit_tree import paths_upward

from .choices import CaseStatus
from .models import Case, Queue


class Routing:
    """The queues as they are now, for cases of these units. One statement; two where there are further units."""

    def __init__(self, unit_ids: Collection[int]) -> None:
        others = set(unit_ids) - {ROOT_ID}
        self.paths = {ROOT_ID: [ROOT_ID], **(paths_upward(others) if others else {})}
        self.queues: dict[int | None, list[Queue]] = defaultdict(list)
        for queue in Queue.objects.all():
            self.queues[queue.unit_id].append(queue)

    def queue_for(self, unit_id: int, typology: str) -> Queue | None:
        """The nearest queue upward that takes the typology, else the nearest that takes what no other takes."""
        upward = [queue for unit in self.paths[unit_id] for queue in self.queues[unit]]
        by_typology = (queue for queue in upward if typology in queue.typologies)
        return next(by_typology, None) or next((queue for queue in upward if queue.is_default), None)


def stranded_cases(queue: Queue, unit_id: int) -> int:
    """How many cases of `queue` are in no unit that it would serve from `unit_id`."""
    served = UnitAncestor.objects.filter(ancestor_id=unit_id).values("unit_id")
    return Case.objects.filter(queue=queue).exclude(unit_id__in=served).count()


def why_account_stays(account_id: int, unit_id: int) -> str:
    """Why an account cannot be moved to a unit: its open cases are in queues that do not serve it; "" if it can."""
    above = UnitAncestor.objects.filter(unit_id=unit_id).values("ancestor_id")
    open_cases = Case.objects.filter(account_id=account_id).exclude(status=CaseStatus.CLOSED)
    number = open_cases.exclude(queue__unit_id__in=above).count()
    if not number:
        return ""
    return f"{number} open case{'s' if number > 1 else ''} of it would be in a queue that does not serve that unit."


def why_unit_stays(units: Collection[int], left: Collection[int]) -> str:
    """Why units cannot leave those that they are in: cases of theirs are in the queues of those; "" if they can."""
    number = Case.objects.filter(unit_id__in=units, queue__unit_id__in=left).count()
    return f"{number} of its cases are in queues of what it would leave." if number else ""


def queues_in(unit_ids: Collection[int]) -> dict[int, int]:
    """How many queues hang in each of these units itself."""
    return _count(Queue.objects.filter(unit_id__in=unit_ids))


def open_cases_in(unit_ids: Collection[int]) -> dict[int, int]:
    """How many open cases hang in each of these units itself."""
    return _count(Case.objects.filter(unit_id__in=unit_ids).exclude(status=CaseStatus.CLOSED))


def _count(rows: QuerySet[Any]) -> dict[int, int]:
    return dict(rows.order_by().values_list("unit_id").annotate(number=Count("pk")))
