"""The queue of a new incident or case, and the version of the routing that chose it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from finobs.accounts.org_units import ROOT_ID

from ..choices import PolicyKind
from ..models import Queue, WorkItem
from ..policies.in_force import policy_in_force
from ..policies.routing import RoutingRules
from ..policies.shipped import ROUTING
from ..routing import Routing
from .queue_create import ensure_default_queue
from .routing_facts import AlertsByItem, facts_of


def route(items: Sequence[WorkItem], alerts: Callable[[], AlertsByItem] = dict) -> list[int | None]:
    """Choose the queue of each new item; return, of each, the version of the routing rules that chose it (None: the
    queues' own typologies).

    `alerts`: of each item, by its `id()`, the keys of its alerts; called where a rule asks for countries. The facts of
    the items must be counted in. The number of statements does not depend on how many items there are.
    """
    if not items:
        return []
    policy = policy_in_force(PolicyKind.ROUTING, ROUTING)
    chosen = queues_by_rules(items, RoutingRules(policy.content), alerts)
    fallback: Queue | None = None
    versions: list[int | None] = []
    for item, (queue, is_by_rule) in zip(items, chosen, strict=True):
        queue = queue or fallback
        if queue is None:
            queue = fallback = ensure_default_queue()
        item.queue = queue
        versions.append(policy.version_id if is_by_rule else None)
    return versions


def queues_by_rules(
    items: Sequence[WorkItem], rules: RoutingRules, alerts: Callable[[], AlertsByItem]
) -> list[tuple[Queue | None, bool]]:
    """Of each item the queue, and whether a rule chose it: the first that holds and whose queue serves the item's unit.

    Where none does, the nearest queue upward that takes the typology, else the nearest default; None: there is none.
    """
    units = [item.unit_id or ROOT_ID for item in items]
    routing = Routing(set(units))
    if not rules:
        return [(routing.queue_for(unit, item.typology), False) for item, unit in zip(items, units, strict=True)]
    by_slug = {queue.slug: queue for some in routing.queues.values() for queue in some}
    chosen: list[tuple[Queue | None, bool]] = []
    for item, unit, facts in zip(items, units, facts_of(items, rules, routing.paths, alerts), strict=True):
        of_rules = (by_slug[slug] for slug in rules.queues_for(facts) if slug in by_slug)
        queue = next((each for each in of_rules if each.unit_id in routing.paths[unit]), None)
        chosen.append((queue or routing.queue_for(unit, item.typology), queue is not None))
    return chosen
