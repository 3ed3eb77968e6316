"""Sources: made and changed by administrators, or by an import that is told to."""

from __future__ import annotations

import json
from typing import Any, Final

from finobs.accounts.models import User
from finobs.accounts.services import require_no_gain, require_open
from finobs.core import access, clock, history
from finobs.core.errors import Conflict, Invalid
from finobs.core.plain_text import require_names
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import event_value, record

from .. import hooks
from ..attributes import validated_declaration
from ..models import Source
from ..reference_data import CURRENCIES
from ..row_validation import ROW_FIELDS

SOURCE_FIELDS = ("name", "default_currency", "time_zone", "mapping", "attributes", "unit", "is_active")
# An event of the ledger says a mapping before and after; the longest of a bank's files is a few KB.
MAX_MAPPING_BYTES: Final = 64 * 1024


@service
def source_create(*, actor: User, slug: str, name: str = "", **fields: Any) -> Source:
    """Make a source, of the whole organisation where no `unit` is named. Who may: `system:config`. Records
    `source.create`. Raises Invalid, Conflict for a known slug.

    However it is made, what assesses its transactions is there with it: see `hooks.register_source_preparation`.
    """
    access.require(actor, "create", Source)
    _check_names(fields)
    source = Source(slug=slug, name=name or slug, **fields)
    _check(source)
    require_open(source.unit)
    if Source.objects.filter(slug=slug).exists():
        raise Conflict(f"There is a source {slug} already.")
    history.save(source, actor=actor)
    hooks.prepare_source()
    record(actor=actor, action="source.create", subject=source, data={"slug": slug} | _state(source))
    return source


@service
def source_change(*, actor: User, source: Source, version: int | None = None, **fields: Any) -> Source:
    """Change name, defaults, mapping, unit or activity of a source; its slug stays, for digests hold it.

    New accounts are made in its unit; those that are there stay in theirs (`account_move`). Who may: `system:config`;
    nobody moves a source to where their own grants reach it. Records `source.change`. Raises Invalid, Stale.
    """
    source = Source.objects.select_for_update().get(pk=source.pk)
    access.require(actor, "change", source)
    require_version(source, version)
    _check_names(fields)
    before = source.unit_id
    for name, value in fields.items():
        setattr(source, name, value)
    _check(source)
    if source.unit_id != before:
        require_no_gain(actor, before, require_open(source.unit).pk)
    history.save(source, actor=actor)
    record(actor=actor, action="source.change", subject=source)
    return source


def _check_names(fields: dict[str, Any]) -> None:
    if unknown := fields.keys() - set(SOURCE_FIELDS):
        raise Invalid(fields={name: ["A source has no such setting, or it cannot be changed."] for name in unknown})


def _state(source: Source) -> dict[str, Any]:
    return {name: event_value(getattr(source, name)) for name in SOURCE_FIELDS} | {"unit": str(source.unit_id)}


def _check(source: Source) -> None:
    from django.core.exceptions import ValidationError

    from ..mappings import Mapping

    source.name = require_names(name=source.name)["name"]
    try:
        source.clean_fields()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from None
    if source.default_currency and source.default_currency not in CURRENCIES:
        raise Invalid(fields={"default_currency": [f"{source.default_currency} is no ISO 4217 currency code."]})
    if source.time_zone not in clock.time_zones():
        raise Invalid(fields={"time_zone": [f"{source.time_zone} is no time zone."]})
    if not isinstance(source.mapping, dict):
        raise Invalid(fields={"mapping": ["A mapping is an object of field and column."]})
    if len(json.dumps(source.mapping, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MAX_MAPPING_BYTES:
        raise Invalid(fields={"mapping": [f"A mapping has at most {MAX_MAPPING_BYTES // 1024} KB."]})
    source.attributes = validated_declaration(source.attributes, ROW_FIELDS)
    if source.mapping:
        try:
            Mapping.parse(source.mapping).for_source(source.attributes)
        except Invalid as error:
            raise Invalid(fields={"mapping": [error.message]}) from None
