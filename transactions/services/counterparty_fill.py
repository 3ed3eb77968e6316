"""What rows say of counterparties, taken where nothing was known. What is known is never overwritten by a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from finobs.core import history
from finobs.core.db.bulk import MAX_ROWS_PER_STATEMENT
from finobs.core.versions import FIRST_VERSION

from ..models import Batch, Counterparty, CounterpartyDetails
from ..row_details import NO_DETAILS
from ..row_validation import ValidRow

# A part of the counterparty in a row: the field that it fills.
FILLED: Final = {"name": "name", "account": "account_number", "bank": "bank"}
Values = Mapping[str, str]


def counterparty_fill(batch: Batch, others: Mapping[str, Counterparty], rows: Iterable[ValidRow]) -> None:
    """Fill details that are empty from accepted rows, in their order. `others`: the counterparties by their ids.

    Part of `ingest`, in its transaction: the event of the batch is its record, each change is in the history.
    """
    values = _first_values(others, rows)
    keys = sorted(values)
    for start in range(0, len(keys), MAX_ROWS_PER_STATEMENT):
        _fill(batch, {key: values[key] for key in keys[start : start + MAX_ROWS_PER_STATEMENT]})


def _first_values(others: Mapping[str, Counterparty], rows: Iterable[ValidRow]) -> dict[int, dict[str, str]]:
    values: dict[int, dict[str, str]] = {}
    for row in rows:
        if row.details is NO_DETAILS or not row.counterparty:
            continue
        texts = {FILLED[part]: text for part, text in (row.details.parties or {}).get("counterparty", {}).items()}
        if row.details.counterparty_country:
            texts["country"] = row.details.counterparty_country
        if texts:
            key = others[row.counterparty].id
            values[key] = texts | values.get(key, {})
    return values


def _fill(batch: Batch, values: Mapping[int, Values]) -> None:
    if not (needy := _needy(values)):
        return
    # In the order of their keys, and not against those who only refer to them: no two batches wait in a circle.
    rows = Counterparty.objects.select_for_update(no_key=True).filter(pk__in=needy).order_by("pk")
    list(rows.values_list("pk", flat=True))
    existing = CounterpartyDetails.objects.in_bulk(needy)
    new = [
        CounterpartyDetails(counterparty_id=key, version=FIRST_VERSION + 1, **values[key])
        for key in needy
        if key not in existing
    ]
    history.bulk_create(new, actor=batch.actor, reason=f"Rows of batch {batch.pk}")
    changed = [details for key, details in existing.items() if _take(details, values[key])]
    names = {name for key in existing for name in values[key]}
    history.bulk_update(changed, fields=names, actor=batch.actor, reason=f"Rows of batch {batch.pk}")


def _needy(values: Mapping[int, Values]) -> list[int]:
    """Those of which a row says what is not known yet."""
    existing = CounterpartyDetails.objects.in_bulk(list(values))
    return [
        key
        for key, texts in values.items()
        if key not in existing or any(not getattr(existing[key], name) for name in texts)
    ]


def _take(details: CounterpartyDetails, texts: Values) -> bool:
    empty = {name: text for name, text in texts.items() if not getattr(details, name)}
    for name, text in empty.items():
        setattr(details, name, text)
    return bool(empty)
