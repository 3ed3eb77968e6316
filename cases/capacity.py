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
    queue = next((each for each in queues if typology in each.typologies), None)
    queue = queue or next((each for each in queues if each.is_default), None)
    if queue is None:
        return None
    elsewhere = {name for each in queues if each.pk != queue.pk for name in each.typologies}
    own = [name for name in Typology.values if name in queue.typologies or (queue.is_default and name not in elsewhere)]
    url = reverse("cases:queue-work", args=[queue.slug]) if access.allowed(user, "view", queue) else ""
    return Capacity(queue.name, url, queue.alerts_a_day, tuple(own))
