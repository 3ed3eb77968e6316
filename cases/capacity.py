"""Which queue works what detection finds, and how much it can take, for thresholds to be set by."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from detection.choices import Typology
from detection.hooks import Capacity
from finobs.core import access

from .models import Queue


def capacity_for(user: Any, typology: str) -> Capacity | None:
    """The queue that takes cases of `typology`, with all that it takes: of the default queue, what no other takes.

    Its name and capacity are configuration and shown to whoever reads models; the link only to who may see the queue.
    """
    queues = list(Queue.objects.all())
    found = next((queue for queue in queues if typology in queue.typologies), None)
    found = found or next((queue for queue in queues if queue.is_default), None)
    if found is None:
        return None
    others = {name for queue in queues if queue.pk != found.pk for name in queue.typologies}
    taken = [name for name in Typology.values if name in found.typologies or (found.is_default and name not in others)]
    url = reverse("cases:queue-work", args=[found.slug]) if access.allowed(user, "view", found) else ""
    return Capacity(found.name, url, found.alerts_a_day, tuple(taken))
