"""Which queue a new incident or case goes to: of its unit, else of the units that this is in, the nearest first
(decision 37); and what may not move, so that each stays in a queue that serves its unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any, Final

from django.db.models import Count, QuerySet

from finobs.accounts.models import UnitAncestor
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.unit_tree import paths_upward

from .models import Case, Incident, Queue, WorkItem
from .workflow import UNFINISHED

ITEM_MODELS: Final[tuple[type[WorkItem], ...]] = (Incident, Case)


class Routing:
    """The queues as they are now, for items of these units. One statement; two where there are further units."""

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


def serves(queue: Queue, unit_id: int | None) -> bool:
    """Is the unit the queue's own, or one below it?"""
    return UnitAncestor.objects.filter(unit=unit_id, ancestor=queue.unit_id).exists()


def stranded_work(queue: Queue, unit_id: int) -> str:
    """The incidents and cases of `queue` that are in no unit that it would serve from `unit_id`, in words; "" for
    none."""
    served = UnitAncestor.objects.filter(ancestor_id=unit_id).values("unit_id")
    return _count_text(lambda rows: rows.filter(queue=queue).exclude(unit_id__in=served))


def why_account_stays(account_id: int, unit_id: int) -> str:
    """Why an account cannot be moved to a unit: its open work is in queues that do not serve it; "" if it can."""
    above = UnitAncestor.objects.filter(unit_id=unit_id).values("ancestor_id")
    text = _count_text(
        lambda rows: rows.filter(account_id=account_id, status__in=UNFINISHED).exclude(queue__unit_id__in=above),
        prefix="open ",
    )
    return f"{text} of it would be in a queue that does not serve that unit." if text else ""


def why_unit_stays(units: Collection[int], left: Collection[int]) -> str:
    """Why units cannot leave those that they are in: work of theirs is in the queues of those; "" if they can."""
    text = _count_text(lambda rows: rows.filter(unit_id__in=units, queue__unit_id__in=left))
    return f"In queues of what it would leave: {text} of its own." if text else ""


def _count_text(narrow: Callable[[QuerySet[Any]], QuerySet[Any]], prefix: str = "") -> str:
    """How many incidents and cases there are of those that `narrow` leaves: "2 incidents and 1 case"."""
    counts = ((narrow(model._default_manager.all()).count(), model.KIND) for model in ITEM_MODELS)
    return " and ".join(f"{number} {prefix}{kind}{'s'[: number != 1]}" for number, kind in counts if number)


def queues_in(unit_ids: Collection[int]) -> dict[int, int]:
    """How many queues hang in each of these units itself."""
    return _count(Queue.objects.filter(unit_id__in=unit_ids))


def open_incidents_in(unit_ids: Collection[int]) -> dict[int, int]:
    """How many unfinished incidents hang in each of these units itself."""
    return _count(Incident.objects.filter(unit_id__in=unit_ids, status__in=UNFINISHED))


def open_cases_in(unit_ids: Collection[int]) -> dict[int, int]:
    """How many unfinished cases hang in each of these units itself."""
    return _count(Case.objects.filter(unit_id__in=unit_ids, status__in=UNFINISHED))


def _count(rows: QuerySet[Any]) -> dict[int, int]:
    return dict(rows.order_by().values_list("unit_id").annotate(number=Count("pk")))
