"""What every verb on a case begins and ends with: lock it, see who holds it, check the table, save with history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from finobs.accounts.models import User
from finobs.core import clock, history
from finobs.core.errors import Conflict, InvalidTransition
from finobs.core.reads import first_or_not_found

from .. import workflow
from ..models import Case, WorkLease


def lock_case(case: Case) -> Case:
    """The case as it is now, locked. Raises NotFound."""
    rows = Case.objects.select_for_update(of=("self",)).select_related("queue", "account")
    return first_or_not_found(rows.filter(pk=case.pk))


def lease_of(case: Case) -> WorkLease | None:
    """The unexpired lease on a locked case, read afresh."""
    return WorkLease.objects.filter(case=case, expires_at__gt=clock.now()).select_related("holder").first()


def check(action: str, *, case: Case, actor: User, lease: WorkLease | None) -> None:
    """Raise InvalidTransition if the table has no such step from here, Conflict if somebody else holds the case."""
    refusal = workflow.refusal(action, status=case.status, holding=workflow.holding_of(lease, actor))
    if not refusal:
        return
    if case.status in workflow.BY_ACTION[action].sources and lease is not None and lease.holder_id != actor.pk:
        raise Conflict(holder_message(lease))
    raise InvalidTransition(refusal)


def holder_message(lease: WorkLease) -> str:
    return f"{lease.holder} has held this case since {lease.taken_at:%Y-%m-%d %H:%M} UTC."


def renew_lease(case: Case, actor: User, lease: WorkLease | None) -> None:
    """Work by the holder extends the hold. A longer hold is not cut."""
    until = clock.now() + timedelta(minutes=case.queue.lease_minutes)
    if lease is not None and lease.holder_id == actor.pk and lease.expires_at < until:
        lease.expires_at = until
        lease.save(update_fields=["expires_at"])


def grant_lease(case: Case, holder: User, *, minutes: int) -> WorkLease:
    """Give the locked case to `holder`."""
    at = clock.now()
    lease, _ = WorkLease.objects.update_or_create(
        case=case,
        defaults={"holder": holder, "taken_at": at, "expires_at": at + timedelta(minutes=minutes)},
    )
    return lease


def save(case: Case, *, actor: User, reason: str, fields: Iterable[str]) -> None:
    """Save a locked case with its history."""
    case.updated_at = clock.now()
    history.save(case, actor=actor, reason=reason, fields=[*fields, "updated_at"])
