"""What the ledger says, in tests."""

from __future__ import annotations

import json
from typing import Any

from finobs.ledger.models import Event


def event_bodies(action: str) -> list[dict[str, Any]]:
    """The bodies of the events of one action, oldest first."""
    return [json.loads(bytes(event.body)) for event in Event.objects.filter(action=action).order_by("id")]


def last_event(action: str) -> dict[str, Any]:
    return event_bodies(action)[-1]
