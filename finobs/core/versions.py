"""Versions: whoever changes a row says which state of it they saw, and is refused when it is another by now.

A row that can be changed is `core.models.Versioned` (decision 29). `core.history` raises its version with whatever it
saves, roles and other members included; services take `version` and ask `require_version` once they have locked the
row. Pages and the admin carry the version in a hidden field, the API in `ETag` and `If-Match`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .errors import Stale, VersionRequired

FIRST_VERSION: Final = 1
# What a door passes on when its caller named no version: refused, after the permission has been asked.
NO_VERSION: Final = 0
# How the admin's lists name the version of each row beside its box.
LIST_FIELD: Final = "version-{pk}"


def require_version(row: Any, version: int | None) -> None:
    """Refuse a change of the locked `row` by somebody who saw another version of it.

    `version`: None for who has looked at nothing that could be stale (a command, finobs itself). Raises Stale, and
    VersionRequired for NO_VERSION.
    """
    if version is None or version == row.version:
        return
    if version == NO_VERSION:
        raise VersionRequired
    raise Stale(_message(row, version), version=row.version)


def listed_version(data: Mapping[str, Any], row: Any) -> int:
    """The version that stood beside `row` in a list of the admin; NO_VERSION if there was none."""
    text = str(data.get(LIST_FIELD.format(pk=row.pk), ""))
    return int(text) if text.isdecimal() and len(text) < 10 else NO_VERSION


def _message(row: Any, version: int) -> str:
    """What changed since `version`, and by whom, as far as the history tells."""
    text = f"{row} has changed since you looked at it"
    if not hasattr(type(row)._meta, "simple_history_manager_attribute"):
        return f"{text}. Read what is new, then decide again."
    newest = row.history.first()
    former = row.history.filter(version=version).first()
    changed = _acts if row.HISTORY_SAYS_ACTS else _changed
    names = changed(newest, former) if newest is not None and former is not None else ""
    by = f", last by {newest.history_user}" if newest is not None and newest.history_user else ""
    return f"{text}{by}{f': {names}' if names else ''}. Read what is new, then decide again."


def _changed(newest: Any, former: Any) -> str:
    """The fields that are other by now, as people call them."""
    fields = set(newest.diff_against(former).changed_fields) - {"version", "updated_at", "session_epoch"}
    model = newest.instance_type
    names = (model.FIELD_WORDS.get(name, model._meta.get_field(name).verbose_name) for name in fields)
    return ", ".join(sorted(str(name) for name in names))


def _acts(newest: Any, former: Any) -> str:
    """What was done since, in the words of the history: "note added, waiting"."""
    rows = newest.instance_type.history.filter(id=newest.id, version__gt=former.version).order_by("version")
    acts = rows.values_list("history_change_reason", flat=True)
    return ", ".join(dict.fromkeys(f"{act[:1].lower()}{act[1:]}" for act in acts if act))
