"""The column that says what rows are about."""

from __future__ import annotations

from typing import Any, Final

from django.db import models

from ..choices import RecordKind

# What the migrations say of the column. The database has no list of kinds: a further one needs no migration.
MIGRATED_KINDS: Final = [
    (each.value, each.label)
    for each in (RecordKind.TRANSACTION, RecordKind.CUSTOMER, RecordKind.ACCOUNT_PARTY, RecordKind.RELATION)
]


class RecordKindField(models.CharField):  # type: ignore[type-arg]
    """One of RecordKind; transactions unless said otherwise."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 20, "choices": RecordKind, "default": RecordKind.TRANSACTION, **kwargs})

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs | {"choices": MIGRATED_KINDS}
