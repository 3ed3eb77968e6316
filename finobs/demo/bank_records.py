"""What the demo's bank says of customers, accounts, ties, exchange rates and counterparties, by the ways of a feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from django.db.models import Q

from finobs.accounts.models import User
from transactions.choices import IngestMethod, RecordKind
from transactions.models import Counterparty, ExchangeRateBatch, Source
from transactions.records.services import records_add
from transactions.services import RawRow, exchange_rates_add

from .bank import BankPlan, World
from .bank.calendars import is_business_day
from .bank.entities import ENTITIES, Entity
from .bank.parts import OtherSide
from .loading import rows_in
from .organisation import Organisation, branch_code

RECORDS_A_BATCH: Final = 5_000
RATE_SOURCE: Final = "Synthetic fixing"


def load_records(actor: User, organisation: Organisation, world: World) -> None:
    """Customers, accounts, the parties of accounts and relations of both entities."""
    for entity in ENTITIES:
        source = organisation.sources[entity.code]
        for kind, rows in (
            (RecordKind.CUSTOMER, customer_rows(world, entity)),
            # Before their parties, which would make them at no branch.
            (RecordKind.ACCOUNT, account_rows(world, entity)),
            (RecordKind.ACCOUNT_PARTY, party_rows(world, entity)),
            (RecordKind.RELATION, relation_rows(world, entity)),
        ):
            _load(actor, source, kind, rows, world.plan.name)


def customer_rows(world: World, entity: Entity) -> list[dict[str, Any]]:
    return [
        {"external_id": each.external_id, "kind": each.kind, "valid_from": valid_from} | profile
        for each in world.customers
        if each.entity is entity
        for valid_from, profile in each.profiles()
    ]


def account_rows(world: World, entity: Entity) -> list[dict[str, Any]]:
    return [
        {
            "external_id": each.external_id, "kind": each.kind, "currency": entity.currency,
            "opened_on": each.opened_on.isoformat(), "status": "active",
            "unit": branch_code(entity, each.branch) if each.branch else entity.code,
        }
        for each in world.accounts
        if each.entity is entity
    ]  # fmt: skip


def party_rows(world: World, entity: Entity) -> list[dict[str, Any]]:
    """A party holds from the day on which the later of account and customer was there."""
    return [
        {
            "account": account.external_id, "customer": customer.external_id, "role": role,
            "valid_from": max(account.opened_on.isoformat(), customer.profile["onboarded_on"]),
        }
        for account in world.accounts
        if account.entity is entity
        for customer, role in account.parties
    ]  # fmt: skip


def relation_rows(world: World, entity: Entity) -> list[dict[str, Any]]:
    return [
        {
            "customer": tie.customer.external_id, "other": tie.other.external_id, "kind": tie.kind,
            "valid_from": tie.since.isoformat(),
            **({} if tie.share is None else {"share": str(tie.share)}),
            **({} if tie.until is None else {"valid_until": tie.until.isoformat()}),
        }
        for tie in world.ties
        if tie.customer.entity is entity
    ]  # fmt: skip


def load_exchange_rates(actor: User, plan: BankPlan) -> None:
    """Of each business day of the plan, and of the weeks before it."""
    name = f"{plan.name} rates"
    if not ExchangeRateBatch.objects.filter(file_name=name).exists():
        exchange_rates_add(actor=actor, rows=[RawRow(fields=row) for row in rate_rows(plan)], file_name=name)


def rate_rows(plan: BankPlan) -> Iterator[dict[str, str]]:
    """Dollars and pounds for a euro, wandering."""
    rng, rates = Random(f"{plan.seed} rates"), {"USD": 1.0870, "GBP": 0.8540}
    day = plan.first - timedelta(days=10)
    while day < plan.end:
        for quote in rates:
            rates[quote] *= 1 + rng.gauss(0, 0.003)
            if is_business_day("DE", day):
                rate = str(Decimal(str(rates[quote])).quantize(Decimal("0.0001")))
                yield {"base": "EUR", "quote": quote, "rate": rate, "date": day.isoformat(), "source": RATE_SOURCE}
        day += timedelta(days=1)


def complete_counterparties(actor: User, source: Source, world: World, entity: Entity) -> None:
    """Say of each counterparty that moved money what rows do not say of it: what kind it is, and a merchant's name."""
    sides = {each.external_id: each for each in world.hoods[entity.code].everybody()}
    rows = [_statement(sides[row.external_id]) for row in incomplete(source) if row.external_id in sides]
    for start in range(0, len(rows), RECORDS_A_BATCH):
        lot = rows[start : start + RECORDS_A_BATCH]
        _add(actor, source, RecordKind.COUNTERPARTY, lot, world.plan.name, first_row=1)


def _statement(side: OtherSide) -> dict[str, str]:
    fields = {
        "external_id": side.external_id, "kind": side.kind, "name": side.name, "country": side.country,
        "bank": side.bank, "account_number": side.account_number,
    }  # fmt: skip
    return {name: text for name, text in fields.items() if text}


def incomplete(source: Source) -> list[Counterparty]:
    """Counterparties of which nobody said what they are."""
    rows = Counterparty.objects.filter(source=source).filter(Q(details=None) | Q(details__kind="unknown"))
    return list(rows.select_related("source").order_by("pk"))


def _load(actor: User, source: Source, kind: str, rows: Sequence[dict[str, Any]], name: str) -> None:
    for start in range(rows_in(source, name, kind), len(rows), RECORDS_A_BATCH):
        _add(actor, source, kind, rows[start : start + RECORDS_A_BATCH], name, first_row=start + 1)


def _add(
    actor: User, source: Source, kind: str, rows: Sequence[dict[str, Any]], name: str, *, first_row: int
) -> None:  # fmt: skip
    records_add(
        actor=actor, source=source, kind=kind, method=IngestMethod.FILE, file_name=name, first_row=first_row,
        rows=[RawRow(fields=row) for row in rows],
    )  # fmt: skip
