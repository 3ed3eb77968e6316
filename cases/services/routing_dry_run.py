from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from django.db.models import OuterRef, Subquery

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.service import service
from finobs.ledger.services import record

from ..choices import EntryCause, PolicyKind
from ..models import Case, CaseAlert, Incident, Queue, QueueEntry, WorkItem, WorkPolicy
from ..policies.contents import read_content
from ..policies.differences import digest
from ..policies.routing import RoutingRules
from .routing_of_items import queues_by_rules
from .work_policy_checks import require_valid

DRY_RUN_DAYS: Final = 30
# The newest of each kind: more would let whoever tries wait for minutes.
MAX_DRY_RUN_ITEMS: Final = 20_000
MAX_EXAMPLES: Final = 20


# An item, the queue that it was routed to, and the one that it would be.
Move = tuple[WorkItem, int, int | None]


class QueueCounts(NamedTuple):
    """How many items went to a queue, and how many would."""

    queue: str
    name: str
    before: int
    after: int


class RoutedElsewhere(NamedTuple):
    """An item that would go elsewhere: names of the queues, of which `before` is where it was routed."""

    level: str
    reference: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RoutingDryRun:
    """What a draft of the routing would have done. `is_whole`: False where only the newest were looked at.

    examples: of what would go elsewhere, those that the asker may see; `unseen`: how many of it they may not see.
    """

    days: int
    items: int
    elsewhere: int
    is_whole: bool
    queues: list[QueueCounts] = field(default_factory=list)
    examples: list[RoutedElsewhere] = field(default_factory=list)
    unseen: int = 0


@service
def routing_dry_run(*, actor: User, policy: WorkPolicy, content: Mapping[str, Any]) -> RoutingDryRun:
    """What a draft would have done with the incidents and cases that were routed in the last 30 days. Moves nothing.

    Each is looked at as it is now: what arrived since it was opened counts. Who: system:config. Records:
    work_policy.dry_run with the digest, so that it can be seen whether what was put in force had been tried.
    Raises: NotAllowed, Invalid.
    """
    access.require(actor, "change", policy)
    draft = read_content(PolicyKind.ROUTING, content)
    require_valid(PolicyKind.ROUTING, policy.slug, draft, None)
    rules, queues = RoutingRules(draft), {queue.pk: queue for queue in Queue.objects.all()}
    moves: list[Move] = []
    is_whole = True
    for model in (Incident, Case):
        items = _recent(model)
        is_whole = is_whole and len(items) < MAX_DRY_RUN_ITEMS
        chosen = queues_by_rules(items, rules, partial(_alert_ids, items))
        # Without any queue for it, one would be made.
        after = (queue.pk if queue else None for queue, _ in chosen)
        moves += zip(items, (item.routed_to for item in items), after, strict=True)
    elsewhere = [(item, before, after) for item, before, after in moves if before != after]
    names = {pk: queue.name for pk, queue in queues.items()}
    visible = _visible(actor, elsewhere)
    result = RoutingDryRun(
        DRY_RUN_DAYS, len(moves), len(elsewhere), is_whole, list(_counts(moves, queues)),
        list(_examples(visible, names)), len(elsewhere) - len(visible),
    )  # fmt: skip
    data: dict[str, Any] = {
        "policy": policy.slug,
        "digest": digest(draft),
        "items": result.items,
        "elsewhere": result.elsewhere,
    }
    record(actor=actor, action="work_policy.dry_run", subject=("cases.workpolicy", str(policy.pk or 0)), data=data)
    return result


def _recent(model: type[Incident | Case]) -> list[Any]:
    """What was routed in the last days, the newest first, each with `routed_to`."""
    routed = QueueEntry.objects.filter(**{model.KIND: OuterRef("pk")}, cause=EntryCause.ROUTED).order_by("pk")
    rows = model._default_manager.filter(opened_at__gte=clock.now() - timedelta(days=DRY_RUN_DAYS))
    rows = rows.annotate(routed_to=Subquery(routed.values("queue_id")[:1])).filter(routed_to__isnull=False)
    return list(rows.order_by("-pk")[:MAX_DRY_RUN_ITEMS])


def _alert_ids(items: Sequence[WorkItem]) -> dict[int, list[int]]:
    """By `id()` of each item the keys of its alerts."""
    alert_ids: dict[int, list[int]] = defaultdict(list)
    if items:
        kind, by_key = items[0].KIND, {item.pk: item for item in items}
        rows = CaseAlert.objects.filter(**{f"{kind}__in": by_key}).values_list(f"{kind}_id", "alert_id")
        for key, alert_id in rows:
            alert_ids[id(by_key[key])].append(alert_id)
    return alert_ids


def _counts(moves: Sequence[Move], queues: Mapping[int, Queue]) -> Iterator[QueueCounts]:
    before, after = (Counter(move[place] for move in moves) for place in (1, 2))
    for pk, queue in sorted(queues.items(), key=lambda each: each[1].name):
        if before[pk] or after[pk]:
            yield QueueCounts(queue.slug, queue.name, before[pk], after[pk])


def _visible(actor: User, elsewhere: Sequence[Move]) -> list[Move]:
    """Those that the actor may see, the newest of each kind first."""
    visible: list[Move] = []
    for model in (Incident, Case):
        moved = {move[0].pk: move for move in elsewhere if isinstance(move[0], model)}
        keys = access.restrict(model._default_manager.filter(pk__in=moved), actor, "view").order_by("-pk")
        visible += [moved[pk] for pk in keys.values_list("pk", flat=True)]
    return visible


def _examples(visible: Sequence[Move], names: Mapping[int, str]) -> Iterator[RoutedElsewhere]:
    for model in (Incident, Case):
        of_kind = [move for move in visible if isinstance(move[0], model)]
        for item, before, after in of_kind[:MAX_EXAMPLES]:
            yield RoutedElsewhere(item.KIND, item.reference, names[before], names.get(after or 0, ""))
