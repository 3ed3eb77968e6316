"""What kind of data each column holds, and so where it may be said.

A model says it in `CLASSIFIED`, for every field whose type does not say it. History, events and
docs/data-classification.md follow that one declaration; a test fails for a field that nobody has classified.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Final

from django.db import models


class Classification(StrEnum):
    """internal: the organisation's own, which events and logs may state.
    staff: who works here; events state it, for they say who did what.
    personal: of customers and other people outside; events have a salted digest of it, logs nothing.
    secret: opens something, or would let a digest be tried; no event, no history, no log and no answer has it.
    """

    INTERNAL = "internal"
    STAFF = "staff"
    PERSONAL = "personal"
    SECRET = "secret"  # noqa: S105


INTERNAL, STAFF, PERSONAL, SECRET = Classification
Declaration = Mapping[str, Classification]
# Ids, keys and moments of the record itself, in whatever model.
TECHNICAL: Final = (models.AutoField, models.ForeignKey, models.UUIDField)
# Where nothing of people is beside them.
MEASURES: Final = (
    models.IntegerField, models.FloatField, models.DecimalField, models.BooleanField, models.DateField,
    models.TimeField,
)  # fmt: skip


def classify(*, internal: str = "", staff: str = "", personal: str = "", secrets: str = "") -> Declaration:
    """A declaration: the names of the fields of each kind, with blanks between them."""
    names = {INTERNAL: internal, STAFF: staff, PERSONAL: personal, SECRET: secrets}
    return {name: kind for kind, text in names.items() for name in text.split()}


class Unclassified(TypeError):
    """A field of which nobody has said what it holds."""


def classification_of(field: models.Field[Any, Any]) -> Classification:
    """What a column holds: as its model declares, or as its type tells. Raises Unclassified.

    In a model with personal fields types tell less: a date or a yes may be a birthday or a suspicion.
    """
    declared = declaration_of(field.model)
    if field.name in declared:
        return declared[field.name]
    if _is_technical(field) or (PERSONAL not in declared.values() and isinstance(field, MEASURES)):
        return INTERNAL
    raise Unclassified(f"{field.model._meta.label}.{field.name} is in no CLASSIFIED")


@cache
def declaration_of(model: type[models.Model]) -> Declaration:
    """All that a model, and what it is made of, declare. Of a history: what its model does."""
    model = getattr(model, "instance_type", model)
    declared: dict[str, Classification] = {}
    for base in reversed(model.__mro__):
        declared |= vars(base).get("CLASSIFIED", {})
    return declared


@cache
def personal_fields(model: type[models.Model]) -> frozenset[str]:
    """The fields that the ledger says by a digest, under the salt of the row."""
    return frozenset(name for name, each in declaration_of(model).items() if each is PERSONAL)


def _is_technical(field: models.Field[Any, Any]) -> bool:
    # Of a history, the id is a number like others.
    is_technical = isinstance(field, TECHNICAL) or field.name in ("id", "version")
    return is_technical or isinstance(field, models.DateTimeField) or bool(field.choices)
