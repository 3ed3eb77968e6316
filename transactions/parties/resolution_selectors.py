"""Every read of whom counterparties are resolved to. The first argument is who asks.

Whoever may not see both the counterparty and the customer is told nothing: a counterparty whose customer is another
entity's looks as if nobody had resolved it. Nor is anybody told of a customer who was erased.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from django.db.models import Count, QuerySet, Sum

from finobs.core import access, clock
from finobs.core.identity import preload
from finobs.core.reads import first_or_not_found

from ..models import Counterparty, CounterpartyResolution, Customer, Transaction
from ..selectors import transactions_visible
from ..totals import TransactionTotals, totals_of
from .assertions import standing

R = TypeVar("R", bound=Iterable[Transaction])
# Of one customer, the latest to be resolved; the list of counterparties pages through all of them.
MAX_COUNTERPARTIES: Final = 20
MAX_RESOLUTIONS: Final = 100
# More are not added up: reading them would take seconds.
MAX_SUMMED_ROWS: Final = 10_000


class CounterpartyTotals(NamedTuple):
    """A resolution with what moved between its counterparty and accounts that the reader sees; None: too many rows."""

    resolution: CounterpartyResolution
    totals: TransactionTotals | None


def resolutions_visible(user: Any) -> QuerySet[CounterpartyResolution]:
    """Resolutions whose counterparty and customer the user may see, withdrawn or not."""
    rows = CounterpartyResolution.objects.select_related(
        "counterparty__source", "customer__source", "recorded_by", "withdrawn_by"
    )
    customers = access.restrict(Customer.objects.filter(erased_at=None), user, "view")
    return access.restrict(rows, user, "view").filter(customer__in=customers)


def resolution_get(user: Any, pk: int) -> CounterpartyResolution:
    return first_or_not_found(resolutions_visible(user).filter(pk=pk))


def counterparty_resolutions(user: Any, counterparty: Counterparty) -> list[CounterpartyResolution]:
    """All that was ever said of whom a counterparty is, the latest first; what stands is not withdrawn."""
    rows = list(resolutions_visible(user).filter(counterparty=counterparty).order_by("-id")[:MAX_RESOLUTIONS])
    preload(rows)
    return rows


def resolved_customers(user: Any, counterparty_ids: Iterable[int | None]) -> dict[int, Customer]:
    """By the keys of counterparties, whom they are resolved to now. One query, however many there are."""
    ids = {pk for pk in counterparty_ids if pk is not None}
    if not ids:
        return {}
    rows = resolutions_visible(user).filter(standing(), counterparty__in=ids)
    return {row.counterparty_id: row.customer for row in rows}


def attach_customers(user: Any, transactions: R) -> R:
    """Give each transaction `resolved_customer`: whom its counterparty is resolved to, as far as the user may see."""
    customers = resolved_customers(user, (row.counterparty_id for row in transactions))
    for row in transactions:
        vars(row)["resolved_customer"] = customers.get(row.counterparty_id or 0)
    return transactions


def customer_counterparties(
    user: Any, customer: Customer, known_at: datetime | None = None
) -> tuple[list[CounterpartyTotals], bool]:
    """The latest counterparties that are resolved to a customer, as was known at a moment, each with its totals; and
    whether there are more."""
    rows = resolutions_visible(user).filter(standing(known_at), customer=customer).order_by("-id")
    first = list(rows[: MAX_COUNTERPARTIES + 1])
    latest = first[:MAX_COUNTERPARTIES]
    preload(latest)
    totals = _totals(user, [row.counterparty_id for row in latest])
    pairs = [CounterpartyTotals(row, totals.get(row.counterparty_id)) for row in latest]
    return pairs, len(first) > len(latest)


def _totals(user: Any, ids: Collection[int]) -> dict[int, TransactionTotals]:
    """Of each counterparty, by currency, over the transactions that the user may see; nothing where those are too many
    to be added up."""
    rows = transactions_visible(user).filter(counterparty__in=ids).order_by()
    if rows[: MAX_SUMMED_ROWS + 1].count() > MAX_SUMMED_ROWS:
        return {}
    sums: dict[int, list[tuple[str, str, int, int]]] = {pk: [] for pk in ids}
    grouped = rows.values_list("counterparty", "currency", "direction").annotate(Sum("amount_minor"), Count("id"))
    for pk, currency, direction, total, count in grouped:
        sums[pk].append((currency, direction, total, count))
    today = clock.now().date()
    return {pk: totals_of(each, "", today) for pk, each in sums.items()}


def resolution_actions(
    user: Any, counterparty: Counterparty, resolutions: Collection[CounterpartyResolution]
) -> list[str]:
    """What this person may do about whom the counterparty is: `resolve`, or `unresolve` what stands."""
    if not access.allowed(user, "resolve", counterparty):
        return []
    current = next((row for row in resolutions if row.withdrawn_at is None), None)
    if current is None:
        return ["resolve"]
    return ["unresolve"] if access.allowed(user, "tie", current.customer) else []


def counterparty_to_resolve(user: Any, counterparty: Counterparty) -> Counterparty:
    """The counterparty, for who may resolve it. Raises NotAllowed for others."""
    access.require(user, "resolve", counterparty)
    return counterparty


def resolution_to_withdraw(user: Any, pk: int) -> CounterpartyResolution:
    """A resolution, for who may take it back. Raises NotFound, NotAllowed."""
    resolution = resolution_get(user, pk)
    access.require(user, "resolve", resolution.counterparty)
    return resolution
