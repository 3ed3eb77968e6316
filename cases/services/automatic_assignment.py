"""New items that the policy gives to people: to whoever may work the queue, is there, and has the least to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta

from finobs.accounts.system import system_actor
from finobs.core import clock, history
from finobs.core.db.bulk import MAX_ROWS_PER_STATEMENT
from finobs.ledger.services import NewEvent, record_many

from ..choices import PolicyKind
from ..models import Queue, WorkItem, WorkLease
from ..policies.assignment import Assignment, least_loaded
from ..policies.in_force import policy_in_force
from ..policies.shipped import ASSIGNMENT
from ..queries import held_counts, unfinished_counts, workers_by_queue
from ..workflow import target
from .holding_limit import ready_to_receive
from .item_assign import ASSIGNED_MINUTES
from .text_digests import reason_digest

ASSIGNMENT_REASON = "By policy"


def assign_new(items: Sequence[WorkItem]) -> None:
    """Give those new, locked items of one kind that the policy of assignment names to people; the rest wait.

    Nobody is given what would be more than one person may hold; the absent, and where there is such a limit whoever
    takes something else in this moment, are given nothing. What nobody can be given waits in its queue. The number of
    statements does not depend on how many items there are.
    Records: case.assign, incident.assign.
    """
    if not items:
        return
    policy = Assignment(policy_in_force(PolicyKind.ASSIGNMENT, ASSIGNMENT).content)
    slugs = policy.queues(items[0].KIND)
    chosen = [item for item in items if item.queue.slug in slugs]
    if not chosen:
        return
    assignments = _choose(chosen, policy)
    if assignments:
        _assign(assignments)


def _assign(assignments: Sequence[tuple[WorkItem, int]]) -> None:
    actor, at, kind = system_actor("assignment"), clock.now(), assignments[0][0].KIND
    until = at + timedelta(minutes=ASSIGNED_MINUTES)
    items, leases, entries = [], [], []
    for item, person in assignments:
        item.status, item.assignee_id, item.updated_at = target("assign", item.status, kind), person, at
        items.append(item)
        leases.append(WorkLease(**{kind: item}, holder_id=person, taken_at=at, expires_at=until))
        data = {"to": str(person), "from": None, "reason_digest": reason_digest(item, ASSIGNMENT_REASON)}
        entries.append(NewEvent(f"{kind}.assign", item, data))
    history.bulk_update(
        items, fields=("status", "assignee", "updated_at"), actor=actor, reason=f"Assigned: {ASSIGNMENT_REASON}"
    )
    WorkLease.objects.bulk_create(leases, batch_size=MAX_ROWS_PER_STATEMENT)
    record_many(actor=actor, entries=entries)


def _choose(items: Sequence[WorkItem], policy: Assignment) -> list[tuple[WorkItem, int]]:
    """Those that somebody can be given, with their assignee; the most urgent first."""
    queues: dict[int, Queue] = {item.queue_id: item.queue for item in items}
    workers = workers_by_queue(queues.values())
    people = set().union(*workers.values()) - policy.absent(clock.now().date())
    holds: dict[int, int] = defaultdict(int)
    if policy.most_held:
        people = ready_to_receive(people)
        holds = held_counts(people)
    loads = unfinished_counts(people)
    assignments = []
    for item in sorted(items, key=lambda each: (-each.priority, each.pk)):
        may = _with_room(workers[item.queue_id] & people, holds, policy.most_held)
        person = least_loaded({each: loads[each] for each in may})
        if person is not None:
            loads[person] += 1
            holds[person] += 1
            assignments.append((item, person))
    return assignments


def _with_room(people: Collection[int], holds: dict[int, int], most: int) -> list[int]:
    return [each for each in people if not most or holds[each] < most]
