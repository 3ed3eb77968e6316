"""Who somebody was at a moment: name, address and roles from the history of people, for what was done then.

Events of the ledger say it themselves (`ledger.actors`). This is for rows that only point at a person: whoever is
renamed, or loses a role, did under the old name and with that role what they did. A model declares it
(`author_then = IdentityAt("author", "created_at")`); lists read it for all their rows at once (`preload`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model


class Identity(NamedTuple):
    """A person or machine as of a moment."""

    name: str
    address: str
    roles: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


def identities_as_of(moments: Iterable[tuple[int, datetime]]) -> Mapping[tuple[int, datetime], Identity]:
    """The identity of each (user id, moment). Two queries, however many there are."""
    pairs = set(moments)
    history = _history({pk for pk, _ in pairs})
    chosen = {(pk, at): _row_at(history[pk], at) for pk, at in pairs if history[pk]}
    roles = _roles({row.history_id for row in chosen.values()})
    return {
        key: Identity(row.name or row.email, row.email, tuple(roles[row.history_id])) for key, row in chosen.items()
    }


class IdentityAt:
    """Of a model: who its field `person` was at the moment in its field `at`; None where either is empty."""

    def __init__(self, person: str, at: str) -> None:
        self.person, self.at = person, at

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    # No __set__: what a row remembers of it comes first.
    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return self
        if self.name not in vars(row):
            preload([row])
        return vars(row)[self.name]

    def moment(self, row: Any) -> tuple[int, datetime] | None:
        pk, at = getattr(row, f"{self.person}_id"), getattr(row, self.at)
        return (pk, at) if pk and at else None


def preload(rows: Sequence[Any]) -> None:
    """Read what `IdentityAt` says of each of these rows of one model: two queries for all."""
    fields = _fields(type(rows[0])) if rows else []
    moments = [(field, row, field.moment(row)) for field in fields for row in rows]
    if not moments:
        return
    identities = identities_as_of(moment for *_, moment in moments if moment)
    for field, row, moment in moments:
        vars(row)[field.name] = identities.get(moment) if moment else None


def attach_history_users(rows: Sequence[Any]) -> None:
    """Give each history row `history_user_then`: who made the change, as they were then."""
    moments = [(row, (row.history_user_id, row.history_date)) for row in rows if row.history_user_id]
    identities = identities_as_of(moment for _, moment in moments)
    for row in rows:
        row.history_user_then = None
    for row, moment in moments:
        row.history_user_then = identities.get(moment)


def _fields(model: type) -> list[IdentityAt]:
    return [value for each in model.__mro__ for value in vars(each).values() if isinstance(value, IdentityAt)]


def _history(pks: set[int]) -> defaultdict[int, list[Any]]:
    """The history rows of these people, each person's oldest first."""
    history: defaultdict[int, list[Any]] = defaultdict(list)
    model: Any = get_user_model()
    rows = model.history.filter(id__in=pks).order_by("history_date", "history_id")
    for row in rows.only("id", "history_id", "history_date", "name", "email") if pks else ():
        history[row.id].append(row)
    return history


def _row_at(rows: Sequence[Any], at: datetime) -> Any:
    # The first one for what was done in the moment in which somebody was made.
    return rows[max(0, bisect_right(rows, at, key=lambda row: row.history_date) - 1)]


def _roles(history_ids: set[int]) -> defaultdict[int, list[str]]:
    roles: defaultdict[int, list[str]] = defaultdict(list)
    model: Any = get_user_model()
    through: Any = model.history.model._meta.get_field(f"historical{model._meta.model_name}_groups").related_model
    names = through.objects.filter(history_id__in=history_ids).order_by("group__name")
    for history_id, name in names.values_list("history_id", "group__name") if history_ids else ():
        roles[history_id].append(name)
    return roles
