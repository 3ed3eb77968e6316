"""Which of several assertions holds: the one definition that imports, corrections, selectors and erasure share.

As it stood at a date, as known at a moment: the assertion with the greatest `valid_from` up to that date among those
recorded up to that moment; of several for one date the one recorded last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from django.db.models import Q, QuerySet

from finobs.core import clock, history
from finobs.ledger.services import timestamp

from ..models import Customer, CustomerProfile, Source
from ..models.customers import Tie
from ..records.digests import salted_digest
from .profile import CURRENT_FIELDS, current_values

T = TypeVar("T", bound=Tie)


class ProfileStanding(NamedTuple):
    """One assertion, in the order in which assertions prevail: the greatest one holds."""

    valid_from: date
    recorded_at: datetime
    pk: int
    digest: bytes


def standing(known_at: datetime | None = None) -> Q:
    """Of resolutions: those that were believed at a moment; now without."""
    moment = known_at or clock.now()
    return Q(Q(withdrawn_at=None) | Q(withdrawn_at__gt=moment), recorded_at__lte=moment)


def moments(as_at: date | None, known_at: datetime | None) -> tuple[date, datetime]:
    """The day and the moment that are asked for, or today and now."""
    now = clock.now()
    return as_at or now.date(), known_at or now


def profile_order(rows: QuerySet[CustomerProfile]) -> QuerySet[CustomerProfile]:
    """The one that holds first."""
    return rows.order_by("-valid_from", "-recorded_at", "-id")


def profiles_as_at(as_at: date, known_at: datetime) -> Q:
    """Of profiles: those that say something of `as_at` and were known at `known_at`."""
    return Q(valid_from__lte=as_at, recorded_at__lte=known_at)


def ties_as_at(rows: QuerySet[T], as_at: date, known_at: datetime) -> QuerySet[T]:
    """Of ties: those that held at `as_at`, as was known at `known_at`."""
    believed = Q(withdrawn_at=None) | Q(withdrawn_at__gt=known_at)
    lasting = Q(valid_until=None) | Q(valid_until__gte=as_at)
    return rows.filter(believed, lasting, recorded_at__lte=known_at, valid_from__lte=as_at)


def standings_of(customers: Iterable[int]) -> dict[int, list[ProfileStanding]]:
    """The assertions on each of these customers, in the order in which they prevail."""
    rows = CustomerProfile.objects.filter(customer__in=list(customers))
    standings: dict[int, list[ProfileStanding]] = {}
    columns = rows.values_list("customer", "valid_from", "recorded_at", "pk", "digest")
    for customer, valid_from, recorded_at, pk, digest in columns:
        standings.setdefault(customer, []).append(ProfileStanding(valid_from, recorded_at, pk, bytes(digest)))
    for each in standings.values():
        each.sort()
    return standings


def profile_content(source: Source, customer: Customer, valid_from: date, profile: dict[str, Any]) -> dict[str, Any]:
    """What the digest of a profile is over."""
    return {
        "source": source.slug, "customer": customer.external_id, "kind": str(customer.kind),
        "valid_from": valid_from.isoformat(), "profile": profile,
    }  # fmt: skip


def profile_digest(source: Source, customer: Customer, valid_from: date, profile: dict[str, Any]) -> bytes:
    return salted_digest(customer.salt, profile_content(source, customer, valid_from, profile))


def tie_digest(salt: bytes | memoryview, kind: str, first: str, second: str, tie: Tie, **more: Any) -> bytes:
    """Of a tie between `first` and `second` (external ids), under the salt of the customer that it is said of."""
    content = {"kind": kind, "between": [first, second], "valid_from": tie.valid_from.isoformat()}
    until = tie.valid_until.isoformat() if tie.valid_until else None
    return salted_digest(salt, content | {"valid_until": until, "recorded_at": timestamp(tie.recorded_at)} | more)


def set_current(customer: Customer, profile: dict[str, Any]) -> None:
    """Give the customer's own columns the values of the profile that prevails now."""
    for name, value in current_values(profile).items():
        setattr(customer, name, value)


def save_current(customers: Sequence[Customer], *, actor: Any, reason: str) -> None:
    """Save those columns of customers that are there already, with history."""
    history.bulk_update(customers, fields=CURRENT_FIELDS, actor=actor, reason=reason)
