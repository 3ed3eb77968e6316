"""What the ledger says, in tests."""

import json

from finobs.ledger.models import Event


def recorded(action):
    """The bodies of the events of one action, oldest first."""
    return [json.loads(bytes(event.body)) for event in Event.objects.filter(action=action).order_by("id")]


def last(action):
    return recorded(action)[-1]
