"""What the ledger commits to in place of what people write of a work item."""

from __future__ import annotations

from transactions.records.digests import salted_digest

from ..models import WorkItem


def rationale_digest(item: WorkItem, rationale: str) -> str:
    """Of why something was concluded."""
    return salted_digest(item.salt, {"rationale": rationale}).hex()


def reason_digest(item: WorkItem, reason: str) -> str:
    """Of why a step was done; its words stand in the history of the item."""
    return salted_digest(item.salt, {"reason": reason}).hex()
