"""Accounts move to another unit, with their transactions."""

from __future__ import annotations

from finobs.accounts.models import OrgUnit, User
from finobs.accounts.services import require_no_gain, require_open
from finobs.core import access
from finobs.core.errors import Invalid
from finobs.core.reads import first_or_not_found
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.ledger.canonical import Canonical
from finobs.ledger.services import record

from .. import hooks
from ..models import Account, Transaction


@service
def account_move(*, actor: User, account: Account, unit: OrgUnit, reason: str) -> Account:
    """Put an account, and all its transactions, into another unit. Its cases stay where they were opened.

    Again into the same unit: transactions come along that an import took in meanwhile, which had read the account
    before. Who may: `system:config`, as far as they may read the account; nobody moves one to where their own grants
    reach it and did not before. Records `account.move`. Raises NotFound, NotAllowed, and Invalid without a reason,
    for a unit that is closed, or where an open case would be in a queue that does not serve the unit.
    """
    account = first_or_not_found(Account.objects.select_for_update(of=("self",)).filter(pk=account.pk))
    access.require(actor, "move", account)
    reason = require_reason(reason)
    unit = require_open(first_or_not_found(OrgUnit.objects.filter(pk=unit.pk)))
    before = account.unit_id
    if before != unit.pk:
        require_no_gain(actor, before, unit.pk)
        if why_not := hooks.why_account_stays(account.pk, unit.pk):
            raise Invalid(fields={"unit": [why_not]})
        account.unit = unit
        account.save(update_fields=["unit"])
    moved = Transaction.objects.filter(account=account).exclude(unit=unit).update(unit=unit)
    if before != unit.pk or moved:
        changes = {} if before == unit.pk else {"unit": (str(before), str(unit.pk))}
        data: dict[str, Canonical] = {"reason": reason, "transactions": moved}
        record(actor=actor, action="account.move", subject=account, data=data, changes=changes)
    return account
