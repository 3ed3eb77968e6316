"""Cursor paging, the same for pages and API: opaque, signed, stable while rows are being added (IF-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet

from .errors import Invalid

M = TypeVar("M", bound=Model)
CURSOR_SALT = "finobs.cursor"
MAX_PAGE_SIZE = 200
DEFAULT_PAGE_SIZE = 50
MAX_COUNT = 10_000


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One page of rows, and the cursors of its neighbours (empty at the ends)."""

    items: list[M]
    newer: str
    older: str


def paginate(
    queryset: QuerySet[M], *, order: Sequence[str], cursor: str = "", limit: int = DEFAULT_PAGE_SIZE, bound: str = ""
) -> Page[M]:
    """One page of `queryset` in `order` (field names, "-" for descending, the last one unique, none of them null).

    `bound` is the filter text that the cursor belongs to: a cursor is no use under other filters.
    Raises Invalid for a cursor that is forged, or of another list.
    """
    limit = max(1, min(limit, MAX_PAGE_SIZE))
    backwards, key = _read(cursor, order, bound) if cursor else (False, None)
    direction = [_flip(name) for name in order] if backwards else list(order)
    rows = queryset.order_by(*direction)
    if key is not None:
        rows = rows.filter(_beyond(direction, key))
    # One more than asked for says whether there is a next page.
    items = list(rows[: limit + 1])
    more, items = len(items) > limit, items[:limit]
    if backwards:
        items.reverse()
    has_newer, has_older = (more, True) if backwards else (key is not None, more)
    return Page(
        items=items,
        newer=_write(items[0], order, bound, backwards=True) if items and has_newer else "",
        older=_write(items[-1], order, bound, backwards=False) if items and has_older else "",
    )


def count(queryset: QuerySet[Any]) -> tuple[int, bool]:
    """How many rows, and whether that is exact: nobody is made to wait for a total beyond 10,000."""
    number = queryset.order_by()[: MAX_COUNT + 1].count()
    return (MAX_COUNT, False) if number > MAX_COUNT else (number, True)


def _flip(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: Sequence[str], key: Sequence[Any]) -> Q:
    """Rows strictly after `key`: (a < x) or (a = x and b < y) or ..."""
    after, same = Q(), Q()
    for name, value in zip(order, key, strict=True):
        field, operator = (name[1:], "lt") if name.startswith("-") else (name, "gt")
        after |= same & Q(**{f"{field}__{operator}": value})
        same &= Q(**{field: value})
    return after


def _write(item: Model, order: Sequence[str], bound: str, *, backwards: bool) -> str:
    values = []
    for name in order:
        value: Any = item
        for step in name.removeprefix("-").split("__"):
            value = getattr(value, step)
        values.append(value.isoformat() if hasattr(value, "isoformat") else value)
    # Signed, so that nobody asks for an order or a filter that a page does not offer.
    return signing.dumps([int(backwards), ",".join(order), bound, values], salt=CURSOR_SALT, compress=True)


def _read(cursor: str, order: Sequence[str], bound: str) -> tuple[bool, list[Any]]:
    try:
        backwards, of_order, of_bound, values = signing.loads(cursor, salt=CURSOR_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise Invalid("This page address is not valid any more; start from the first page.") from error
    if (of_order, of_bound) != (",".join(order), bound):
        raise Invalid("This page address belongs to another list; start from the first page.")
    return bool(backwards), values
