from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from finobs.accounts.models import User
from finobs.core import clock, gate, history
from finobs.core.errors import Conflict
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.ledger.services import acting_user, event_value, record

from ...models import Customer, CustomerProfile
from ..assertions import profile_digest, profile_order, profiles_as_at, set_current, standings_of
from ..profile import CURRENT_FIELDS
from ..profile_reading import read_profile
from .ties import lock_customer, reason_digest


@service
def customer_correct(
    *, actor: User, customer: Customer, valid_from: date, profile: Mapping[str, Any], reason: str,
    version: int | None = None,
) -> CustomerProfile:  # fmt: skip
    """Say what is so of a customer from a day on, whole: a further assertion, beside which the earlier ones stay.

    Who may: `compliance:resolve`. Records `customer.correct` with the names of the fields that it changes, never with
    their values: those, and the reason, are committed to under the customer's salt. Raises NotFound, NotAllowed, Stale,
    Invalid with a message per field, Conflict where it says what is known already, InvalidTransition for a customer who
    was erased.
    """
    locked = lock_customer(actor, customer, "correct", version)
    reason = require_reason(reason)
    values = read_profile(locked, valid_from, profile)
    before = effective_profile(locked, valid_from)
    if values == before:
        raise Conflict(f"Nothing of this is other than what is known of {valid_from} already.")
    earlier = standings_of([locked.pk]).get(locked.pk, [])
    assertion = CustomerProfile.objects.create(
        customer=locked, valid_from=valid_from, recorded_at=clock.now(), recorded_by=acting_user(actor), reason=reason,
        digest=profile_digest(locked.source, locked, valid_from, values), profile=values,
    )  # fmt: skip
    fields: tuple[str, ...] = ()
    if not earlier or earlier[-1].valid_from <= valid_from:
        set_current(locked, values)
        fields = CURRENT_FIELDS
    history.save(locked, actor=actor, reason=reason, fields=fields)
    gate.subject_changed(actor=actor, subject=locked)
    data = {
        "profile": str(assertion.pk), "valid_from": event_value(valid_from), "digest": assertion.digest.hex(),
        "fields": sorted(name for name in before.keys() | values.keys() if before.get(name) != values.get(name)),
        "reason_digest": reason_digest(locked, reason),
    }  # fmt: skip
    record(actor=actor, action="customer.correct", subject=locked, data=data)
    return assertion


def effective_profile(customer: Customer, valid_from: date) -> dict[str, Any]:
    """What is known now of that day."""
    rows = CustomerProfile.objects.filter(profiles_as_at(valid_from, clock.now()), customer=customer)
    first = profile_order(rows).first()
    return dict(first.profile) if first else {}
