"""What is shared by tying customers to accounts and to each other, by ending such ties, and by taking them back."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from finobs.accounts.models import User
from finobs.core import access, clock, gate, history
from finobs.core.errors import Conflict, Invalid, InvalidTransition
from finobs.core.reasons import require_reason
from finobs.core.versions import require_version
from finobs.ledger.services import acting_user, event_value, record

from ...models import AccountParty, Customer, PartyRelation
from ...models.customers import Tie
from ...records.digests import salted_digest
from ..account_party_records import account_party_digest
from ..relation_records import relation_digest

T = TypeVar("T", bound=Tie)


def lock_customer(actor: User, customer: Customer, action: str, version: int | None = None) -> Customer:
    """The customer's row, locked. Raises NotFound, NotAllowed, Stale, InvalidTransition for who was erased."""
    locked = Customer.objects.select_for_update(of=("self",)).select_related("source").get(pk=customer.pk)
    access.require(actor, action, locked)
    if locked.erased_at:
        raise InvalidTransition(f"Customer {locked} was erased: nothing can be said of them any more.")
    require_version(locked, version)
    return locked


def reason_digest(customer: Customer, reason: str) -> str:
    """A reason may name people: the ledger commits to it, and the row keeps the words."""
    return salted_digest(customer.salt, {"reason": reason}).hex()


def add_tie(tie: T, *, actor: User, reason: str, action: str) -> T:
    """Save a new tie of a locked customer as of now, and record it. Raises Conflict where it stands already, Invalid
    for an end before its beginning."""
    _check_period(tie.valid_from, tie.valid_until)
    same = {name: getattr(tie, name) for name in tie.CONTENT_FIELDS if name != "share"}
    standing = type(tie)._default_manager.filter(**same, valid_from=tie.valid_from, withdrawn_at=None)
    if standing.exists():
        raise Conflict("This stands already from that day on. End it, or name another day.")
    _save(tie, actor)
    _touch(tie.customer, actor, reason)
    record(actor=actor, action=action, subject=tie, data=_data(tie, reason), related=[tie.customer])
    return tie


def end_tie(tie: T, *, actor: User, valid_until: date, reason: str, action: str) -> T:
    """Withdraw what was said, and say it anew with its end. Raises InvalidTransition for what does not stand any more,
    Invalid for an end before its beginning."""
    customer, before, reason = _lock_tie(actor, tie, reason)
    _check_period(before.valid_from, valid_until)
    _withdraw(before, actor)
    same = {name: getattr(before, name) for name in before.CONTENT_FIELDS} | {"customer": customer}
    ended = type(tie)(**same, valid_from=before.valid_from, valid_until=valid_until)
    _save(ended, actor)
    _touch(customer, actor, reason)
    data = _data(ended, reason) | {"withdraws": str(before.pk)}
    record(actor=actor, action=action, subject=ended, data=data, related=[customer])
    return ended


def withdraw_tie(tie: T, *, actor: User, reason: str, action: str) -> T:
    """Say that it never held: what was said is withdrawn, and can be read as of its time. Raises InvalidTransition for
    what does not stand any more."""
    customer, locked, reason = _lock_tie(actor, tie, reason)
    _withdraw(locked, actor)
    _touch(customer, actor, reason)
    record(actor=actor, action=action, subject=locked, data=_data(locked, reason), related=[customer])
    return locked


def _lock_tie(actor: User, tie: T, reason: str) -> tuple[Customer, T, str]:
    """The customer and the tie, both locked, and the reason as it is kept."""
    customer = lock_customer(actor, tie.customer, "tie")
    access.require(actor, "view", tie)
    reason = require_reason(reason)
    locked: T = type(tie)._default_manager.select_for_update(of=("self",)).get(pk=tie.pk)
    if locked.withdrawn_at is not None:
        raise InvalidTransition("This was corrected or ended already; look at what stands now.")
    return customer, locked, reason


def _check_period(valid_from: date, valid_until: date | None) -> None:
    if valid_until is not None and valid_until < valid_from:
        raise Invalid(fields={"valid_until": [f"It ends before it begins, on {valid_from}."]})


def _save(tie: Tie, actor: User) -> None:
    tie.recorded_at, tie.recorded_by = clock.now(), acting_user(actor)
    match tie:
        case AccountParty():
            tie.digest = account_party_digest(tie)
        case PartyRelation():
            tie.digest = relation_digest(tie)
    tie.save(force_insert=True)


def _withdraw(tie: Tie, actor: User) -> None:
    tie.withdrawn_at, tie.withdrawn_by = clock.now(), acting_user(actor)
    tie.save(update_fields=["withdrawn_at", "withdrawn_by"])


def _touch(customer: Customer, actor: User, reason: str) -> None:
    """A tie belongs to its customer: the version rises, and what waits for approval of another state is void."""
    history.save(customer, actor=actor, reason=reason, fields=[])
    gate.subject_changed(actor=actor, subject=customer)


def _data(tie: Tie, reason: str) -> dict[str, Any]:
    """What the event of a tie says; names are ids at the source."""
    return {name: event_value(value) for name, value in tie.content.items()} | {
        "valid_from": event_value(tie.valid_from), "valid_until": event_value(tie.valid_until),
        "digest": bytes(tie.digest).hex(), "reason_digest": reason_digest(tie.customer, reason),
    }  # fmt: skip
