"""What pages and the API show of the further things that a transaction says."""

from __future__ import annotations

from typing import Any

from .attributes import ATTRIBUTE_PREFIX, attribute_text, declared
from .choices import AttributeType
from .models import PaymentParties, Transaction
from .row_details import PARTY_PARTS


def party_of(row: Transaction, party: str) -> dict[str, str]:
    """What the row says of the originator, beneficiary or counterparty; empty where it says nothing."""
    parties: PaymentParties | None = getattr(row, "payment_parties", None)
    return {} if parties is None else dict(getattr(parties, party))


def payment_parties(row: Transaction) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each party that the row says something of, with its parts in their order."""
    parties = [(party, party_of(row, party), parts) for party, parts in PARTY_PARTS.items()]
    return [
        (party.capitalize(), [(part.capitalize(), values[part]) for part in parts if part in values])
        for party, values, parts in parties
        if values
    ]


def attributes_of(row: Transaction) -> list[tuple[str, str]]:
    """The label and the text of each attribute; its name where the source does not declare it any more."""
    declaration = declared(row.source.attributes)
    result = []
    for name, value in sorted((row.attributes or {}).items()):
        attribute = declaration.get(name)
        text = attribute_text(value)
        if attribute is not None and attribute.type == AttributeType.BOOLEAN:
            text = "Yes" if value is True else "No"
        result.append((attribute.label if attribute else name, text))
    return result


def detail_values(row: Transaction) -> dict[str, Any]:
    """By the names of a row's fields: what it says beside what every row says."""
    values: dict[str, Any] = {
        "method": row.method, "counterparty_country": row.counterparty_country,
        "balance_after": "" if row.balance_after is None else f"{row.balance_after:f}",
    }  # fmt: skip
    for party, parts in PARTY_PARTS.items():
        values |= {f"{party}_{part}": party_of(row, party).get(part, "") for part in parts}
    return values | {
        f"{ATTRIBUTE_PREFIX}{name}": attribute_text(value) for name, value in (row.attributes or {}).items()
    }
