"""Who a counterparty may be: customers that something points to, and those whom a person looks for.

Never more than that: whom it is resolved to, a person says.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from finobs.accounts.names import MAX_NAME_KEY_LENGTH, name_key

from ..identifier_filter import keys_by_identifier
from ..models import Account, Counterparty, CounterpartyDetails, Customer
from ..selectors import counterparty_names
from .assertions import moments, ties_as_at
from .customer_search import customer_by_text
from .selectors import account_parties_visible, customers_visible

MAX_CANDIDATES: Final = 20


class ResolutionCandidate(NamedTuple):
    """why: what points to the customer; "" for one that was looked for."""

    customer: Customer
    why: str


def resolution_candidates(user: Any, counterparty: Counterparty, text: str = "") -> list[ResolutionCandidate]:
    """Customers whom the user may see: first those that are suggested, then those that `text` names, if any is given.

    Suggested are who has a role today at an account of ours that has the counterparty's number, and who has its name,
    however it is written.
    """
    by_key = {
        each.customer.pk: each for each in (*_by_account(user, counterparty), *_by_name(user, counterparty))
    }  # fmt: skip
    if text:
        rows = customers_visible(user).filter(customer_by_text(text), erased_at=None).order_by("name", "id")
        for customer in rows[:MAX_CANDIDATES]:
            by_key.setdefault(customer.pk, ResolutionCandidate(customer, ""))
    return list(by_key.values())


def _by_name(user: Any, counterparty: Counterparty) -> list[ResolutionCandidate]:
    details = _details(counterparty)
    names = [details.name if details else "", *(name for name, _ in counterparty_names(user, counterparty))]
    keys = {name_key(name)[:MAX_NAME_KEY_LENGTH] for name in names} - {""}
    if not keys:
        return []
    rows = customers_visible(user).filter(name_key__in=sorted(keys), erased_at=None).order_by("id")
    return [ResolutionCandidate(each, "has the same name") for each in rows[:MAX_CANDIDATES]]


def _by_account(user: Any, counterparty: Counterparty) -> list[ResolutionCandidate]:
    details = _details(counterparty)
    number = details.account_number if details else ""
    accounts = keys_by_identifier(Account, number) if number else []
    if not accounts:
        return []
    rows = account_parties_visible(user).filter(account__in=accounts, customer__erased_at=None)
    rows = ties_as_at(rows, *moments(None, None)).select_related("customer__source", "customer__unit")
    return [
        ResolutionCandidate(row.customer, f"is {row.get_role_display().lower()} of our account {row.account}")
        for row in rows.order_by("role", "id")[:MAX_CANDIDATES]
    ]


def _details(counterparty: Counterparty) -> CounterpartyDetails | None:
    details: CounterpartyDetails | None = getattr(counterparty, "details", None)
    return details
