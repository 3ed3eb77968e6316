from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..models import Case
from . import case_locking


@service
def case_release(*, actor: User, case: Case, version: int | None = None) -> Case:
    """Give a case that one holds back to its queue.

    Who: its holder. Records: case.release. Raises: NotFound, NotAllowed, InvalidTransition, Conflict.
    """
    locked = case_locking.lock_case(case)
    access.require(actor, "work", locked)
    require_version(locked, version)
    lease = case_locking.lease_of(locked)
    case_locking.check("release", case=locked, actor=actor, lease=lease)
    if lease is not None:
        lease.delete()
    locked.assignee = None
    case_locking.save(locked, actor=actor, reason="Released", fields=["assignee"])
    record(actor=actor, action="case.release", subject=locked)
    return locked
