"""Every read of who stands behind accounts. The first argument is who asks.

`as_at`: a day, the customer as they stood then; `known_at`: a moment, as finobs knew it then. Without them: today, now.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from finobs.core import access
from finobs.core.errors import Invalid
from finobs.core.identity import preload
from finobs.core.reads import first_or_not_found

from ..identifiers import writings
from ..models import Account, AccountParty, Customer, CustomerProfile, PartyRelation, Transaction
from ..selectors import transactions_visible
from .assertions import moments, profile_order, profiles_as_at, ties_as_at
from .ownership import OwnershipTree, ownership_tree_of
from .profile_reading import read_profile

# Of one customer; the API pages through all of them.
MAX_CHANGES = 200
MAX_TIES = 200


class ProfileView(NamedTuple):
    """A profile as at a day, as known at a moment; `assertion` is None where nothing was said of that day by then."""

    as_at: date
    known_at: datetime
    assertion: CustomerProfile | None

    @property
    def profile(self) -> Mapping[str, Any]:
        return self.assertion.profile if self.assertion else {}


def customers_visible(user: Any) -> QuerySet[Customer]:
    return access.restrict(Customer.objects.select_related("source", "unit"), user, "view")


def customer_get(user: Any, pk: int) -> Customer:
    return first_or_not_found(customers_visible(user).filter(pk=pk))


def customer_profiles(user: Any, customer: Customer) -> QuerySet[CustomerProfile]:
    """All that was ever said of a customer, what prevails first."""
    rows = CustomerProfile.objects.filter(customer=customer).select_related("recorded_by", "batch", "customer")
    return profile_order(access.restrict(rows, user, "view"))


def customer_profile(
    user: Any, customer: Customer, as_at: date | None = None, known_at: datetime | None = None
) -> ProfileView:
    """The customer as they stood at `as_at`, as was known at `known_at`."""
    day, moment = moments(as_at, known_at)
    return ProfileView(day, moment, customer_profiles(user, customer).filter(profiles_as_at(day, moment)).first())


def customer_changes(user: Any, customer: Customer) -> list[dict[str, Any]]:
    """What was said of a customer, the latest to be said first: who, when, from when on, and which fields it changed.

    `changes`: (field, before, after) against what was known of that day until then.
    """
    rows = list(customer_profiles(user, customer)[:MAX_CHANGES])
    preload(rows)
    changes = []
    for row in sorted(rows, key=lambda each: (each.recorded_at, each.pk), reverse=True):
        before = next(
            (each for each in rows if _was_said_before(each, row) and each.valid_from <= row.valid_from), None
        )
        changes.append({"assertion": row, "changes": _differences(before.profile if before else {}, row.profile)})
    return changes


def _was_said_before(each: CustomerProfile, row: CustomerProfile) -> bool:
    return (each.recorded_at, each.pk) < (row.recorded_at, row.pk)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    names = sorted(before.keys() | after.keys())
    return [(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def account_parties_visible(user: Any) -> QuerySet[AccountParty]:
    """Parties of accounts whose account and customer the user may see, withdrawn or not."""
    rows = AccountParty.objects.select_related("account__source", "customer", "recorded_by")
    return access.restrict(rows, user, "view")


def account_party_get(user: Any, pk: int) -> AccountParty:
    return first_or_not_found(account_parties_visible(user).filter(pk=pk))


def relations_visible(user: Any) -> QuerySet[PartyRelation]:
    """Relations both of whose customers the user may see, withdrawn or not."""
    rows = PartyRelation.objects.select_related("customer__source", "other__source", "recorded_by")
    return access.restrict(rows, user, "view")


def relation_get(user: Any, pk: int) -> PartyRelation:
    return first_or_not_found(relations_visible(user).filter(pk=pk))


def account_parties(
    user: Any, account: Account, as_at: date | None = None, known_at: datetime | None = None
) -> QuerySet[AccountParty]:
    """Who stands behind an account, at a day as known at a moment; holders first."""
    rows = account_parties_visible(user).filter(account=account)
    return ties_as_at(rows, *moments(as_at, known_at)).order_by("role", "id")


def customer_accounts(
    user: Any, customer: Customer, as_at: date | None = None, known_at: datetime | None = None
) -> QuerySet[AccountParty]:
    """The accounts that a customer has a role at, at a day as known at a moment."""
    rows = account_parties_visible(user).filter(customer=customer)
    return ties_as_at(rows, *moments(as_at, known_at)).order_by("role", "id")


def customer_relations(
    user: Any, customer: Customer, as_at: date | None = None, known_at: datetime | None = None
) -> QuerySet[PartyRelation]:
    """What a customer is to others, and others to them, at a day as known at a moment."""
    rows = relations_visible(user).filter(Q(customer=customer) | Q(other=customer))
    return ties_as_at(rows, *moments(as_at, known_at)).order_by("kind", "id")


def ownership_tree(
    user: Any, customer: Customer, as_at: date | None = None, known_at: datetime | None = None
) -> OwnershipTree:
    """Who owns a customer, and who owns those, as far as the user may see (see `ownership`)."""
    rows = ties_as_at(relations_visible(user), *moments(as_at, known_at))
    return ownership_tree_of(customer, rows)


def customer_transactions(user: Any, customer: Customer) -> QuerySet[Transaction]:
    """Transactions of the accounts that a customer has a role at now."""
    return transactions_visible(user).filter(account__in=customer_account_ids(user, customer))


def customer_account_ids(user: Any, customer: Customer) -> list[int]:
    """Keys of the accounts that a customer has a role at now; of more than 200 the first."""
    return list(customer_accounts(user, customer).values_list("account", flat=True)[:MAX_TIES])


def customer_correction(
    user: Any, customer: Customer, *, valid_from: date, profile: Mapping[str, Any], **_: Any
) -> list[tuple[str, Any, Any]]:
    """What a correction would change of what is known of that day: (field, before, after). Raises Invalid."""
    after = read_profile(customer, valid_from, profile)
    return _differences(customer_profile(user, customer, valid_from).profile, after)


def account_named(user: Any, customer: Customer, text: str) -> Account:
    """The account of the customer's source that a person means. Raises Invalid without one."""
    rows = access.restrict(Account.objects.filter(source=customer.source_id), user, "view")
    row = rows.filter(external_id__in=sorted(writings(text))).first()
    if row is None:
        raise Invalid(fields={"account": ["The customer's source has no account of that id."]})
    return row


def other_named(user: Any, customer: Customer, text: str) -> Customer:
    """The other customer of the same source that a person means. Raises Invalid without one."""
    rows = customers_visible(user).filter(source=customer.source_id)
    row = rows.filter(external_id__in=sorted(writings(text))).first()
    if row is None:
        raise Invalid(fields={"other": ["The customer's source has no customer of that id."]})
    return row


def customer_actions(user: Any, customer: Customer) -> list[str]:
    """What this person may do with the customer now."""
    if customer.erased_at:
        return []
    return [action for action in ("correct", "tie", "erase") if access.allowed(user, action, customer)]
