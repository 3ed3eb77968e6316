"""What routing looks at of items, read for many at once: only what some rule asks for, one statement for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from detection.models import Alert
from finobs.accounts.models import OrgUnit
from finobs.accounts.org_units import ROOT_ID
from transactions.models import Account, Customer, Delivery

from ..models import Incident, WorkItem
from ..policies.programmes import programme_of
from ..policies.routing import RoutingFacts, RoutingRules

# By `id()` of an item, which may be unsaved: the keys of its alerts.
AlertsByItem = Mapping[int, Collection[int]]


def facts_of(
    items: Sequence[WorkItem], rules: RoutingRules, paths: Mapping[int, Sequence[int]],
    alerts: Callable[[], AlertsByItem],
) -> list[RoutingFacts]:  # fmt: skip
    """The facts of each item. `paths`: the units upward of each unit; `alerts` is called where a rule asks for
    countries."""
    programmes = {code: programme_of(code).slug for code in {item.typology for item in items}}
    ratings = _ratings(items) if rules.names("customer_risk") else {}
    sources = _sources(items) if rules.names("sources") else {}
    countries = _countries(alerts()) if rules.names("countries") else {}
    codes = (
        dict(OrgUnit.objects.filter(code__in=named).values_list("pk", "code"))
        if (named := rules.names("units"))
        else {}
    )
    return [
        RoutingFacts(
            level=item.KIND, programme=programmes[item.typology], typology=item.typology,
            amounts={currency: int(minor) for currency, minor in item.amounts.items()},
            block_count=item.block_count, customer_risk=ratings.get(item.customer_id or 0, ""),
            countries=countries.get(id(item), ()), source=sources.get(id(item), ""),
            units={codes[unit] for unit in paths[item.unit_id or ROOT_ID] if unit in codes},
        )
        for item in items
    ]  # fmt: skip


def _ratings(items: Sequence[WorkItem]) -> dict[int, str]:
    ids = {item.customer_id for item in items if item.customer_id}
    return dict(Customer.objects.filter(pk__in=ids).values_list("pk", "risk_rating"))


def _sources(items: Sequence[WorkItem]) -> dict[int, str]:
    """By item: the source of its account, else of its customer: an alert of another system may have one alone. Of an
    incident about a delivery, the source of that."""
    accounts = {item.account_id for item in items if item.account_id}
    customers = {item.customer_id for item in items if item.customer_id and not item.account_id}
    of_accounts, of_customers = (
        dict(model._default_manager.filter(pk__in=ids).values_list("pk", "source__slug")) if ids else {}
        for model, ids in ((Account, accounts), (Customer, customers))
    )
    deliveries = {item.delivery_id for item in items if isinstance(item, Incident) and item.delivery_id}
    rows = Delivery.objects.filter(pk__in=deliveries).values_list("pk", "schedule__source__slug")
    of_deliveries = dict(rows) if deliveries else {}
    return {
        id(item): of_accounts.get(item.account_id or 0)
        or of_customers.get(item.customer_id or 0)
        or of_deliveries.get(getattr(item, "delivery_id", None) or 0, "")
        for item in items
    }


def _countries(alerts: AlertsByItem) -> dict[int, set[str]]:
    """By item: the countries of the other sides, as the transactions say, or else as is known of the counterparty."""
    items_by_alert: dict[int, list[int]] = defaultdict(list)
    for item, ids in alerts.items():
        for pk in ids:
            items_by_alert[pk].append(item)
    by_item: dict[int, set[str]] = defaultdict(set)
    columns = ("pk", "transaction__counterparty_country", "transaction__counterparty__details__country")
    for pk, of_row, of_party in Alert.objects.filter(pk__in=items_by_alert).values_list(*columns):
        for item in items_by_alert[pk]:
            by_item[item].update(filter(None, [of_row or of_party]))
    return by_item
