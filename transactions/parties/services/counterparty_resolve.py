from __future__ import annotations

from typing import Any, Final

from finobs.accounts.models import User
from finobs.core import access, clock
from finobs.core.errors import Conflict
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.ledger.services import acting_user, record

from ...models import Counterparty, CounterpartyResolution, Customer
from .ties import lock_customer, reason_digest

# To whom is not said: whoever asks may not be allowed to see them.
ALREADY_RESOLVED: Final = (
    "This counterparty is resolved already, perhaps to somebody whom you may not see. Whoever sees both undoes that "
    "first, if it is wrong."
)
UNDONE_ALREADY: Final = "This was undone already; look at the counterparty again."


@service
def counterparty_resolve(
    *, actor: User, counterparty: Counterparty, customer: Customer, reason: str
) -> CounterpartyResolution:
    """Say that a counterparty is a customer, of the same or of another source.

    Who may: `compliance:resolve`, who see both. Records `counterparty.resolve`; the words of the reason stand beside
    the resolution, in the event its digest. Raises NotFound, NotAllowed, Invalid, InvalidTransition for a customer who
    was erased, Conflict where the counterparty is resolved already.
    """
    # Of two at once, one waits here and is told that the other was first.
    rows = Counterparty.objects.select_for_update(no_key=True, of=("self",)).select_related("source")
    locked = rows.get(pk=counterparty.pk)
    access.require(actor, "resolve", locked)
    target = lock_customer(actor, customer, "tie")
    reason = require_reason(reason)
    if CounterpartyResolution.objects.filter(counterparty=locked, withdrawn_at=None).exists():
        raise Conflict(ALREADY_RESOLVED)
    resolution = CounterpartyResolution.objects.create(
        counterparty=locked, customer=target, reason=reason, recorded_at=clock.now(), recorded_by=acting_user(actor)
    )
    record(actor=actor, action="counterparty.resolve", subject=resolution, data=_data(resolution, reason))
    return resolution


@service
def counterparty_unresolve(*, actor: User, resolution: CounterpartyResolution, reason: str) -> CounterpartyResolution:
    """Take back that a counterparty is a customer. That it was believed until now can still be read.

    Who may: `compliance:resolve`, who see both. Records `counterparty.unresolve`. Raises NotFound, NotAllowed, Invalid,
    Conflict for what was taken back already.
    """
    rows = CounterpartyResolution.objects.select_for_update(of=("self",))
    locked = rows.select_related("counterparty__source", "customer__source").get(pk=resolution.pk)
    access.require(actor, "resolve", locked.counterparty)
    access.require(actor, "tie", locked.customer)
    reason = require_reason(reason)
    if locked.withdrawn_at is not None:
        raise Conflict(UNDONE_ALREADY)
    locked.withdrawn_at, locked.withdrawn_by, locked.withdrawal_reason = clock.now(), acting_user(actor), reason
    locked.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
    record(actor=actor, action="counterparty.unresolve", subject=locked, data=_data(locked, reason))
    return locked


def _data(resolution: CounterpartyResolution, reason: str) -> dict[str, Any]:
    """A counterparty by its key, as in its other events: what feeds call it may be somebody's account number."""
    counterparty, customer = resolution.counterparty, resolution.customer
    return {
        "source": counterparty.source.slug, "party": str(counterparty.pk), "customer_source": customer.source.slug,
        "customer": customer.external_id, "reason_digest": reason_digest(customer, reason),
    }  # fmt: skip
