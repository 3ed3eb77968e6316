"""The rows in the body of a request, for every address that takes transactions."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers

from finobs.core.errors import Invalid

from .choices import QuarantineReason
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
            raise Invalid(f"There is no {rows_key[:-1]} in the body.")
        rows = rest.pop(rows_key) if rows_key in rest else [rest]
        if rows_key in data and rest:
            raise Invalid(f"Beside source and {rows_key} there is {', '.join(map(quoted, rest))}.")
    if not isinstance(rows, list):
        raise Invalid(f"The body is a {rows_key[:-1]}, a list of {rows_key}, or an object with source and {rows_key}.")
    if not slug:
        raise Invalid(fields={"source": ["Name the source, in the body or as ?source=."]})
    return slug, [_raw_row(row) for row in rows]


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
    is_suspicious = serializers.BooleanField(required=False, help_text="A label known from outside")
    typology = serializers.CharField(max_length=40, required=False)
    label_known_at = serializers.DateTimeField(required=False)
