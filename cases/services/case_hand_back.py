from __future__ import annotations

from cases.models import Case
from finobs.accounts.models import User
from finobs.core import access
from finobs.core.service import service
from finobs.ledger.services import record

from . import frame


@service
def case_hand_back(*, actor: User, case: Case) -> Case:
    """Give a case that one holds back to its queue.

    Who: its holder. Records: case.hand_back. Raises: NotFound, NotAllowed, InvalidTransition, Conflict.
    """
    locked = frame.lock_case(case)
    access.require(actor, "work", locked)
    lease = frame.lease_of(locked)
    frame.check("hand_back", case=locked, actor=actor, lease=lease)
    if lease is not None:
        lease.delete()
    locked.assignee = None
    frame.save(locked, actor=actor, why="Handed back", fields=["assignee"])
    record(actor=actor, action="case.hand_back", subject=locked)
    return locked
