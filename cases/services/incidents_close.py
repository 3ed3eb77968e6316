from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import ApprovalRequired, FinobsError, Invalid
from finobs.core.service import service
from finobs.core.versions import NO_VERSION, require_version

from ..models import Incident
from . import item_locking
from .conclusion import conclude, conclusion
from .incident_close import incident_close

MAX_BULK = 1_000


class BulkResult(NamedTuple):
    """closed: the incidents that are closed now. skipped: reference and why, of those left as they are. approvals:
    reference and request, of those that wait for a second pair of eyes."""

    closed: list[Incident]
    skipped: list[tuple[str, str]]
    approvals: list[tuple[str, int]]


@service
def incidents_close(
    *, actor: User, items: Sequence[Incident], disposition: str, reason_code: str, rationale: str,
    versions: Mapping[str, int] | None = None,
) -> BulkResult:  # fmt: skip
    """Close many incidents with one conclusion; those that cannot be closed are left, and said why.

    versions: by reference, what the actor looked at: what has changed since is left too. None: they looked at nothing.
    At most 1,000. Who: work on the queue of each. Records: incident.close for each, or approval.request of the share
    that needs one. Raises: NotFound, NotAllowed, Invalid; then nothing is closed.
    """
    if not 0 < len(items) <= MAX_BULK:
        raise Invalid(f"From 1 to {MAX_BULK:,} incidents at once.")
    for item in items:
        access.require(actor, "work", item)
    result = BulkResult([], [], [])
    for item in sorted(items, key=lambda each: each.pk):
        version = None if versions is None else versions.get(item.reference, NO_VERSION)
        words = {"disposition": disposition, "reason_code": reason_code, "rationale": rationale}
        _close(actor, item, version, result, **words)
    return result


def _close(actor: User, item: Incident, version: int | None, result: BulkResult, **words: Any) -> None:
    try:
        locked = item_locking.lock_item(item)
        require_version(locked, version)
        payload = conclusion(locked, **words)
        item_locking.check("close", item=locked, actor=actor, lease=item_locking.lease_of(locked))
        if not locked.is_sampled:
            conclude(actor, locked, payload, step="close")
            result.closed.append(locked)
            return
        incident_close(actor=actor, item=locked, **words)
    except ApprovalRequired as required:
        result.approvals.append((item.reference, required.request_id))
    except Invalid:
        raise
    except FinobsError as refused:
        result.skipped.append((item.reference, refused.detail))
