"""Keeping rows that could not be taken, whole and with the reason."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from finobs.core import history

from ..attributes import ATTRIBUTE_PREFIX, MAX_ATTRIBUTES
from ..choices import QuarantineState, RecordKind, RowStatus
from ..models import Batch, QuarantinedRow
from ..row_validation import MAX_PRINTABLE, RawRow, RowFault, printable, text

# Of one field of a record: a list of addresses is one. Cut, it could not be released as it came.
MAX_RECORD_TEXT = 10_000
KeyReader = Callable[[Mapping[str, Any]], str]
R = TypeVar("R")
# Somebody corrected and released it, or a later file brought it.
IN_BY_NOW: Final = (QuarantineState.RELEASED, QuarantineState.SUPERSEDED)

# All that a row may have, and room for names that are none of them.
MAX_PRINTABLE_FIELDS: Final = 2 * MAX_ATTRIBUTES


class QuarantineEntry(NamedTuple):
    """The quarantined row that holds a row of a batch. is_new: it was made for it. transaction: what became of it."""

    pk: int
    is_new: bool
    state: str
    transaction_id: int | None


def quarantine_add(
    batch: Batch, faulty: Mapping[int, tuple[RawRow, RowFault]], key_of: KeyReader | None = None
) -> dict[int, QuarantineEntry]:
    """For each index in the batch, the quarantined row that holds it: one that was there, or a new one.

    key_of: what a row is called at the source, from its fields; the external id of a transaction without.
    """
    raws = {index: raw.raw or fields_as_json(raw) for index, (raw, _) in faulty.items()}
    digests = {index: hashlib.sha256(raw).digest() for index, raw in raws.items()}
    earlier = _existing(batch, set(digests.values()))
    new_rows: dict[bytes, QuarantinedRow] = {}
    for index, (raw, fault) in faulty.items():
        digest = digests[index]
        if digest not in earlier and digest not in new_rows:
            new_rows[digest] = _row(batch, index, raw, raws[index], digest, fault)
            new_rows[digest].external_id = (key_of or external_id_of)(raw.fields)
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


def quarantine_faults(
    batch: Batch, rows: Mapping[int, tuple[RawRow, RowFault]], result: Callable[..., R], key_of: KeyReader | None = None
) -> dict[int, R]:
    """Put faulty rows into quarantine; what became of each, as `result(index, status, ...)` makes it. One that came
    before, byte for byte, is not put there again."""
    entries = quarantine_add(batch, rows, key_of)
    results: dict[int, R] = {}
    for index, (_, fault) in rows.items():
        entry = entries[index]
        if entry.state in IN_BY_NOW:
            results[index] = result(index, RowStatus.DUPLICATE, transaction_id=entry.transaction_id)
            continue
        before = "It was discarded before. " if entry.state == QuarantineState.DISCARDED else ""
        results[index] = result(
            index, RowStatus.QUARANTINED if entry.is_new else RowStatus.ALREADY_QUARANTINED,
            reason=fault.reason.value, detail=before + fault.detail, quarantined_row_id=entry.pk,
        )  # fmt: skip
    return results


def fields_as_json(raw: RawRow) -> bytes:
    """The row as JSON, for a door that has no bytes of the single row."""
    came = raw.fields if raw.columns is None else raw.columns
    return json.dumps(dict(came), sort_keys=True, default=str, ensure_ascii=True).encode()


def _existing(batch: Batch, digests: set[bytes]) -> dict[bytes, QuarantineEntry]:
    earlier: dict[bytes, QuarantineEntry] = {}
    ordered = sorted(digests)
    for start in range(0, len(ordered), 500):
        rows = QuarantinedRow.objects.filter(
            source=batch.source, kind=batch.kind, raw_digest__in=ordered[start : start + 500]
        )
        # Ordered: of several with the same bytes, the latest says what became of them.
        for digest, pk, state, transaction in rows.order_by("pk").values_list(
            "raw_digest", "pk", "state", "transaction_id"
        ):
            earlier[bytes(digest)] = QuarantineEntry(pk, False, state, transaction)
    return earlier


def _row(batch: Batch, index: int, raw: RawRow, content: bytes, digest: bytes, fault: RowFault) -> QuarantinedRow:
    # Whole, as it came (zlib, quick): an operator must be able to correct it, and an auditor to see it (REL-11).
    return QuarantinedRow(
        batch=batch, source=batch.source, kind=batch.kind, row_number=batch.first_row + index,
        raw=zlib.compress(content, 1), raw_size=len(content), raw_digest=digest, reason=fault.reason,
        detail=fault.detail, fields=printable_fields(raw.fields, text_limit(batch.kind)),
    )  # fmt: skip


def external_id_of(fields: Mapping[str, Any]) -> str:
    """The id as far as it can be read; "" where it is none that a transaction could have."""
    try:
        return text(fields, "external_id")
    except RowFault:
        return ""


def text_limit(kind: str) -> int:
    """How many characters of one field are stored with a row of this kind."""
    return MAX_PRINTABLE if kind == RecordKind.TRANSACTION else MAX_RECORD_TEXT


def printable_fields(fields: Mapping[str, Any], max_length: int = MAX_PRINTABLE) -> dict[str, Any]:
    """The fields as a page and a JSON column can hold them, each attribute as one: what is too long is cut."""
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        is_object = name == "attributes" and isinstance(value, dict)
        flat |= {f"{ATTRIBUTE_PREFIX}{each}": value[each] for each in value} if is_object else {name: value}
    some = list(flat.items())[:MAX_PRINTABLE_FIELDS]
    return {printable(name, 60): _readable(value, max_length) for name, value in some}


def _readable(value: Any, max_length: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return printable(value if isinstance(value, str) else str(value), max_length)
