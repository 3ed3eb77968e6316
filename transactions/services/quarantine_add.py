"""Keeping rows that could not be taken, whole and with the reason."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from finobs.core import history

from ..models import Batch, QuarantinedRow
from ..row_validation import RawRow, RowFault, printable, text


class QuarantineEntry(NamedTuple):
    """The quarantined row that holds a row of a batch. is_new: it was made for it. transaction: what became of it."""

    pk: int
    is_new: bool
    state: str
    transaction_id: int | None


def quarantine_add(batch: Batch, faulty: Mapping[int, tuple[RawRow, RowFault]]) -> dict[int, QuarantineEntry]:
    """For each index in the batch, the quarantined row that holds it: one that was there, or a new one."""
    raws = {index: raw.raw or fields_as_json(raw) for index, (raw, _) in faulty.items()}
    digests = {index: hashlib.sha256(raw).digest() for index, raw in raws.items()}
    earlier = _existing(batch, set(digests.values()))
    new_rows: dict[bytes, QuarantinedRow] = {}
    for index, (raw, fault) in faulty.items():
        digest = digests[index]
        if digest not in earlier and digest not in new_rows:
            new_rows[digest] = _row(batch, index, raw, raws[index], digest, fault)
    history.bulk_create(list(new_rows.values()), actor=batch.actor)
    result: dict[int, QuarantineEntry] = {}
    for index, digest in digests.items():
        if digest in earlier:
            result[index] = earlier[digest]
        else:
            row = new_rows[digest]
            result[index] = QuarantineEntry(row.pk, True, row.state, None)
            earlier[digest] = result[index]._replace(is_new=False)
    return result


def fields_as_json(raw: RawRow) -> bytes:
    """The row as JSON, for a door that has no bytes of the single row."""
    came = raw.fields if raw.columns is None else raw.columns
    return json.dumps(dict(came), sort_keys=True, default=str, ensure_ascii=True).encode()


def _existing(batch: Batch, digests: set[bytes]) -> dict[bytes, QuarantineEntry]:
    earlier: dict[bytes, QuarantineEntry] = {}
    ordered = sorted(digests)
    for start in range(0, len(ordered), 500):
        rows = QuarantinedRow.objects.filter(source=batch.source, raw_digest__in=ordered[start : start + 500])
        # Ordered: of several with the same bytes, the latest says what became of them.
        for digest, pk, state, transaction in rows.order_by("pk").values_list(
            "raw_digest", "pk", "state", "transaction_id"
        ):
            earlier[bytes(digest)] = QuarantineEntry(pk, False, state, transaction)
    return earlier


def _row(batch: Batch, index: int, raw: RawRow, content: bytes, digest: bytes, fault: RowFault) -> QuarantinedRow:
    # Whole, as it came (zlib, quick): an operator must be able to correct it, and an auditor to see it (REL-11).
    return QuarantinedRow(
        batch=batch, source=batch.source, row_number=batch.first_row + index, raw=zlib.compress(content, 1),
        raw_size=len(content), raw_digest=digest, reason=fault.reason, detail=fault.detail,
        fields=printable_fields(raw.fields), external_id=external_id_of(raw.fields),
    )  # fmt: skip


def external_id_of(fields: Mapping[str, Any]) -> str:
    """The id as far as it can be read; "" where it is none that a transaction could have."""
    try:
        return text(fields, "external_id")
    except RowFault:
        return ""


def printable_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as a page and a JSON column can hold them: what is too long for any field is cut."""
    return {printable(name, 60): _readable(value) for name, value in list(fields.items())[:50]}


def _readable(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    return printable(value if isinstance(value, str) else str(value))
