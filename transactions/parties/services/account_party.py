from __future__ import annotations

from datetime import date

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import Invalid
from finobs.core.reasons import require_reason
from finobs.core.service import service

from ...choices import PartyRole
from ...models import Account, AccountParty, Customer
from .ties import add_tie, end_tie, lock_customer, withdraw_tie


@service
def account_party_add(
    *, actor: User, customer: Customer, account: Account, role: str, valid_from: date,
    valid_until: date | None = None, reason: str, version: int | None = None,
) -> AccountParty:  # fmt: skip
    """Say that a customer has a role at an account from a day on.

    Who may: `compliance:resolve`, who see the account. Records `account_party.add`. Raises NotFound, NotAllowed, Stale,
    Conflict where it stands already, InvalidTransition for a customer who was erased, Invalid.
    """
    locked = lock_customer(actor, customer, "tie", version)
    access.require(actor, "view", account)
    reason = require_reason(reason)
    if role not in PartyRole.values:
        raise Invalid(fields={"role": [f"{role[:40]!r} is no role."]})
    if account.source_id != locked.source_id:
        raise Invalid(fields={"account": ["The account is of another source than the customer."]})
    party = AccountParty(
        account=account, customer=locked, role=role, valid_from=valid_from, valid_until=valid_until
    )  # fmt: skip
    return add_tie(party, actor=actor, reason=reason, action="account_party.add")


@service
def account_party_end(*, actor: User, party: AccountParty, valid_until: date, reason: str) -> AccountParty:
    """Say until when a customer had their role at an account: what was said is withdrawn, and said anew with its end.

    Who may: `compliance:resolve`. Records `account_party.end`. Raises NotFound, NotAllowed, Invalid, InvalidTransition
    for what does not stand any more.
    """
    return end_tie(party, actor=actor, valid_until=valid_until, reason=reason, action="account_party.end")


@service
def account_party_withdraw(*, actor: User, party: AccountParty, reason: str) -> AccountParty:
    """Say that a customer never had that role at the account. A file that says it again takes nothing back.

    Who may: `compliance:resolve`. Records `account_party.withdraw`. Raises NotFound, NotAllowed, Invalid without a
    reason, InvalidTransition for what does not stand any more.
    """
    return withdraw_tie(party, actor=actor, reason=reason, action="account_party.withdraw")
