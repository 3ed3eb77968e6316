"""The kind of record that says who stands behind an account."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final

from finobs.accounts.models import User
from finobs.core.classification import INTERNAL

from .. import bulk_load
from ..choices import PartyRole, RecordKind
from ..models import Account, AccountParty, Batch
from ..records.fields import RecordField, external_id, one_of
from ..records.kinds import KindDefinition, RecordOutcome, ValidRecord
from .assertions import tie_digest
from .tie_records import PERIOD_FIELDS, TieBatch, check_period, period

ACCOUNT_PARTY_FIELDS: Final = (
    RecordField("account", "Account", external_id, is_required=True, classification=INTERNAL),
    RecordField("customer", "Customer", external_id, is_required=True, classification=INTERNAL),
    RecordField("role", "Role", one_of(PartyRole.values), is_required=True, classification=INTERNAL),
    *PERIOD_FIELDS,
)


class _AccountPartyBatch(TieBatch[AccountParty]):
    """An account that nothing has moved on yet is made, in the unit of its source."""

    accounts: Mapping[str, Account]

    def customer_ids(self, row: ValidRecord) -> list[str]:
        return [row.values["customer"]]

    def prepare(self, rows: Iterable[ValidRecord]) -> None:
        names = {row.values["account"] for row in rows}
        self.accounts = bulk_load.ensure_parties(Account, self.source, names, {}) if names else {}

    def tie(self, row: ValidRecord) -> AccountParty:
        valid_from, valid_until = period(row.values)
        return AccountParty(
            account=self.accounts[row.values["account"]], customer=self.customers[row.values["customer"]],
            role=row.values["role"], valid_from=valid_from, valid_until=valid_until,
        )  # fmt: skip

    def earlier(self, ties: Iterable[AccountParty]) -> Iterable[AccountParty]:
        customers = {each.customer_id for each in ties}
        return AccountParty.objects.filter(customer__in=customers).select_for_update(of=("self",)).order_by("pk")

    def key(self, tie: AccountParty) -> Hashable:
        return tie.account_id, tie.customer_id, tie.role

    def digest(self, tie: AccountParty) -> bytes:
        return account_party_digest(tie)


def account_party_digest(tie: AccountParty) -> bytes:
    customer = tie.customer
    return tie_digest(customer.salt, tie.role, tie.account.external_id, customer.external_id, tie)


def apply(actor: User, batch: Batch, rows: Mapping[int, ValidRecord]) -> RecordOutcome:
    return _AccountPartyBatch(actor, batch).run(rows)


def check(values: Mapping[str, Any]) -> None:
    check_period(values)


DEFINITION: Final = KindDefinition(
    RecordKind.ACCOUNT_PARTY, "party of an account", ACCOUNT_PARTY_FIELDS,
    key_fields=("account", "customer", "role"), check=check, apply=apply,
)  # fmt: skip
