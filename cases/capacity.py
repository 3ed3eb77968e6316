"""Which queue works what detection finds, and how much it can take, for thresholds to be set by."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from detection.hooks import Capacity, typologies
from finobs.accounts.models import OrgUnit
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.policy import UNIT_GRANTS
from finobs.accounts.unit_tree import paths_upward
from finobs.core import access

from .models import Queue


def capacity_for(user: Any, typology: str) -> Capacity | None:
    """The queue that takes cases of `typology` where `user` is, with all that it takes: of the default queue, what no
    other takes.

    Its name and capacity are configuration and shown to whoever reads models; the link only to who may see the queue.
    """
    queues = _queues(user)
    queue = next((each for each in queues if typology in each.typologies), None)
    queue = queue or next((each for each in queues if each.is_default), None)
    if queue is None:
        return None
    elsewhere = {name for each in queues if each.pk != queue.pk for name in each.typologies}
    own = [name for name in typologies() if name in queue.typologies or (queue.is_default and name not in elsewhere)]
    url = reverse("cases:queue-work", args=[queue.slug]) if access.allowed(user, "view", queue) else ""
    return Capacity(queue.name, url, queue.alerts_a_day, tuple(own))


def _queues(user: Any) -> list[Queue]:
    """Those of the units that somebody may do anything in, then those of the units above, the nearest first."""
    rows = list(Queue.objects.all())
    units = set(access.granted_ids(user, OrgUnit, UNIT_GRANTS))
    if access.is_unbounded(user) or ROOT_ID in units:
        return rows
    above = dict.fromkeys(each for path in paths_upward(units).values() for each in path if each not in units)
    own = [queue for queue in rows if queue.unit_id in units]
    return own + [
        queue
        for unit in dict.fromkeys((*above, ROOT_ID))
        for queue in rows
        if queue.unit_id == unit and queue not in own
    ]
