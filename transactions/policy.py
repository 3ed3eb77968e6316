"""Who may do what with what came in: by role, and by grants on the unit that it is in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from finobs.core import access
from finobs.core.access import AccessRule
from finobs.core.units import register_unit

if TYPE_CHECKING:
    from .models import CounterpartyResolution

READ_GRANTS = ("read_data",)
FEED_GRANTS = ("feed",)


def register() -> None:
    _views()
    _ties()
    _sources()
    _parties()
    _quarantine()
    _deliveries()
    _rates()


def _views() -> None:
    from . import models

    # Transactions have a unit of their own, as lists of a million of them are read by it (decision 37). What has none
    # is its source's, or its transaction's.
    anchors: tuple[tuple[type[Model], str, str], ...] = (
        (models.Source, "unit", ""),
        (models.Account, "unit", "source"),
        (models.Transaction, "unit", "source"),
        (models.Counterparty, "source__unit", "source"),
        (models.Batch, "source__unit", "source"),
        (models.LabelBatch, "source__unit", "source"),
        (models.QuarantinedRow, "source__unit", "source"),
        (models.AccountDetails, "account__unit", "account__source"),
        (models.CounterpartyDetails, "counterparty__source__unit", "counterparty__source"),
        (models.PaymentParties, "transaction__unit", "transaction__source"),
        (models.Label, "transaction__unit", "transaction__source"),
        (models.PastLabel, "transaction__unit", "transaction__source"),
        (models.Customer, "unit", "source"),
        (models.CustomerProfile, "customer__unit", "customer__source"),
        (models.DeliverySchedule, "source__unit", "source"),
        (models.Delivery, "schedule__source__unit", "schedule__source"),
        (models.DeliveryFault, "delivery__schedule__source__unit", "delivery__schedule__source"),
    )
    for model, unit, source in anchors:
        access.register(model, view=AccessRule("transaction:read", READ_GRANTS, (unit,), source=source))
        register_unit(model, f"{unit.replace('__', '.')}_id")
    # Of the counterparty; that its customer must be visible too stands in the selectors, which every reader asks.
    of_its_counterparty = AccessRule(
        "transaction:read", READ_GRANTS, ("counterparty__source__unit",), source="counterparty__source"
    )
    access.register(models.CounterpartyResolution, view=of_its_counterparty)
    register_unit(models.CounterpartyResolution, _unit_of_resolution)


def _ties() -> None:
    """A tie is seen by who sees both that it ties."""
    from .models import AccountParty, PartyRelation

    for tie, both in ((AccountParty, ("customer", "account")), (PartyRelation, ("customer", "other"))):
        rule = AccessRule(
            "transaction:read", READ_GRANTS, ("customer__unit",), source="customer__source", companions=both
        )
        access.register(tie, view=rule)
        register_unit(tie, partial(_unit_of_both, names=both))


def _unit_of_both(tie: Any, *, names: tuple[str, ...]) -> int | None:
    """The unit of an event on a tie: that of the two, none (the organisation's) where they are in different ones. Who
    reads one unit learns by it of nobody in another."""
    units = {getattr(tie, name).unit_id for name in names}
    return units.pop() if len(units) == 1 else None


def _sources() -> None:
    from .models import Account, Source

    feed = AccessRule("transaction:create", FEED_GRANTS, ("unit",), source="")
    access.register(Source, ingest=feed, label=feed)
    access.register(Source, create=AccessRule("system:config"), change=AccessRule("system:config"))
    access.register(Account, move=AccessRule("system:config", READ_GRANTS, ("unit",)))


def _parties() -> None:
    from . import models

    for party, unit, source in (
        (models.Account, "unit", "source"),
        (models.AccountDetails, "account__unit", "account__source"),
        (models.Counterparty, "source__unit", "source"),
        (models.CounterpartyDetails, "counterparty__source__unit", "counterparty__source"),
    ):
        access.register(party, change=AccessRule("transaction:create", FEED_GRANTS, (unit,), source=source))
    # Feeding is `ingest` on the source; these are what people do.
    of_customer = AccessRule("compliance:resolve", READ_GRANTS, ("unit",), source="source")
    access.register(models.Customer, correct=of_customer, tie=of_customer, erase=of_customer, approve=of_customer)
    of_counterparty = AccessRule("compliance:resolve", READ_GRANTS, ("source__unit",), source="source")
    access.register(models.Counterparty, resolve=of_counterparty)


def _unit_of_resolution(row: CounterpartyResolution) -> int | None:
    """The unit of both; the organisation's alone where they differ, for each side would learn of the other."""
    unit = row.counterparty.source.unit_id
    return unit if unit == row.customer.unit_id else None


def _quarantine() -> None:
    from .models import QuarantinedRow

    settle = AccessRule("transaction:create", FEED_GRANTS, ("source__unit",), source="source")
    access.register(QuarantinedRow, correct=settle, release=settle, discard=settle)


def _deliveries() -> None:
    from .models import Delivery, DeliveryFault, DeliverySchedule

    access.register(DeliverySchedule, change=AccessRule("system:config", READ_GRANTS, ("source__unit",)))
    for fed, path, action in (
        (Delivery, "schedule__source", "receive"),
        (DeliveryFault, "delivery__schedule__source", "settle"),
    ):
        rule = AccessRule("transaction:create", FEED_GRANTS, (f"{path}__unit",), source=path)
        access.register(fed, **{action: rule})


def _rates() -> None:
    """Nobody's own."""
    from .models import ExchangeRate, ExchangeRateBatch

    for rates in (ExchangeRate, ExchangeRateBatch):
        access.register(rates, view=AccessRule("transaction:read"), add=AccessRule("transaction:create"))
