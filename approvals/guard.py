"""The guard at the gate (see core.gate): asks for approval of exactly this, and voids what waits on something else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NoReturn

from django.db.models import Model, QuerySet

from finobs.accounts.models import User
from finobs.core import clock, history
from finobs.core.errors import ApprovalRequired
from finobs.ledger.services import record, subject_key

from . import registry, snapshot
from .choices import RequestState
from .lifecycle import end_request, event_data
from .models import ApprovalPolicy, ApprovalRequest


class ApprovalGuard:
    """Installed into core.gate when the apps start. Its callers hold the lock on the subject's row."""

    def require_approval(self, *, actor: User, action: str, subject: Model, payload: Mapping[str, Any]) -> NoReturn:
        """Ask for an approval and raise ApprovalRequired.

        A request that already waits for exactly this is answered again; one for anything else becomes void.
        """
        registered = registry.get(action)
        # Made while the caller holds the lock on the subject, so that nothing changes between this and the request.
        content, digest = snapshot.build(registered, subject, payload)
        pending = _pending(subject).filter(action=action).first()
        if pending is not None:
            if pending.digest == digest and pending.expires_at > clock.now():
                raise ApprovalRequired(pending.pk, "This already waits for approval.")
            _void(pending, subject, actor, "Something else was asked for since.")
        request = _request(registered, subject, actor, payload=dict(payload), snapshot=content, digest=digest)
        raise ApprovalRequired(request.pk, f"{registered.label}: sent for approval.")

    def subject_changed(self, *, actor: User, subject: Model) -> None:
        """Void what waits on a state of `subject` that is no more."""
        for request in _pending(subject).order_by("pk"):
            if snapshot.digest_now(request, subject) != request.digest:
                _void(request, subject, actor, f"{request.subject_label} changed after this was asked.")


def _pending(subject: Model) -> QuerySet[ApprovalRequest]:
    """What waits on `subject`, locked as it is read."""
    kind, key = subject_key(subject)
    rows = ApprovalRequest.objects.select_for_update(of=("self",))
    return rows.filter(subject_type=kind, subject_id=key, state=RequestState.PENDING)


def _void(request: ApprovalRequest, subject: Model, actor: User, end_reason: str) -> None:
    end_request(request=request, subject=subject, state=RequestState.VOID, actor=actor, end_reason=end_reason)


def _request(action: registry.ApprovalAction, subject: Model, actor: User, **content: Any) -> ApprovalRequest:
    """Keep a new request under the policy of now, and let the subject wait."""
    policy = ApprovalPolicy.objects.filter(action=action.name).first() or ApprovalPolicy(action=action.name)
    kind, key = subject_key(subject)
    at = clock.now()
    request = ApprovalRequest(
        action=action.name, subject_type=kind, subject_id=key, subject_label=str(subject)[:200], quorum=policy.quorum,
        requested_by=actor, last_edited_by=action.last_editor(subject), created_at=at,
        expires_at=at + timedelta(hours=policy.expires_after_hours), **content,
    )  # fmt: skip
    history.save(request, actor=actor)
    # Before the event, which names the history that the subject's waiting wrote (decision 19).
    action.on_request(request, subject)
    data = event_data(request) | {"quorum": request.quorum}
    record(actor=actor, action="approval.request", subject=request, data=data, related=[subject])
    return request
