"""The guard at the gate (see core.gate): uses up an approval of exactly this, or asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Model

from finobs.accounts.models import User
from finobs.core import clock, history
from finobs.core.errors import ApprovalRequired
from finobs.ledger.services import record, subject_key

from . import registry, snapshot
from .choices import RequestState
from .lifecycle import end_request, event_data
from .models import ApprovalPolicy, ApprovalRequest

OPEN_STATES = (RequestState.PENDING, RequestState.APPROVED)


class ApprovalGuard:
    """Installed into core.gate when the apps start. Its callers hold the lock on the subject's row."""

    def pass_through(self, *, actor: User, action: str, subject: Model, payload: Mapping[str, Any]) -> int:
        """Use up the actor's approval of exactly this and return its id; or raise ApprovalRequired.

        A request that already waits for exactly this is answered again; one for anything else becomes void.
        """
        known = registry.get(action)
        shown, digest = snapshot.take(known, subject, payload)
        standing = _standing(action, subject)
        if standing is not None:
            same = standing.digest == digest and standing.expires_at > clock.now()
            if same and standing.state == RequestState.APPROVED and standing.requested_by_id == actor.pk:
                end_request(
                    request=standing, subject=subject, state=RequestState.USED, actor=actor, outcome="Carried out."
                )
                return standing.pk
            if same and standing.state == RequestState.PENDING:
                raise ApprovalRequired(standing.pk, "This already waits for approval.")
            end_request(
                request=standing, subject=subject, state=RequestState.VOID, actor=actor,
                outcome="Something else was asked for since.",
            )  # fmt: skip
        request = _ask(actor=actor, action=known, subject=subject, payload=payload, shown=shown, digest=digest)
        raise ApprovalRequired(request.pk, f"{known.label}: sent for approval.")

    def changed(self, *, actor: User, subject: Model) -> None:
        """Void what waits on a state of `subject` that is no more."""
        kind, key = subject_key(subject)
        waiting = ApprovalRequest.objects.select_for_update(of=("self",)).filter(
            subject_type=kind, subject_id=key, state__in=OPEN_STATES
        )
        for request in waiting.order_by("pk"):
            if snapshot.digest_now(request, subject) != request.digest:
                outcome = f"{request.subject_label} changed after this was asked."
                end_request(request=request, subject=subject, state=RequestState.VOID, actor=actor, outcome=outcome)


def _standing(action: str, subject: Model) -> ApprovalRequest | None:
    kind, key = subject_key(subject)
    standing = ApprovalRequest.objects.select_for_update(of=("self",))
    return standing.filter(action=action, subject_type=kind, subject_id=key, state__in=OPEN_STATES).first()


def _ask(
    *,
    actor: User,
    action: registry.ApprovalAction,
    subject: Model,
    payload: Mapping[str, Any],
    shown: dict[str, Any],
    digest: str,
) -> ApprovalRequest:
    policy = ApprovalPolicy.objects.filter(action=action.name).first() or ApprovalPolicy(action=action.name)
    kind, key = subject_key(subject)
    at = clock.now()
    request = ApprovalRequest(
        action=action.name, subject_type=kind, subject_id=key, subject_label=str(subject)[:200], payload=dict(payload),
        shown=shown, digest=digest, quorum=policy.quorum, requested_by=actor,
        last_edited_by=action.last_editor(subject), created_at=at,
        expires_at=at + timedelta(hours=policy.expires_after_hours),
    )  # fmt: skip
    history.save(request, actor=actor)
    action.requested(request, subject)
    data = event_data(request) | {"quorum": request.quorum}
    record(actor=actor, action="approval.request", subject=request, data=data, related=[subject])
    return request
