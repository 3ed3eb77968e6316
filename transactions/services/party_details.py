"""What is known of an account or a counterparty, changed by people and by machines that may bring rows in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError

from finobs.accounts.models import User
from finobs.core import access, history
from finobs.core.errors import Invalid
from finobs.core.plain_text import require_names, require_plain
from finobs.core.reasons import optional_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..identifiers import identifier
from ..models import Account, AccountDetails, Counterparty, CounterpartyDetails, PartyDetails
from ..reference_data import COUNTRIES, CURRENCIES

ACCOUNT_FIELDS: Final = ("name", "kind", "currency", "opened_on", "closed_on", "status")
COUNTERPARTY_FIELDS: Final = ("name", "kind", "country", "bank", "account_number")


@service
def account_change(
    *, actor: User, details: AccountDetails, reason: str = "", version: int | None = None, **fields: Any
) -> AccountDetails:
    """Say what is known of an account: name, kind, currency, opened_on, closed_on, status; what is left out stays.
    Where nothing changes nothing is written.

    details: those that there are, or `AccountDetails(account=...)` where nothing was said yet.
    Who may: `transaction:create`. Records `account.change` with old and new values, the name by its digest.
    Raises Invalid, Stale.
    """
    account = Account.objects.select_for_update(no_key=True).get(pk=details.pk)
    access.require(actor, "change", account)
    details = AccountDetails.objects.filter(pk=account.pk).first() or AccountDetails(account=account)
    before = _apply(actor, details, fields, ACCOUNT_FIELDS, version)
    check_account(details)
    if before == _values(details, ACCOUNT_FIELDS):
        return details
    data = _save(actor, details, account, optional_reason(reason))
    record(actor=actor, action="account.change", subject=details, data=data)
    return details


@service
def counterparty_change(
    *, actor: User, details: CounterpartyDetails, reason: str = "", version: int | None = None, **fields: Any
) -> CounterpartyDetails:
    """Say what is known of a counterparty: name, kind, country, bank, account_number; what is left out stays.
    Where nothing changes nothing is written.

    details: those that there are, or `CounterpartyDetails(counterparty=...)` where nothing was said yet.
    Who may: `transaction:create`. Records `counterparty.change` with old and new values; name, bank and number of the
    account by their digests. Raises Invalid, Stale.
    """
    counterparty = Counterparty.objects.select_for_update(no_key=True).get(pk=details.pk)
    access.require(actor, "change", counterparty)
    details = CounterpartyDetails.objects.filter(pk=counterparty.pk).first() or CounterpartyDetails(
        counterparty=counterparty
    )
    before = _apply(actor, details, fields, COUNTERPARTY_FIELDS, version)
    check_counterparty(details)
    if before == _values(details, COUNTERPARTY_FIELDS):
        return details
    data = _save(actor, details, counterparty, optional_reason(reason))
    record(actor=actor, action="counterparty.change", subject=details, data=data)
    return details


def _apply(
    actor: User, details: PartyDetails, fields: Mapping[str, Any], names: tuple[str, ...], version: int | None
) -> dict[str, Any]:
    """Put the fields on `details`; what it said before."""
    _require_names_of(fields, names)
    require_version(details, version)
    if details._state.adding:
        # Empty first: so the event and the history say each value as a change, personal ones by their digest.
        history.save(details, actor=actor, reason="first said")
    before = _values(details, names)
    _set(details, fields)
    return before


def _require_names_of(fields: Mapping[str, Any], names: tuple[str, ...]) -> None:
    if unknown := fields.keys() - set(names):
        raise Invalid(fields={name: ["There is no such field, or it cannot be changed."] for name in unknown})


def _set(details: PartyDetails, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(details, name, value)
    try:
        details.clean_fields()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from None
    details.name = require_names(name=details.name)["name"]


def _values(details: PartyDetails, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(details, name) for name in names}


def check_account(details: AccountDetails) -> None:
    wrong: dict[str, list[str]] = {}
    details.currency = details.currency.upper()
    if details.currency and details.currency not in CURRENCIES:
        wrong["currency"] = [f"{details.currency} is no ISO 4217 currency code."]
    if details.opened_on and details.closed_on and details.closed_on < details.opened_on:
        wrong["closed_on"] = ["It cannot be closed before it was opened."]
    if wrong:
        raise Invalid(fields=wrong)


def check_counterparty(details: CounterpartyDetails) -> None:
    details.country = details.country.upper()
    if details.country and details.country not in COUNTRIES:
        raise Invalid(fields={"country": [f"{details.country} is no ISO 3166-1 code of two letters."]})
    texts = require_plain(bank=details.bank, account_number=details.account_number)
    details.bank = texts["bank"]
    try:
        details.account_number = identifier(texts["account_number"])
    except ValueError as error:
        raise Invalid(fields={"account_number": [f"This {error}."]}) from None


def _save(actor: User, details: PartyDetails, party: Account | Counterparty, reason: str) -> dict[str, str]:
    history.save(details, actor=actor, reason=reason or "changed")
    return {"source": party.source.slug, "party": str(party.pk), "reason": reason}
