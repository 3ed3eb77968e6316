"""Accounts and customers that a person may mean who types a part of a name, or an id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ..identifier_filter import keys_by_identifier
from ..models import Account, Customer
from ..selectors import accounts_visible
from .assertions import moments, ties_as_at
from .customer_search import customer_by_text
from .selectors import account_parties_visible, customers_visible

MAX_SUGGESTIONS: Final = 20
# Shorter words are in half of all names.
MIN_LENGTH: Final = 2


class Suggestion(NamedTuple):
    """What may be meant, and in words which one it is."""

    row: Account | Customer
    text: str


def customers_suggested(user: Any, text: str) -> list[Suggestion]:
    """Customers by their id or a part of their name; none for less than two letters."""
    if not _is_said(text):
        return []
    rows = customers_visible(user).filter(customer_by_text(text), erased_at=None).order_by("name", "id")
    return [Suggestion(row, f"{row.name or row.external_id} · {row.source}") for row in rows[:MAX_SUGGESTIONS]]


def accounts_suggested(user: Any, text: str) -> list[Suggestion]:
    """Accounts by their id, or by whoever has a role at them today."""
    if not _is_said(text):
        return []
    customers = [each.row.pk for each in customers_suggested(user, text)]
    ties = ties_as_at(account_parties_visible(user).filter(customer__in=customers), *moments(None, None))
    holders = dict(ties.values_list("account", "customer__name"))
    keys = {*keys_by_identifier(Account, text), *holders}
    rows = accounts_visible(user).filter(pk__in=keys).order_by("external_id", "id")[:MAX_SUGGESTIONS]
    return [Suggestion(row, f"{holders.get(row.pk) or row.external_id} · {row.source}") for row in rows]


def _is_said(text: str) -> bool:
    # PostgreSQL cannot be asked for NUL.
    return len(text.strip()) >= MIN_LENGTH and "\x00" not in text


SUGGESTED: Final[Mapping[str, Callable[[Any, str], list[Suggestion]]]] = {
    "account": accounts_suggested,
    "customer": customers_suggested,
}
