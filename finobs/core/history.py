"""The one way to save a row whose model keeps history (django-simple-history): with its history, in somebody's name.

Each function raises the version of the rows that it changes (`core.versions`) and writes one history row for each
change. The history rows are remembered on the instances that were saved, with what changed, until the event that the
service records next takes them (`pop_references`): so an event of the ledger names the history that it belongs to, and
says what was and what is, although this package knows no ledger. Rows that are read again do not carry them: what a
rolled back savepoint wrote is forgotten with the instances that it was written with.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from django.db.models import Model
from simple_history.signals import post_create_historical_record

from . import clock, process
from .classification import personal_fields
from .db.bulk import MAX_ROWS_PER_STATEMENT, insert_many
from .models import Versioned

# So many new rows go in with their history by `insert_many`: a file of customers takes half the time.
MIN_MANY_ROWS: Final = 200
_REFERENCES: Final = "_history_references"
# What changes with every change says nothing of its own.
SILENT_FIELDS: Final = frozenset({"version", "updated_at"})

Changes = Mapping[str, tuple[Any, Any]]


class HistoryReference(NamedTuple):
    """One history row: its model's label ("cases.historicalcase"), its primary key as text, and what changed.

    `changes` maps each field that the history tracks to (old, new); nothing for a new row. What a history leaves out
    (a password, an artefact) is in no `changes` either.
    """

    type: str
    id: str
    changes: Changes


def save(
    row: Model, *, actor: Any, reason: str = "", fields: Iterable[str] | None = None,
    stored: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Save `row`, new or changed, with one history row by `actor` (a User). `fields`: the only ones to update.

    `reason` is cut to what the column of the history takes. With no `fields` at all only the version rises: for what
    belongs to the row and is kept elsewhere, such as grants on it. `stored`: the values of `fields` in the database, by
    column attribute ("assignee_id"), from whoever has just read them with the lock on the row; else they are read here.
    """
    is_new, names = row._state.adding, None if fields is None else {*fields, *_version_field(row)}
    changes = {} if is_new else _changes(row, _stored([row], names)[row.pk] if stored is None else stored, names)
    if not is_new:
        _raise_version(row)
    with _signed(row, actor, reason, changes):
        row.save(update_fields=names)


def delete(row: Model, *, actor: Any, reason: str = "") -> None:
    """Delete a row; its history stays, and says by whom and why. The event is of what the row belonged to, and names
    it in `related`."""
    with _signed(row, actor, reason, {}):
        row.delete()


def set_members(row: Model, name: str, members: Iterable[Model], *, actor: Any, reason: str = "") -> None:
    """Make `members` the rows of the many-to-many field `name` of a saved row, which its history tracks."""
    manager, after = getattr(row, name), list(members)
    before = list(manager.all())
    if {member.pk for member in before} == {member.pk for member in after}:
        return
    _raise_version(row)
    type(row)._base_manager.filter(pk=row.pk).update(**{each: getattr(row, each) for each in _version_field(row)})
    changes = {name: (sorted(map(str, before)), sorted(map(str, after)))}
    with _signed(row, actor, reason, changes):
        manager.set(after)


def bulk_create(rows: Sequence[Model], *, actor: Any, reason: str = "") -> None:
    """Insert new rows of one model, with history. Those without a primary key get theirs."""
    if len(rows) >= MIN_MANY_ROWS and rows[0].pk is None:
        insert_many(rows)
        _many_history(rows, actor, reason)
    elif rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=MAX_ROWS_PER_STATEMENT)
        _bulk_history(rows, {}, actor=actor, reason=reason, update=False)


def bulk_update(
    rows: Sequence[Model], *, fields: Iterable[str], actor: Any, reason: str = "", raises_version: bool = True
) -> None:
    """Update `fields` of locked rows of one model, with history.

    raises_version: False for what no form is about, so that none becomes stale by it.
    """
    if rows:
        names = {*fields, *(_version_field(rows[0]) if raises_version else ())}
        stored = _stored(rows, names)
        changes = {row.pk: _changes(row, stored[row.pk], names) for row in rows}
        for row in rows if raises_version else ():
            _raise_version(row)
        # An upsert: many times quicker than the CASE WHEN for each field that Django's bulk_update writes.
        type(rows[0])._default_manager.bulk_create(
            rows, update_conflicts=True, unique_fields=["pk"], update_fields=sorted(names),
            batch_size=MAX_ROWS_PER_STATEMENT,
        )  # fmt: skip
        _bulk_history(rows, changes, actor=actor, reason=reason, update=True)


def overwrite(row: Model, values: Mapping[str, Any]) -> int:
    """Overwrite columns in all history rows of `row`, and why each was written; how many rows that are.

    For the erasure of personal data alone: history is otherwise never changed. Who calls it records an event.
    """
    model: Any = type(row)
    count: int = model.history.filter(**{model._meta.pk.attname: row.pk}).update(**values, history_change_reason="")
    return count


