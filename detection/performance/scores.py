"""The scores that versions gave as arrays, with the outcomes of their transactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from numpy.typing import NDArray

from finobs.core import access

from . import ground_truth
from .metrics import ScoredRows
from .score_queries import DayNumber, score_sources
from .window import Window


def scored(user: Any, role: str, versions: Sequence[int], window: Window) -> dict[int, ScoredRows]:
    """What each version scored of the window's days with its outcomes, by version, in the units whose data `user` may
    read. Three statements, for any number of versions.

    Memory: 32 bytes a row, beside the rows as the database gives them.
    """
    tables: dict[int, list[NDArray[np.float64]]] = {pk: [] for pk in versions}
    for scores in score_sources(role, versions) if versions else ():
        table = _read(access.restrict(scores, user, "measure"), window)
        for pk, parts in tables.items():
            parts.append(table[table[:, 0] == pk])
    concluded = ground_truth.conclusions_within(window)
    return {pk: _rows(parts, concluded) for pk, parts in tables.items()}


def merge(parts: Sequence[ScoredRows]) -> ScoredRows:
    """The rows of several versions with the same artefact, each transaction once."""
    if len(parts) == 1:
        return parts[0]
    ids, days, values, outcomes = (
        np.concatenate([getattr(each, name) for each in parts]) for name in ("ids", "days", "scores", "outcomes")
    )
    return ScoredRows(ids, days, values, outcomes).only(np.unique(ids, return_index=True)[1])


def _read(scores: QuerySet[Any], window: Window) -> NDArray[np.float64]:
    """(n, 5): version, transaction, day, score, outcome by label.

    Past the ORM, whose rows take longer than the database's work.
    """
    inside = scores.filter(transaction__occurred_at__gte=window.since, transaction__occurred_at__lt=window.until)
    columns = ground_truth.with_label_class(inside.order_by().annotate(day=DayNumber("transaction__occurred_at")))
    query = columns.values_list("version", "transaction_id", "day", "value", "label_class").query
    try:
        statement = query.sql_with_params()
    # Of somebody who may read the data of no unit, nothing is asked.
    except EmptyResultSet:
        return np.empty((0, 5))
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 5)


def _rows(parts: Sequence[NDArray[np.float64]], concluded: dict[int, bool]) -> ScoredRows:
    """Sorted by transaction, each once; what people concluded outranks a label."""
    table = np.concatenate(parts)
    ids, first = np.unique(table[:, 1].astype(np.int64), return_index=True)
    days, outcomes = table[first, 2].astype(np.int64), table[first, 4].astype(np.int64)
    people = np.array(sorted(concluded), dtype=np.int64)
    common, at, _ = np.intersect1d(ids, people, assume_unique=True, return_indices=True)
    outcomes[at] = [int(concluded[int(pk)]) for pk in common]
    return ScoredRows(ids, days, table[first, 3], outcomes)
