"""What every verb on a work item begins and ends with: lock it, see who holds it, check the table, save it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from django.utils import timezone

from finobs.accounts.models import User
from finobs.core import clock, history
from finobs.core.errors import Conflict, InvalidTransition
from finobs.core.reads import first_or_not_found

from .. import workflow
from ..models import WorkItem, WorkLease
from .lease_sql import insert_free_lease

I = TypeVar("I", bound=WorkItem)  # noqa: E741 (a work item)


def lock_item(item: I) -> I:
    """The item as it is now, locked. Raises NotFound."""
    rows = type(item)._default_manager.select_for_update(of=("self",)).select_related("queue", "account")
    return first_or_not_found(rows.filter(pk=item.pk))


def lease_of(item: WorkItem) -> WorkLease | None:
    """The unexpired lease on a locked item, read afresh."""
    rows = WorkLease.objects.filter(**{item.KIND: item}, expires_at__gt=clock.now())
    return rows.select_related("holder").first()


def check(action: str, *, item: WorkItem, actor: User, lease: WorkLease | None) -> None:
    """Raise InvalidTransition if the table has no such step from here, Conflict if somebody else holds the item."""
    holding = workflow.holding_of(lease, actor)
    refusal = workflow.refusal(action, status=item.status, holding=holding, kind=item.KIND)
    if not refusal:
        return
    is_reachable = item.status in workflow.TABLES[item.KIND][action].sources
    if is_reachable and lease is not None and lease.holder_id != actor.pk:
        raise Conflict(holder_message(item, lease))
    raise InvalidTransition(refusal)


def holder_message(item: WorkItem, lease: WorkLease) -> str:
    since = timezone.localtime(lease.taken_at)
    return f"{lease.holder} has held this {item.KIND} since {since:%-d %b %Y, %H:%M %Z}."


def renew_lease(item: WorkItem, actor: User, lease: WorkLease | None) -> None:
    """Work by the holder extends the hold. A longer hold is not cut."""
    until = clock.now() + timedelta(minutes=item.queue.lease_minutes)
    if lease is not None and lease.holder_id == actor.pk and lease.expires_at < until:
        lease.expires_at = until
        lease.save(update_fields=["expires_at"])


def grant_lease(item: WorkItem, holder: User, *, minutes: int) -> WorkLease:
    """Give the locked item to `holder`."""
    lease = _lease(item, holder, minutes)
    WorkLease.objects.bulk_create(
        [lease], update_conflicts=True, unique_fields=[item.KIND], update_fields=["holder", "taken_at", "expires_at"]
    )
    return lease


def grant_free_lease(item: WorkItem, holder: User, *, minutes: int) -> WorkLease | None:
    """The same, or None where somebody's lease on it has not expired: the row of the lease itself is the judge."""
    lease = _lease(item, holder, minutes)
    return lease if insert_free_lease(item.KIND, lease) else None


def end_lease(item: WorkItem) -> None:
    """Nobody holds the locked item any more."""
    WorkLease.objects.filter(**{item.KIND: item}).delete()


def _lease(item: WorkItem, holder: User, minutes: int) -> WorkLease:
    at = clock.now()
    return WorkLease(**{item.KIND: item}, holder=holder, taken_at=at, expires_at=at + timedelta(minutes=minutes))


def save(
    item: WorkItem, *, actor: User, reason: str, fields: Iterable[str], stored: Mapping[str, Any] | None = None
) -> None:
    """Save a locked item with its history. `stored`: see `history.save`."""
    item.updated_at = clock.now()
    history.save(item, actor=actor, reason=reason, fields=[*fields, "updated_at"], stored=stored)
