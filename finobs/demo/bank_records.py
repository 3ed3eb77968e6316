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
from transactions.models import (
    Account,
    Counterparty,
    ExchangeRateBatch,
    Source,
)
from transactions.records.services import records_add
from transactions.services import (
    RawRow,
    account_details_load,
    account_move,
    counterparty_details_load,
    exchange_rates_add,
)

from .bank import BankPlan, World
from .bank.calendars import is_business_day
from .bank.entities import ENTITIES, Entity
from .bank.parts import BankAccount, OtherSide
from .loading import rows_in
from .organisation import Organisation, branch_code

RECORDS_A_BATCH: Final = 5_000
RATE_SOURCE: Final = "Synthetic fixing"


def load_records(actor: User, organisation: Organisation, world: World) -> None:
    """Customers, parties of accounts and relations of both entities, then what is known of the accounts."""
    for entity in ENTITIES:
        source = organisation.sources[entity.code]
        for kind, rows in (
            (RecordKind.CUSTOMER, customer_rows(world, entity)),
            (RecordKind.ACCOUNT_PARTY, party_rows(world, entity)),
            (RecordKind.RELATION, relation_rows(world, entity)),
        ):
            _load(actor, source, kind, rows, world.plan.name)
        _accounts(actor, organisation, source, [each for each in world.accounts if each.entity is entity])


def customer_rows(world: World, entity: Entity) -> list[dict[str, Any]]:
    return [
        {"external_id": each.external_id, "kind": each.kind, "valid_from": each.profile["onboarded_on"]} | each.profile
        for each in world.customers
        if each.entity is entity
    ]


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
    named = [row.external_id for row in incomplete(source) if row.external_id in sides]
    for start in range(0, len(named), RECORDS_A_BATCH):
        statements = {name: _statement(sides[name]) for name in named[start : start + RECORDS_A_BATCH]}
        counterparty_details_load(actor=actor, source=source, statements=statements, reason="Demo data")


def _statement(side: OtherSide) -> dict[str, str]:
    return {
        "kind": side.kind, "name": side.name, "country": side.country, "bank": side.bank,
        "account_number": side.account_number,
    }  # fmt: skip


def incomplete(source: Source) -> list[Counterparty]:
    """Counterparties of which nobody said what they are."""
    rows = Counterparty.objects.filter(source=source).filter(Q(details=None) | Q(details__kind="unknown"))
    return list(rows.select_related("source").order_by("pk"))


def _load(actor: User, source: Source, kind: str, rows: Sequence[dict[str, Any]], name: str) -> None:
    for start in range(rows_in(source, name, kind), len(rows), RECORDS_A_BATCH):
        records_add(
            actor=actor, source=source, kind=kind, method=IngestMethod.FILE, file_name=name, first_row=start + 1,
            rows=[RawRow(fields=row) for row in rows[start : start + RECORDS_A_BATCH]],
        )  # fmt: skip


def _accounts(actor: User, organisation: Organisation, source: Source, accounts: Sequence[BankAccount]) -> None:
    """Details of each account, and its branch: what is in already is not said again."""
    rows = {each.external_id: each for each in Account.objects.filter(source=source).select_related("source")}
    for each in accounts:
        unit = organisation.units[branch_code(each.entity, each.branch) if each.branch else each.entity.code]
        if rows[each.external_id].unit_id != unit.pk:
            account_move(actor=actor, account=rows[each.external_id], unit=unit, reason="Kept at this branch")
    for start in range(0, len(accounts), RECORDS_A_BATCH):
        statements = {
            each.external_id: {
                "kind": each.kind, "currency": each.entity.currency, "opened_on": each.opened_on, "status": "active",
            }
            for each in accounts[start : start + RECORDS_A_BATCH]
        }  # fmt: skip
        account_details_load(actor=actor, source=source, statements=statements, reason="Demo data")
