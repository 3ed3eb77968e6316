"""What a row may say beside the fields that nearly every feed has: how money moved, from whom to whom, what was left,
and the further columns that its source declares. A row that says none of it has the digest that it always had.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, Final

from finobs.core import money
from finobs.core.errors import Invalid

from .amounts import NumberText
from .attributes import ATTRIBUTE_PREFIX, Attribute, AttributeValues, attribute_text, read_attribute
from .choices import PaymentMethod, QuarantineReason
from .identifiers import is_nothing
from .reference_data import COUNTRIES, country_hint
from .row_faults import RowFault, not_text, quoted
from .row_values import MAX_LENGTHS, check_exact, text

# Who pays whom, as ISO 20022 and the travel rule have it, and the other side as the feed knows it: personal data.
PARTY_PARTS: Final[dict[str, tuple[str, ...]]] = {
    "originator": ("name", "account", "bank", "address", "country"),
    "beneficiary": ("name", "account", "bank", "address", "country"),
    "counterparty": ("name", "account", "bank"),
}
PARTY_FIELDS: Final = tuple(f"{party}_{part}" for party, parts in PARTY_PARTS.items() for part in parts)
DETAIL_FIELDS: Final = ("method", "counterparty_country", "balance_after", *PARTY_FIELDS, "attributes")
# Of all attributes of a row together, as JSON.
MAX_ATTRIBUTES_LENGTH: Final = 4_000
Parties = Mapping[str, Mapping[str, str]]
TextReader = Callable[[Mapping[str, Any], str, int], str]


@dataclass(frozen=True, slots=True)
class RowDetails:
    """balance_after_minor: whole minor units of the row's currency, below zero too. parties: each party that anything
    is said of. fragments: what the canonical bytes of the row say of attributes, balance, country and method."""

    method: str = ""
    counterparty_country: str = ""
    balance_after_minor: int | None = None
    attributes: AttributeValues | None = None
    parties: Parties | None = None
    fragments: tuple[str, str, str, str] = ("", "", "", "")

    @property
    def attributes_json(self) -> str | None:
        return None if self.attributes is None else json.dumps(self.attributes, ensure_ascii=False)


NO_DETAILS: Final = RowDetails()


def parties_digest(parties: Parties, salt: bytes) -> str:
    """HMAC-SHA-256 of who pays whom under the salt of the row: without it no guessed name can be confirmed."""
    content = json.dumps(parties, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(salt, content.encode(), hashlib.sha256).hexdigest()


def read_details(
    fields: Mapping[str, Any], currency: str, declared: Mapping[str, Attribute], read_text: TextReader = text
) -> RowDetails:
    """The details of a row. `read_text`: as `row_values.text`. Raises RowFault."""
    method, country = _method(fields, read_text), country_code(fields, "counterparty_country", read_text)
    balance, attributes = _balance(fields.get("balance_after"), currency), _attributes(fields, declared)
    parties = _parties(fields, read_text)
    return RowDetails(
        method, country, balance, attributes or None, parties or None,
        (
            f'"attributes":{_attributes_text(attributes)},' if attributes else "",
            "" if balance is None else f'"balance_after_minor":"{balance}",',
            f'"counterparty_country":"{country}",' if country else "",
            f'"method":"{method}",' if method else "",
        ),
    )  # fmt: skip


def unknown_fields(fields: Mapping[str, Any], names: frozenset[str], declared: Mapping[str, Attribute]) -> list[str]:
    """Names of fields that are neither finobs's own nor declared attributes."""
    return sorted(
        str(name)
        for name in fields.keys() - names
        if not (
            isinstance(name, str)
            and name.startswith(ATTRIBUTE_PREFIX)
            and name.removeprefix(ATTRIBUTE_PREFIX) in declared
        )
    )


def country_code(fields: Mapping[str, Any], name: str, read_text: TextReader = text) -> str:
    """ISO 3166-1, or "". Raises RowFault."""
    country = in_capitals(read_text(fields, name, 80))
    if country and country not in COUNTRIES:
        hint = (code := country_hint(country)) and f"; write {code}"
        raise RowFault(
            QuarantineReason.COUNTRY, f"{name} is {quoted(country)}, which is no ISO 3166-1 code of two letters{hint}."
        )
    return country


def in_capitals(code: str) -> str:
    """Only of the letters that codes have: ß is no SS, and ſ no S."""
    return code.upper() if code.isascii() else code


def _method(fields: Mapping[str, Any], read_text: TextReader) -> str:
    method = read_text(fields, "method", 40).lower()
    if method and method not in PaymentMethod.values:
        raise RowFault(
            QuarantineReason.METHOD, f"method is {quoted(method)}; it must be one of {', '.join(PaymentMethod.values)}."
        )
    return method


def _balance(value: Any, currency: str) -> int | None:
    if is_nothing(value):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        not_text(value, "balance_after")
    number = str(value).strip()
    if len(number) > MAX_LENGTHS["balance_after"] or not money.DECIMAL.fullmatch(number):
        raise RowFault(QuarantineReason.AMOUNT, f"balance_after is {quoted(number)}, which is no decimal number.")
    try:
        # Of a typed number the mark is known.
        minor = money.to_minor(Decimal(number) if isinstance(value, NumberText | int) else number, currency)
    except Invalid as error:
        raise RowFault(QuarantineReason.AMOUNT, f"balance_after: {error.detail}") from None
    if isinstance(value, NumberText):
        check_exact(value, "balance_after", minor)
    return minor


def _parties(fields: Mapping[str, Any], read_text: TextReader) -> dict[str, dict[str, str]]:
    result: dict[str, dict[str, str]] = {}
    for party, parts in PARTY_PARTS.items():
        for part in parts:
            name = f"{party}_{part}"
            if name not in fields:
                continue
            value = country_code(fields, name, read_text) if part == "country" else text(fields, name)
            if value:
                result.setdefault(party, {})[part] = value
    return result


def _attributes(fields: Mapping[str, Any], declared: Mapping[str, Attribute]) -> dict[str, Any]:
    columns = {
        name.removeprefix(ATTRIBUTE_PREFIX): value
        for name, value in fields.items()
        if name.startswith(ATTRIBUTE_PREFIX)
    }
    whole = fields.get("attributes")
    if not is_nothing(whole):
        if not isinstance(whole, dict):
            raise RowFault(QuarantineReason.TYPE, f"attributes is {quoted(whole)}; it must be an object.")
        if twice := sorted(columns.keys() & whole.keys()):
            raise RowFault(QuarantineReason.ATTRIBUTE, f"attribute {twice[0]} stands twice in the row.")
        columns |= whole
    if unknown := sorted(map(str, columns.keys() - declared.keys())):
        raise RowFault(
            QuarantineReason.UNKNOWN_FIELD,
            f"The source declares no attribute named {', '.join(quoted(name) for name in unknown[:5])}.",
        )
    values = {name: read_attribute(declared[name], columns[name]) for name in sorted(columns)}
    result = {name: value for name, value in values.items() if value is not None}
    if len(json.dumps(result, ensure_ascii=False)) > MAX_ATTRIBUTES_LENGTH:
        raise RowFault(
            QuarantineReason.TOO_LONG, f"The attributes have more than {MAX_ATTRIBUTES_LENGTH:,} characters together."
        )
    return result


def _attributes_text(attributes: AttributeValues) -> str:
    """Canonical, each value as text. The names are ASCII, so that their order is the one of RFC 8785."""
    pairs = (f'"{name}":{encode_basestring(attribute_text(attributes[name]))}' for name in sorted(attributes))
    return f"{{{','.join(pairs)}}}"
