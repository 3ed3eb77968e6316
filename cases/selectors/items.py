"""Incidents and cases: single ones and lists of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery

from finobs.core import access
from finobs.core.db.literals import among
from finobs.core.errors import Invalid, NotFound
from finobs.core.reads import first_or_not_found
from transactions.models import Account, Customer
from transactions.parties import selectors as parties
from transactions.selectors import account_get

from .. import workflow
from ..choices import ItemKind
from ..models import Case, Incident, ItemTag, Queue, WorkItem
from ..queries import cases_about

W = TypeVar("W", Case, Incident)

# The tags of each item of a list, in one statement for all.
_TAGS = Prefetch("tags", queryset=ItemTag.objects.select_related("tag").order_by("tag__name"))


def with_names(user: Any, rows: QuerySet[W]) -> QuerySet[W]:
    """Items with `customer_name`: what the customer is called; None for who may see the item and not the customer."""
    customers = access.restrict(Customer.objects.filter(pk=OuterRef("customer")), user, "view")
    return rows.annotate(customer_name=Subquery(customers.values("name")[:1]))


def cases_visible(user: Any) -> QuerySet[Case]:
    """Cases with what every list and page shows of them."""
    rows = access.restrict(Case.objects.all(), user, "view")
    rows = rows.select_related("account", "customer", "queue", "unit", "assignee", "lease__holder", "predecessor")
    return rows.prefetch_related(_TAGS)


def incidents_visible(user: Any) -> QuerySet[Incident]:
    """Incidents with what every list and page shows of them."""
    rows = access.restrict(Incident.objects.all(), user, "view")
    rows = rows.select_related("account", "customer", "queue", "unit", "assignee", "lease__holder", "predecessor")
    return rows.select_related("case__queue").prefetch_related(_TAGS)


def incidents_listed(user: Any) -> QuerySet[Incident]:
    """Incidents with what a line of a list shows of them."""
    return _listed(incidents_visible(user))


def case_get(user: Any, reference: str) -> Case:
    """One visible case. Raises NotFound."""
    return first_or_not_found(cases_visible(user).filter(reference=reference))


def incident_get(user: Any, reference: str) -> Incident:
    """One visible incident. Raises NotFound."""
    return first_or_not_found(incidents_visible(user).filter(reference=reference))


def incidents_get(user: Any, references: Sequence[str]) -> list[Incident]:
    """The visible incidents of these references. Raises NotFound that names those that are none."""
    incidents = {each.reference: each for each in incidents_visible(user).filter(reference__in=references)}
    if unknown := [each for each in references if each not in incidents]:
        raise NotFound(f"There is no incident {', '.join(unknown[:10])}.")
    return list(incidents.values())


def item_get(user: Any, kind: str, reference: str) -> Any:
    """One visible incident or case, with the name of its customer. Raises NotFound."""
    return first_or_not_found(with_names(user, _items_visible(user, kind)).filter(reference=reference))


def conclusion_of(user: Any, item: WorkItem) -> WorkItem | None:
    """What says how an item was concluded: itself, or the case that it was escalated to, where `user` may see that.
    None while neither is."""
    case: Case | None = getattr(item, "case", None)
    if item.disposition:
        return item
    return case if case is not None and case.disposition and access.allowed(user, "view", case) else None


def queue_items(user: Any, queue: Queue, kind: str, filters: Mapping[str, Any] | None = None) -> QuerySet[Any]:
    """The cases (or incidents: `kind`) of one queue; unfinished ones unless the filters name statuses. Order by
    -priority, -id.

    Raises Invalid for filters that make no sense.
    """
    from ..filters import FILTERS

    rows = _listed(_items_visible(user, kind)).filter(queue=queue)
    if not (filters and filters.get("status")):
        rows = rows.filter(among("status", workflow.UNFINISHED))
    chosen = FILTERS[kind](filters or {}, queryset=rows, user=user)
    # Left out, a filter that makes no sense would show every item as if it were the answer.
    if not chosen.is_valid():
        raise Invalid(fields={name: [str(text) for text in texts] for name, texts in chosen.form.errors.items()})
    items: QuerySet[Any] = chosen.qs
    return items


def my_work(user: Any) -> QuerySet[Case]:
    """Unfinished cases assigned to `user`."""
    return _listed(cases_visible(user)).filter(assignee=user, status__in=workflow.UNFINISHED)


def my_incidents(user: Any) -> QuerySet[Incident]:
    """Unfinished incidents assigned to `user`."""
    return incidents_listed(user).filter(assignee=user, status__in=workflow.UNFINISHED)


def customer_items(user: Any, pk: int, kind: str) -> tuple[Customer, QuerySet[Any]]:
    """A customer, and the visible cases (or incidents: `kind`) about them or the accounts that they have a role at now;
    cases also where they are a further subject. Raises NotFound."""
    customer = parties.customer_get(user, pk)
    accounts = parties.customer_account_ids(user, customer)
    if kind == ItemKind.CASE:
        return customer, cases_visible(user).filter(pk__in=cases_about([customer.pk], accounts))
    return customer, incidents_visible(user).filter(Q(account__in=accounts) | Q(customer=customer))


def account_items(user: Any, pk: int, kind: str) -> tuple[Account, QuerySet[Any]]:
    """An account, and the visible cases (or incidents: `kind`) about it. Raises NotFound."""
    account = account_get(user, pk)
    if kind == ItemKind.CASE:
        return account, cases_visible(user).filter(pk__in=cases_about([], [account.pk]))
    return account, incidents_visible(user).filter(account=account)


def _items_visible(user: Any, kind: str) -> QuerySet[Any]:
    return cases_visible(user) if kind == ItemKind.CASE else incidents_visible(user)


def _listed(rows: QuerySet[W]) -> QuerySet[W]:
    """With what a line of a list shows, and nothing that only a single item's page does: each table more is planned for
    with every list."""
    rows = rows.select_related(None).select_related("account", "customer", "queue", "assignee", "lease__holder")
    return rows.select_related("case") if rows.model is Incident else rows
