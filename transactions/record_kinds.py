"""The kinds of record that come in beside transactions."""

from __future__ import annotations

from . import details_records
from .parties import account_party_records, customer_records, relation_records
from .records.kinds import register


def register_kinds() -> None:
    for definition in (
        customer_records.DEFINITION, account_party_records.DEFINITION, relation_records.DEFINITION,
        details_records.ACCOUNTS, details_records.COUNTERPARTIES,
    ):  # fmt: skip
        register(definition)