def pop_references(row: Model) -> list[HistoryReference]:
    """The history rows that were written of this instance since it was last asked, in their order."""
    references: list[HistoryReference] = vars(row).pop(_REFERENCES, [])
    return references


def _version_field(row: Model) -> list[str]:
    return ["version"] if isinstance(row, Versioned) else []


def _raise_version(row: Model) -> None:
    if isinstance(row, Versioned):
        row.version += 1


def _tracked(model: Any, names: Iterable[str] | None) -> list[Any]:
    """The fields of `names` (all without) that the history of `model` keeps, but for those that say nothing."""
    tracked = [field for field in model.history.model.tracked_fields if field.name not in SILENT_FIELDS]
    return tracked if names is None else [field for field in tracked if {field.name, field.attname} & set(names)]


def _stored(rows: Sequence[Model], names: Iterable[str] | None) -> dict[Any, dict[str, Any]]:
    """Those fields as the database has them, by primary key."""
    model = type(rows[0])
    columns = [field.attname for field in _tracked(model, names)]
    values: dict[Any, dict[str, Any]] = {}
    for start in range(0, len(rows), MAX_ROWS_PER_STATEMENT):
        part = [row.pk for row in rows[start : start + MAX_ROWS_PER_STATEMENT]]
        for pk, *each in model._base_manager.filter(pk__in=part).values_list("pk", *columns):
            values[pk] = dict(zip(columns, each, strict=True))
    return values


def _changes(row: Model, stored: Mapping[str, Any], names: Iterable[str] | None) -> Changes:
    changes: dict[str, tuple[Any, Any]] = {}
    for field in _tracked(type(row), names):
        before, after = stored[field.attname], field.to_python(getattr(row, field.attname))
        if before == after:
            continue
        if field.name in personal_fields(type(row)):
            changes[field.name] = (_digest(row, field.name, before), _digest(row, field.name, after))
        else:
            # An id is text in the ledger, whatever it is here.
            changes[field.name] = (_id(before), _id(after)) if field.is_relation else (before, after)
    return changes


def _digest(row: Any, name: str, value: Any) -> dict[str, str]:
    """HMAC-SHA-256 of {name: value} under the salt of the row: who has not got that cannot try short values."""
    text = json.dumps({name: value}, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return {"hmac_sha256": hmac.new(bytes(row.salt), text.encode(), hashlib.sha256).hexdigest()}


def _id(value: Any) -> str | None:
    return None if value is None else str(value)


@contextmanager
def _signed(row: Model, actor: Any, reason: str, changes: Changes) -> Iterator[None]:
    """Within the block, what simple_history writes of `row` is in the name of `actor`."""
    signature = {
        "_history_user": actor, "_change_reason": _cut(type(row), reason), "_history_date": clock.now(),
        "_history_changes": changes,
    }  # fmt: skip
    vars(row).update(signature)
    try:
        yield
    finally:
        for name in signature:
            vars(row).pop(name, None)


def _bulk_history(
    rows: Sequence[Model], changes: Mapping[Any, Changes], *, actor: Any, reason: str, update: bool
) -> None:
    model: Any = type(rows[0])
    history_rows = model.history.bulk_history_create(
        rows, update=update, default_user=actor, default_change_reason=_cut(model, reason), default_date=clock.now(),
        batch_size=MAX_ROWS_PER_STATEMENT,
    )  # fmt: skip
    for row, history_row in zip(rows, history_rows, strict=True):
        _remember(row, history_row, changes.get(row.pk, {}))


def _many_history(rows: Sequence[Model], actor: Any, reason: str) -> None:
    """The history of new rows, as simple_history would write it."""
    model: Any = type(rows[0])
    history = model.history.model
    columns = [field.attname for field in history.tracked_fields]
    shared = {
        "history_date": clock.now(), "history_user": actor, "history_change_reason": _cut(model, reason),
        "history_type": "+",
    }  # fmt: skip
    history_rows = [history(**shared, **{name: getattr(row, name) for name in columns}) for row in rows]
    for row, history_row in zip(rows, insert_many(history_rows), strict=True):
        _remember(row, history_row, {})


def _signal_received(sender: Any, *, instance: Model, history_instance: Model, **_: Any) -> None:
    if "_history_user" in vars(instance):
        _remember(instance, history_instance, vars(instance)["_history_changes"])


def _remember(row: Model, history_row: Model, changes: Changes) -> None:
    reference = HistoryReference(history_row._meta.label_lower, str(history_row.pk), changes)
    vars(row).setdefault(_REFERENCES, []).append(reference)


def _cut(model: Any, reason: str) -> str:
    """What the history says why; of a command or a shell, who ran it. Cut to the column, where that has a length."""
    operator = process.operator()
    length: int | None = model.history.model._meta.get_field("history_change_reason").max_length
    return (f"{operator.address}: {reason}" if operator else reason)[:length]


post_create_historical_record.connect(_signal_received, dispatch_uid="finobs.core.history")
