"""The rows in the body of a request, for every address that takes transactions."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers

from finobs.core.errors import Invalid

from .choices import PaymentMethod, QuarantineReason
from .row_validation import RawRow, RowFault, quoted


def read_body(data: Any, slug: str, rows_key: str = "transactions") -> tuple[str, list[RawRow]]:
    """The source's slug and the rows of a request body, `rows_key` being the field that holds several.

    slug: of the address. Raises Invalid when there is no telling which they are.
    """
    rows: Any = data
    if isinstance(data, dict):
        slug = _slug(data.get("source"), slug)
        rest = {name: value for name, value in data.items() if name != "source"}
        if not rest:
            raise Invalid(f"There is no {_singular(rows_key)} in the body.")
        rows = rest.pop(rows_key) if rows_key in rest else [rest]
        if rows_key in data and rest:
            raise Invalid(f"Beside source and {rows_key} there is {', '.join(map(quoted, rest))}.")
    if not isinstance(rows, list):
        raise Invalid(
            f"The body is a {_singular(rows_key)}, a list of {rows_key}, or an object with source and {rows_key}."
        )
    if not slug:
        raise Invalid(fields={"source": ["Name the source, in the body or as ?source=."]})
    return slug, [_raw_row(row) for row in rows]


def read_rows(data: Any, rows_key: str) -> list[RawRow]:
    """The rows of a body that names no source: one, a list, or an object that holds them under `rows_key`."""
    rows: Any = data
    if isinstance(data, dict):
        if rows_key in data and (rest := [name for name in data if name != rows_key]):
            raise Invalid(f"Beside {rows_key} there is {', '.join(map(quoted, rest))}.")
        rows = data.get(rows_key, [data] if data else None)
    if not isinstance(rows, list):
        raise Invalid(f"The body is a {rows_key[:-1]}, a list of {rows_key}, or an object with {rows_key}.")
    return [_raw_row(row) for row in rows]


def _singular(rows_key: str) -> str:
    return f"{rows_key[:-3]}y" if rows_key.endswith("ies") else rows_key[:-1]


def _slug(of_body: Any, of_address: str) -> str:
    """The one source that the body or the address names, or both."""
    if of_body is None:
        return of_address
    if not isinstance(of_body, str):
        raise Invalid(fields={"source": [f"The source is {quoted(of_body)}; it must be the slug of one."]})
    if of_address and of_body != of_address:
        raise Invalid(fields={"source": [f"The body says {quoted(of_body)}, the address {quoted(of_address)}."]})
    return of_body


def _raw_row(row: Any) -> RawRow:
    if isinstance(row, dict):
        return RawRow(fields=row)
    fault = RowFault(QuarantineReason.MALFORMED, f"The row is {quoted(row)}; it must be an object.")
    return RawRow(raw=json.dumps(row).encode(), fault=fault)


class IncomingTransactionSerializer(serializers.Serializer[Any]):
    """A row on its way in: documentation only, for a row that does not hold goes to quarantine and is no 422."""

    external_id = serializers.CharField(max_length=100)
    account = serializers.CharField(max_length=100)
    counterparty = serializers.CharField(max_length=100, required=False)
    occurred_at = serializers.DateTimeField(help_text="ISO 8601; without an offset in the source's time zone")
    amount = serializers.CharField(help_text="Decimal, not negative, with at most the currency's places")
    currency = serializers.CharField(max_length=3, required=False)
    direction = serializers.CharField(required=False, help_text="out (the default) or in")
    channel = serializers.CharField(max_length=32, required=False)
    country = serializers.CharField(max_length=2, required=False)
    memo = serializers.CharField(max_length=500, required=False)
    method = serializers.ChoiceField(choices=PaymentMethod.choices, required=False)
    counterparty_country = serializers.CharField(max_length=2, required=False)
    balance_after = serializers.CharField(required=False, help_text="Of the account, decimal; below zero it has a sign")
    originator_name = serializers.CharField(max_length=140, required=False)
    originator_account = serializers.CharField(max_length=100, required=False)
    originator_bank = serializers.CharField(max_length=140, required=False, help_text="BIC or name")
    originator_address = serializers.CharField(max_length=350, required=False)
    originator_country = serializers.CharField(max_length=2, required=False)
    beneficiary_name = serializers.CharField(max_length=140, required=False)
    beneficiary_account = serializers.CharField(max_length=100, required=False)
    beneficiary_bank = serializers.CharField(max_length=140, required=False, help_text="BIC or name")
    beneficiary_address = serializers.CharField(max_length=350, required=False)
    beneficiary_country = serializers.CharField(max_length=2, required=False)
    counterparty_name = serializers.CharField(max_length=140, required=False)
    counterparty_account = serializers.CharField(max_length=100, required=False)
    counterparty_bank = serializers.CharField(max_length=140, required=False, help_text="BIC or name")
    attributes = serializers.DictField(required=False, help_text="Further columns, as the source declares them")
    is_suspicious = serializers.BooleanField(required=False, help_text="A label known from outside")
    typology = serializers.CharField(max_length=40, required=False)
    label_known_at = serializers.DateTimeField(required=False)
