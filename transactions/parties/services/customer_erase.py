from __future__ import annotations

from typing import Any, Final, NoReturn

from finobs.accounts.models import User
from finobs.core import clock, gate, history
from finobs.core.errors import InvalidTransition
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.ledger.services import acting_user, record

from ... import hooks
from ...models import AccountDetails, CounterpartyResolution, Customer, CustomerProfile, QuarantinedRow, new_salt
from ...queries import accounts_of_nobody_else
from ...services.quarantine_erase import erase_rows
from ..erasure import ERASE_ACTION, why_not_erasable
from ..mentions import rows_about
from ..profile import CURRENT_FIELDS, ERASED_VALUES
from .ties import lock_customer

ERASED_TEXT: Final = "Erased with its customer."


@service
def customer_erase(*, actor: User, customer: Customer, reason: str, version: int | None = None) -> NoReturn:
    """Propose to erase the personal data of a customer; it is, once somebody else has approved.

    Possible once they have left and the time of retention is over, while no open case is about them or an account. The
    reason goes into the ledger as it is: it must name nobody.
    Who may: `compliance:resolve`. Gate: transactions.customer_erase. Records `approval.request`. Raises
    ApprovalRequired when all is well, NotFound, NotAllowed, Stale, Invalid without a reason, InvalidTransition for who
    was erased, or may not be yet.
    """
    locked = lock_customer(actor, customer, "erase", version)
    _require_erasable(locked)
    payload = {"reason": require_reason(reason)}
    gate.require_approval(actor=actor, action=ERASE_ACTION, subject=locked, payload=payload)


@service
def customer_erase_approved(*, actor: User, customer: Customer, reason: str, approval: int) -> None:
    """Erase the personal data of a locked customer, as approved, as its requester. Called in the deciding vote.

    Overwritten are their values, their profiles, what their history and quarantined rows hold, the names of accounts
    that are nobody else's, the reasons for what was resolved to them, what other systems said with alerts about them,
    what people wrote of incidents and cases about them, and the salts under which the ledger commits to all that.
    Resolutions to them are withdrawn. Ids, roles, relations and all events stay. Who may: `compliance:resolve`,
    still. Records `customer.erase`. Raises as `customer_erase` does.
    """
    locked = lock_customer(actor, customer, "erase")
    _require_erasable(locked)
    rows = _erase_quarantined(locked, actor)
    profiles = CustomerProfile.objects.filter(customer=locked).update(profile={}, reason="")
    resolutions = _withdraw_resolutions(locked, actor)
    account_names = _erase_account_names(locked, actor)
    for name, value in ERASED_VALUES.items():
        setattr(locked, name, value)
    locked.erased_at = clock.now()
    # Under the old salt, which nobody has afterwards: what the event says of the values that were cannot be tried.
    history.save(locked, actor=actor, reason=ERASED_TEXT, fields=[*CURRENT_FIELDS, "erased_at"])
    locked.salt = new_salt()
    history.save(locked, actor=actor, reason=ERASED_TEXT, fields=["salt"])
    history_rows = history.overwrite(locked, ERASED_VALUES)
    data: dict[str, Any] = {
        "profiles": profiles, "history_rows": history_rows, "quarantined_rows": rows,
        "resolutions": resolutions, "account_names": account_names, "approval": str(approval), "reason": reason,
    }  # fmt: skip
    data |= hooks.erase(actor, locked)
    record(actor=actor, action="customer.erase", subject=locked, data=data)


def _require_erasable(customer: Customer) -> None:
    if refusal := why_not_erasable(customer):
        raise InvalidTransition(refusal)


def _withdraw_resolutions(customer: Customer, actor: User) -> int:
    """Withdraw what stands, and overwrite what people wrote of each; how many there are.

    The rows stay, but no reader is told of them any more (`resolution_selectors`): by the name of a counterparty it
    would be known again who was erased.
    """
    rows = CounterpartyResolution.objects.filter(customer=customer)
    standing = {"withdrawn_at": clock.now(), "withdrawn_by": acting_user(actor)}
    rows.filter(withdrawn_at=None).update(**standing, withdrawal_reason=ERASED_TEXT)
    return rows.update(reason=ERASED_TEXT, withdrawal_reason=ERASED_TEXT)


def _erase_account_names(customer: Customer, actor: User) -> int:
    """Overwrite what the accounts are called at which nobody else has a role; of how many."""
    rows = AccountDetails.objects.filter(account__in=accounts_of_nobody_else(customer)).exclude(name="")
    details = list(rows.order_by("pk").select_for_update(of=("self",)))
    for row in details:
        row.name, row.salt = "", new_salt()
    history.bulk_update(details, fields=["name", "salt"], actor=actor, reason=ERASED_TEXT)
    for row in details:
        history.overwrite(row, {"name": ""})
    return len(details)


def _erase_quarantined(customer: Customer, actor: User) -> int:
    """Overwrite what rows about the customer hold that were ever in quarantine; those that wait are discarded."""
    locked = QuarantinedRow.objects.select_for_update(of=("self",)).order_by("pk")
    rows = list(locked.filter(pk__in=rows_about(customer)))
    erase_rows(rows, actor=actor, text=ERASED_TEXT)
    return len(rows)
