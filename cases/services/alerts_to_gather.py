"""What gathering needs of alerts, read with their accounts and customers locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models.functions import Coalesce

from detection.alerts.urgency import urgency
from detection.models import Alert
from transactions.models import Account, Customer
from transactions.queries import sole_holders

from ..policies.gathering import Gathering


class GatheringKey(NamedTuple):
    """What alerts must share to gather: the customer, or else the account, their unit, and the typology unless the
    policy gathers across them."""

    customer_id: int | None
    account_id: int | None
    unit_id: int | None
    typology: str


@dataclass(slots=True)
class NewAlert:
    """An alert with what gathering needs of it."""

    alert_id: int
    account_id: int | None
    typology: str
    outcome: str
    urgency: float | None
    occurred_at: datetime
    amount_minor: int
    currency: str
    key: GatheringKey
    gap: timedelta


def ungathered(alerts: Sequence[Alert]) -> list[int]:
    ids = [alert.pk for alert in alerts]
    return list(Alert.objects.filter(pk__in=ids, case_alert__isnull=True).values_list("pk", flat=True))


def lock_alerts(ids: Sequence[int], rule: Gathering) -> list[NewAlert]:
    """The alerts in the order of time; the accounts and customers that they are about locked.

    Two batches for one account wait for each other, or both would open an incident. In the order of their keys, so that
    they cannot wait in a circle; NO KEY, so that rows may go on referring to them meanwhile.
    """
    rows = _read(ids)
    account_ids = {row[1] for row in rows if row[1]}
    locked = Account.objects.filter(pk__in=account_ids).order_by("pk").select_for_update(no_key=True)
    of_accounts = dict(locked.values_list("pk", "unit_id"))
    by_customer = {row[1] for row in rows if row[1] and rule.rule(row[2]).by_customer}
    holders = sole_holders(by_customer) if by_customer else {}
    customer_ids = {*holders.values(), *(row[-1] for row in rows if row[1] is None)}
    of_customers: dict[int, int] = {}
    if customer_ids:
        customers = Customer.objects.filter(pk__in=customer_ids).order_by("pk")
        of_customers = dict(customers.select_for_update(no_key=True).values_list("pk", "unit_id"))
    return [_alert(row, holders, of_accounts[row[1]] if row[1] else of_customers[row[-1]], rule) for row in rows]


def _read(ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """What gathering needs of the alerts; of those of other systems, what these say."""
    rows = Alert.objects.filter(pk__in=ids).annotate(
        at=Coalesce("transaction__occurred_at", "external__occurred_at", "created_at"),
        minor=Coalesce("transaction__amount_minor", "external__amount_minor"),
        currency=Coalesce("transaction__currency", "external__currency"),
    )
    names = ("pk", "account_id", "typology", "outcome", "parameters", "at", "minor", "currency", "customer_id")
    return list(rows.order_by("at", "pk").values_list(*names))


def _alert(row: tuple[Any, ...], holders: Mapping[int, int], unit_id: int, rule: Gathering) -> NewAlert:
    pk, account_id, typology, outcome, parameters, at, minor, currency, customer_id = row
    gathering = rule.rule(typology)
    # One that another system raised of a customer, and of no account, is about the customer whatever the policy says.
    if account_id:
        customer_id = holders.get(account_id) if gathering.by_customer else None
    key = GatheringKey(
        customer_id, None if customer_id else account_id, unit_id, "" if gathering.across_typologies else typology
    )
    return NewAlert(
        pk,
        account_id,
        typology,
        outcome,
        urgency(parameters),
        at,
        minor or 0,
        currency or "",
        key,
        gathering.gap,
    )
