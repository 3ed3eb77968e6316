"""Cursor paging, the same for pages and API: opaque, signed, stable while rows are being added (IF-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.core.paginator import EmptyPage, Paginator
from django.core.paginator import Page as NumberedPage
from django.db.models import F, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.functional import cached_property

from .db.unions import InFirstKeys, count_all, first_keys
from .errors import Invalid
from .reach import parts, unbounded

M = TypeVar("M", bound=Model)
CURSOR_SALT = "finobs.cursor"
MAX_PAGE_SIZE = 200
DEFAULT_PAGE_SIZE = 50
# Where grants and filters look at several tables, counting further reads tens of thousands of rows, and tells no more.
MAX_COUNT = 1_000
MAX_PAGE_DIGITS = 6


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
    rows = queryset if key is None else queryset.filter(_beyond(direction, key))
    # One more than asked for says whether there is a next page.
    items = list(first_rows(rows, direction, limit + 1))
    more, items = len(items) > limit, items[:limit]
    if backwards:
        items.reverse()
    has_newer, has_older = (more, True) if backwards else (key is not None, more)
    return Page(
        items=items,
        newer=_write(items[0], order, bound, backwards=True) if items and has_newer else "",
        older=_write(items[-1], order, bound, backwards=False) if items and has_older else "",
    )


def first_rows(queryset: QuerySet[M], order: Sequence[str], number: int) -> QuerySet[M]:
    """The first `number` rows of `queryset` in `order`, as `paginate` takes it."""
    pieces = parts(queryset)
    if len(pieces) == 1:
        return pieces[0].order_by(*order)[:number]
    keys = first_keys(pieces, order, number)
    if keys is None:
        return queryset.none()
    condition: Any = InFirstKeys(F("pk"), keys)
    return unbounded(queryset).filter(condition).order_by(*order)[:number]


def count(queryset: QuerySet[Any], most: int | None = None) -> tuple[int, bool]:
    """How many rows, and whether that is exact: nobody is made to wait for a total beyond `most`, or 1,000."""
    most = MAX_COUNT if most is None else most
    pieces = parts(queryset, disjoint=True)
    number = _keys(pieces[0])[: most + 1].count() if len(pieces) == 1 else count_all(pieces, most + 1)
    return (most, False) if number > most else (number, True)


def _keys(rows: Any) -> Any:
    """The rows without what is read beside them (a name from another table): that would be read of each counted."""
    return rows.order_by() if rows._fields is not None else rows.order_by().values("pk")


class AtLeast(int):
    """A count that was not carried on, as people read it: 1000+."""

    def __str__(self) -> str:
        return f"{int(self)}+"


class ListPaginator(Paginator):  # type: ignore[type-arg]
    """Pages by number, for the admin: counted and read as other lists are. Beyond 1,000 rows there is always one page
    more, until one is empty."""

    _page_number = 0

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        number, is_exact = count(rows)
        return number if is_exact else AtLeast(number)

    @property
    def num_pages(self) -> int:
        number = max(1, -(-self.count // self.per_page))
        return max(number, self._page_number) + 1 if isinstance(self.count, AtLeast) else number

    def validate_number(self, number: Any) -> int:
        text = str(number)
        if isinstance(self.count, AtLeast) and text.isdecimal() and len(text) <= MAX_PAGE_DIGITS:
            # There may be as many pages as anybody asks for; what no table holds is refused as any other number.
            self._page_number = max(self._page_number, int(text) - 1)
        valid: int = super().validate_number(number)
        return valid

    def page(self, number: Any) -> Any:
        number = self.validate_number(number)
        last = number * self.per_page if isinstance(self.count, AtLeast) else min(number * self.per_page, self.count)
        rows: Any = self.object_list
        order = rows.query.order_by
        if order and all(isinstance(name, str) and "__" not in name for name in order) and order[-1] in ("pk", "-pk"):
            rows = first_rows(rows, order, last)
        # A query, not a list: forms of a list are made of it.
        page_rows = rows[(number - 1) * self.per_page : last]
        if not page_rows and number > 1:
            raise EmptyPage(self.error_messages["no_results"])
        self._page_number = number
        return NumberedPage(page_rows, number, self)


def _flip(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: Sequence[str], key: Sequence[Any]) -> Any:
    """Rows strictly after `key`: (a, b) < (x, y), which an index answers, where all descend or none does."""
    names = [name.removeprefix("-") for name in order]
    if len(names) > 1 and len({name[0] == "-" for name in order}) == 1:
        compare = TupleLessThan if order[0][0] == "-" else TupleGreaterThan
        return compare(Tuple(*names), tuple(key))
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
