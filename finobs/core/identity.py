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
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from django.contrib.auth import get_user_model

SUPERUSER: Final = "superuser"


class Identity(NamedTuple):
    """A person or machine as of a moment."""

    name: str
    address: str
    roles: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


def roles_of(groups: Iterable[str], *, is_superuser: bool) -> tuple[str, ...]:
    """What somebody with these roles is shown to have: a superuser's power is one too, though it is no group."""
    return tuple(sorted({*groups, *([SUPERUSER] if is_superuser else [])}))


def identities_as_of(moments: Iterable[tuple[int, datetime]]) -> Mapping[tuple[int, datetime], Identity]:
    """The identity of each (user id, moment). One query, however many there are."""
    pairs = set(moments)
    past = _past({pk for pk, _ in pairs})
    return {(pk, at): _identity_at(past[pk], at) for pk, at in pairs if past[pk]}


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
    """Read what `IdentityAt` says of each of these rows of one model: one query for all."""
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


Past = list[tuple[datetime, Identity]]


def _past(pks: set[int]) -> defaultdict[int, Past]:
    """Who each of these people was since when, the oldest first."""
    past: defaultdict[int, Past] = defaultdict(list)
    if not pks:
        return past
    model: Any = get_user_model()
    role = f"historical{model._meta.model_name}_groups__group__name"
    rows = model.history.filter(id__in=pks).order_by("history_date", "history_id", role)
    fields = rows.values_list("history_id", "id", "history_date", "name", "email", "is_superuser", role)
    # One row for each role that somebody had, and one without for who had none.
    for _, group in groupby(fields, key=itemgetter(0)):
        rows_of_one = list(group)
        _, pk, at, name, email, is_superuser, _ = rows_of_one[0]
        roles = roles_of((row[-1] for row in rows_of_one if row[-1]), is_superuser=is_superuser)
        past[pk].append((at, Identity(name or email, email, roles)))
    return past


def _identity_at(past: Past, at: datetime) -> Identity:
    # The first one for what was done in the moment in which somebody was made.
    return past[max(0, bisect_right(past, at, key=itemgetter(0)) - 1)][1]
