from __future__ import annotations

from django.db.models import Exists, OuterRef

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.service import service

from ..models import Case, Queue, WorkLease
from ..workflow import WORKABLE
from . import case_locking
from .case_take import take


@service
def case_take_next(*, actor: User, queue: Queue) -> Case | None:
    """Take the most urgent case of `queue` that nobody holds; None when there is none.

    Whoever holds a case already is given another one. No two people are ever given the same.
    Who: work on the queue. Records: case.take. Raises: NotFound, NotAllowed.
    """
    access.require(actor, "work", queue)
    skipped: list[int] = []
    while (candidate := _first_free(queue, skipped)) is not None:
        # PostgreSQL skips locked rows, but reads leases as of the statement's start: look again under the lock.
        if case_locking.lease_of(candidate) is None:
            return take(case=candidate, actor=actor)
        skipped.append(candidate.pk)
    return None


def _first_free(queue: Queue, skipped: list[int]) -> Case | None:
    lease = WorkLease.objects.filter(case=OuterRef("pk"), expires_at__gt=clock.now())
    free = Case.objects.filter(~Exists(lease), queue=queue, status__in=WORKABLE).exclude(pk__in=skipped)
    free = free.select_related("queue", "account").order_by("-priority", "-pk")
    # REL-16: many who take at once pass by what another is taking, and none waits.
    return free.select_for_update(skip_locked=True, of=("self",)).first()
