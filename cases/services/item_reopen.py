from __future__ import annotations

from typing import Any

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..choices import EntryCause, PolicyKind
from ..models import Incident
from ..policies.gathering import Gathering
from ..policies.in_force import policy_in_force
from ..policies.shipped import GATHERING
from ..workflow import target
from . import item_locking
from .item_locking import I
from .queue_entries import enter_queue
from .sampling import is_drawn
from .text_digests import reason_digest

NO_CONCLUSION = {"disposition": "", "reason_code": "", "rationale": "", "closed_at": None, "concluded_by_version": None}


@service
def item_reopen(*, actor: User, item: I, reason: str, version: int | None = None) -> I:
    """Take up a closed incident or case again. What was concluded stays in its history and in the labels, until it is
    closed anew.

    An incident is drawn anew for the share that is closed under four eyes: that it was not among it the first time is
    told by the first closing. Who: lead on its queue. Records: case.reopen, incident.reopen, with what had been
    concluded. Raises: NotFound, NotAllowed, InvalidTransition, Invalid, Stale.
    """
    locked = item_locking.lock_item(item)
    access.require(actor, "lead", locked)
    item_locking.check("reopen", item=locked, actor=actor, lease=None)
    require_version(locked, version)
    reason = require_reason(reason)
    before = {"disposition": locked.disposition, "reason_code": locked.reason_code}
    locked.status, locked.assignee = target("reopen", locked.status, locked.KIND), None
    for name, value in NO_CONCLUSION.items():
        setattr(locked, name, value)
    fields = ["status", "assignee", *NO_CONCLUSION]
    if isinstance(locked, Incident) and not locked.is_sampled:
        policy = policy_in_force(PolicyKind.GATHERING, GATHERING)
        locked.is_sampled = is_drawn(Gathering(policy.content).sampled_percent)
        fields.append("is_sampled")
    item_locking.save(locked, actor=actor, reason=f"Reopened: {reason}", fields=fields)
    enter_queue([locked], EntryCause.REOPENED)
    data: dict[str, Any] = {"reason_digest": reason_digest(locked, reason), "before": before}
    record(actor=actor, action=f"{locked.KIND}.reopen", subject=locked, data=data)
    return locked
