"""Reads of what came in without a user."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Count, QuerySet

from .choices import PartyRole
from .models import Account, AccountParty, Customer, Source
from .parties.assertions import moments, ties_as_at


def sources_in(unit_ids: Collection[int]) -> dict[int, int]:
    """How many sources hang in each of these units itself."""
    return _count(Source.objects.filter(unit_id__in=unit_ids))


def active_sources_in(unit_ids: Collection[int]) -> dict[int, int]:
    """The same, of those that bring rows in."""
    return _count(Source.objects.filter(unit_id__in=unit_ids, is_active=True))


def accounts_in(unit_ids: Collection[int]) -> dict[int, int]:
    """How many accounts hang in each of these units itself."""
    return _count(Account.objects.filter(unit_id__in=unit_ids))


def none_in(unit_ids: Collection[int]) -> dict[int, int]:
    """Accounts keep no unit open: they are there for ever."""
    return {}


def _count(rows: QuerySet[Any]) -> dict[int, int]:
    return dict(rows.order_by().values_list("unit_id").annotate(number=Count("pk")))


def accounts_of_nobody_else(customer: Customer) -> list[int]:
    """The accounts at which this customer, and no other who was not erased, has or ever had a role."""
    theirs = AccountParty.objects.filter(customer=customer).values_list("account_id", flat=True)
    shared = AccountParty.objects.filter(account__in=theirs).exclude(customer=customer).filter(customer__erased_at=None)
    return sorted({*theirs} - {*shared.values_list("account_id", flat=True)})


def sole_holders(account_ids: Collection[int]) -> dict[int, int]:
    """The customer of each of these accounts that one customer of its unit alone holds today; an account held jointly
    has none."""
    roles = (PartyRole.HOLDER, PartyRole.JOINT_HOLDER)
    rows = ties_as_at(AccountParty.objects.filter(account__in=account_ids, role__in=roles), *moments(None, None))
    # Of another unit they may be somebody whom those who work on the account must not know.
    columns = ("account_id", "customer_id", "account__unit_id", "customer__unit_id")
    holders: dict[int, set[tuple[int, bool]]] = {}
    for account_id, customer_id, unit_id, own_unit_id in rows.values_list(*columns):
        holders.setdefault(account_id, set()).add((customer_id, unit_id == own_unit_id))
    sole = {account_id: next(iter(some)) for account_id, some in holders.items() if len(some) == 1}
    return {account_id: customer_id for account_id, (customer_id, is_of_unit) in sole.items() if is_of_unit}
