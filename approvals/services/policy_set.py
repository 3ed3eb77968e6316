from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access, history
from finobs.core.errors import Invalid
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..models import ApprovalPolicy
from ..registry import names


@service
def policy_set(
    *, actor: User, action: str, quorum: int, expires_after_hours: int, version: int | None = None
) -> ApprovalPolicy:
    """Say how many must approve `action`, and for how long a request stands. Requests already made keep theirs.

    Who: system:config. Records: policy.set. Raises: NotAllowed, Invalid, Stale.
    """
    policy = ApprovalPolicy.objects.select_for_update().filter(action=action).first()
    access.require(actor, "change" if policy else "create", policy or ApprovalPolicy)
    if policy is not None:
        require_version(policy, version)
    if action not in names():
        raise Invalid(fields={"action": [f"{action!r} is no action that can be approved."]})
    if not 1 <= quorum <= 10:
        raise Invalid(fields={"quorum": ["At least 1 and at most 10 people."]})
    if not 1 <= expires_after_hours <= 24 * 90:
        raise Invalid(fields={"expires_after_hours": ["At least 1 hour and at most 90 days."]})
    # Requests carry their own quorum and end: a milder policy lets nothing pass that was asked for before.
    policy = policy or ApprovalPolicy(action=action)
    policy.quorum, policy.expires_after_hours = quorum, expires_after_hours
    history.save(policy, actor=actor)
    data: dict[str, str | int] = {"action": action, "quorum": quorum, "expires_after_hours": expires_after_hours}
    record(actor=actor, action="policy.set", subject=policy, data=data)
    return policy
