"""The registry of record kinds. A kind is one file: its fields, what holds between them, and how rows of it get in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from finobs.accounts.models import User
from finobs.core.errors import NotFound

from ..choices import QuarantineReason, RecordKind
from ..models import Batch
from ..row_faults import RowFault, quoted
from ..row_validation import RawRow
from .fields import RecordField, read_fields

MAX_RECORD_KEY_LENGTH: Final = 100
DAY_FIELD: Final = "valid_from"


class ValidRecord(NamedTuple):
    """A row that holds. key: what tells it from others of its kind at the source; values: by the names of fields."""

    key: str
    values: dict[str, Any]


@dataclass(slots=True)
class RecordOutcome:
    """What became of the rows of a batch, by their index.

    accepted: primary key and digest of the assertion that each made, in the order of their positions. duplicates: the
    one that says the same, None where it comes with the same batch.
    """

    accepted: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    duplicates: dict[int, int | None] = field(default_factory=dict)
    faults: dict[int, RowFault] = field(default_factory=dict)


@dataclass(frozen=True)
class KindDefinition:
    """One kind of record.

    key_fields: together they say which record a row is about. check: raises RowFault for values that do not hang
    together. apply: puts valid rows in, with history, in the transaction of the caller, which holds the lock on the
    source's records; `batch` has its id and is saved afterwards.
    """

    kind: RecordKind
    noun: str
    fields: tuple[RecordField, ...]
    key_fields: tuple[str, ...]
    check: Callable[[Mapping[str, Any]], None]
    apply: Callable[[User, Batch, Mapping[int, ValidRecord]], RecordOutcome]

    @cached_property
    def names(self) -> list[str]:
        return [each.name for each in self.fields]

    @cached_property
    def name_set(self) -> frozenset[str]:
        return frozenset(self.names)

    @property
    def required(self) -> list[str]:
        return [each.name for each in self.fields if each.is_required]

    @property
    def dates(self) -> list[str]:
        return [each.name for each in self.fields if each.is_date]

    def read(self, raw: RawRow) -> ValidRecord:
        """The valid record of a row. Raises RowFault."""
        if raw.fault:
            raise raw.fault
        if not raw.fields.keys() <= self.name_set:
            unknown = sorted(raw.fields.keys() - self.name_set)
            names = ", ".join(map(quoted, unknown[:5]))
            raise RowFault(QuarantineReason.UNKNOWN_FIELD, f"finobs knows no field of a {self.noun} named {names}.")
        values = read_fields(self.fields, raw.fields)
        self.check(values)
        return ValidRecord(key_text([str(values[name]) for name in self.key_fields]), values)

    def key_of(self, fields: Mapping[str, Any]) -> str:
        """The key of a row as far as it can be read; "" where it is none."""
        parts = [each for each in self.fields if each.name in self.key_fields]
        try:
            values = read_fields(parts, fields)
            return key_text([str(values[name]) for name in self.key_fields])
        except (RowFault, KeyError):
            return ""

    def day_of(self, fields: Mapping[str, Any]) -> str | None:
        """The day from which on a row holds, where it says one that can be read."""
        try:
            return read_fields([each for each in self.fields if each.name == DAY_FIELD], fields).get(DAY_FIELD)
        except RowFault:
            return None


def key_text(parts: Sequence[str]) -> str:
    """The parts of a key as one text; as its SHA-256 where it is too long for a column."""
    text = "/".join(parts)
    return text if len(text) <= MAX_RECORD_KEY_LENGTH else hashlib.sha256(text.encode()).hexdigest()


_kinds: dict[str, KindDefinition] = {}


def register(definition: KindDefinition) -> None:
    """Make a kind known. Called from AppConfig.ready()."""
    _kinds[definition.kind] = definition


def definition_of(kind: str) -> KindDefinition:
    """Raises NotFound for a kind that nobody registered, as that of transactions, which come in by `ingest`."""
    try:
        return _kinds[kind]
    except KeyError:
        raise NotFound(f"finobs knows no records of the kind {kind[:40]!r}.") from None


def registered_kinds() -> Collection[str]:
    return list(_kinds)
