"""Rows that grants reach, and the parts in which a database reads them in the order of a list.

Grants hang on several anchors: a case is seen by its queue, or by itself. As one condition that is an OR, for which no
index gives an order: of 250,000 cases all are read and sorted to show fifty. Each queue by itself, and the cases by
themselves, have an index in that order; the first fifty of all are among the first fifty of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from django.db.models import Model, OneToOneRel, Q, QuerySet, Subquery
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In
from django.db.models.sql.where import AND, OR, WhereNode

from .db.keys import InKeys

M = TypeVar("M", bound=Model)
# A statement of more is longer to plan than it saves.
MAX_PARTS: Final = 40


class Reach(WhereNode):
    """The condition: one look-up for each anchor, any of which is enough."""


def within(rows: QuerySet[M], bounds: Q) -> QuerySet[M]:
    """Those of `rows` for which one of the look-ups of `bounds`, each of an anchor's keys, holds."""
    rows = rows.filter(**_newest(rows.model, bounds)).filter(bounds)
    # The condition is the last of the WHERE, and keeps its place in every copy.
    conditions = rows.query.where.children
    if conditions:
        lookups: Any = conditions[-1].children if isinstance(conditions[-1], WhereNode) else [conditions[-1]]
        anchors: list[Any] = [InKeys(each.lhs, each.rhs) for each in lookups]
        conditions[-1] = Reach(anchors, OR)
    return rows


def _newest(model: type[Model], bounds: Q) -> dict[str, Any]:
    """Where every anchor is behind one row that points here, as an alert is seen through its place in a case: no row
    newer than the newest that has one. The newest alerts may be in no case, and a list would look at all of them first.
    """
    lookups: list[Any] = bounds.children
    names = {path.partition("__")[0] for path, _ in lookups}
    relation = model._meta.get_field(names.pop()) if len(names) == 1 and "pk" not in names else None
    if not isinstance(relation, OneToOneRel):
        return {}
    name = relation.field.attname
    pointing = relation.related_model._default_manager.order_by(f"-{name}").values(name)
    return {"pk__lte": Subquery(pointing[:1])}


def parts(rows: QuerySet[M], *, disjoint: bool = False) -> list[QuerySet[M]]:
    """`rows` in parts of one anchor each; [rows] where that is no use.

    disjoint: no row is in two of them. Every part is within what `within` allows, whatever else is asked for.
    """
    place = _place(rows)
    if place is None:
        return [rows]
    lookups = _pieces(rows, rows.query.where.children[place])
    if lookups is None or len(lookups) > MAX_PARTS:
        return [rows]
    if disjoint:
        lookups = [_without(lookup, lookups[:number]) for number, lookup in enumerate(lookups)]
    return [_replaced(rows, place, lookup) for lookup in lookups]


def unbounded(rows: QuerySet[M]) -> QuerySet[M]:
    """`rows` without the condition: for who asks for keys of its parts."""
    place = _place(rows)
    return rows if place is None else _replaced(rows, place, WhereNode())


def _place(rows: QuerySet[Any]) -> int | None:
    query = rows.query
    if query.combinator or query.is_sliced or query.distinct or query.where.connector != AND or query.where.negated:
        return None
    return next((place for place, each in enumerate(query.where.children) if isinstance(each, Reach)), None)


def _pieces(rows: QuerySet[Any], condition: Any) -> list[Any] | None:
    """A look-up for each part. None where rows are asked for by a list of keys, which are few, or where an anchor is
    in another table, whose rows have no order in this one."""
    table = rows.query.get_initial_alias()
    if any(isinstance(each, In) and _is_key(each.lhs, table) for each in rows.query.where.children):
        return None
    fixed = dict(filter(None, (_fixed(each, table) for each in rows.query.where.children)))
    pieces: list[Any] = []
    lookups: list[Any] = condition.children
    for lookup in lookups:
        column: Any = lookup.lhs
        # Of several anchors, none may be empty: no part could say that a row is in none of the others.
        if column.alias != table or (column.target.null and len(lookups) > 1):
            return None
        if column.target in fixed:
            if fixed[column.target] in lookup.rhs:
                # All that is asked for hangs on this anchor.
                return [WhereNode()]
        elif column.target.primary_key:
            pieces.append(lookup)
        else:
            pieces += [Exact(column, pk) for pk in lookup.rhs]
    return pieces


def _is_key(column: Any, table: str | None) -> bool:
    return isinstance(column, Col) and column.alias == table and column.target.primary_key


def _fixed(condition: Any, table: str | None) -> tuple[Any, Any] | None:
    """The column and the value of `column = value`."""
    is_plain = isinstance(condition, Exact) and isinstance(condition.lhs, Col) and condition.lhs.alias == table
    return (condition.lhs.target, condition.rhs) if is_plain and not hasattr(condition.rhs, "as_sql") else None


def _without(lookup: Any, earlier: Sequence[Any]) -> Any:
    """`lookup` for rows that none of the `earlier` ones is for; those of one column are of different values."""
    others: dict[Any, list[Any]] = {}
    for each in earlier:
        if each.lhs.target != lookup.lhs.target:
            others.setdefault(each.lhs, []).append(each.rhs)
    lists: list[Any] = [InKeys(column, values) for column, values in others.items()]
    nots = [WhereNode([each], AND, negated=True) for each in lists]
    return WhereNode([lookup, *nots], AND) if nots else lookup


def _replaced(rows: QuerySet[M], place: int, condition: Any) -> QuerySet[M]:
    part = rows.all()
    part.query.where.children[place] = condition
    return part
