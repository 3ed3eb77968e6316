"""Batches of one source that were decided at the same time, so that neither saw the other's rows.

PostgreSQL lets them: what has not been committed is not seen by anybody else. A lock for each account would make a
payment wait for whole imports; so nothing waits, and a second look finds, once both are over, which batches could not
see each other and have an account or a counterparty in common (docs/decisions/0033). What occurred earlier in one is
late for the other, and is looked at again as anything is that comes in late. On SQLite there is one writer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.db import connection

from finobs.core import clock
from finobs.core.db.dialect import table_of
from finobs.core.db.locks import try_lock
from finobs.core.db.visibility import oldest_running, overlaps
from finobs.core.service import service
from transactions.models import Batch, Source, Transaction

from ...features.definition import MAX_WINDOW
from ...models import LateBatch, OverlapCheck
from ..active import active_detectors


@service
def overlaps_record() -> int:
    """Keep a late batch for each whose rows another, decided at the same time, should have seen; how many are new.

    Looks at all that may not have been over the last time. Who: finobs itself. Does nothing if somebody else is at it.
    """
    oldest = oldest_running()
    if oldest is None or not try_lock("detection.overlaps"):
        return 0
    check, _ = OverlapCheck.objects.get_or_create(pk=OverlapCheck.ONLY)
    # A restored database counts its transactions from the beginning again.
    number, is_complete = _record(_pairs(min(check.xid, oldest)))
    if is_complete:
        check.xid = oldest
        check.save(update_fields=["xid"])
    return number


def _record(pairs: Mapping[int, set[int]]) -> tuple[int, bool]:
    """How many late batches have anything new, and whether all could be written: one that a run is at work on is left
    for the next time. One that was looked at before the overlap was known is looked at once more."""
    sources = dict(Batch.objects.filter(pk__in=list(pairs)).values_list("pk", "source_id"))
    reading = {each.pk: each for each in Source.objects.filter(pk__in=set(sources.values())) if _reads_history(each)}
    LateBatch.objects.bulk_create(
        [LateBatch(batch_id=pk, source_id=source) for pk, source in sorted(sources.items()) if source in reading],
        ignore_conflicts=True,
    )
    rows = (
        LateBatch.objects.filter(pk__in=list(pairs), source__in=reading).select_for_update(of=("self",)).order_by("pk")
    )
    new = [each for each in rows.select_related("run") if not pairs[each.pk] <= set(each.missed_by)]
    ready = [each for each in new if each.run is None or not each.run.is_open]
    for each in ready:
        each.missed_by = sorted(pairs[each.pk].union(each.missed_by))
        each.run, each.due_at = None, max(each.due_at, clock.now())
    LateBatch.objects.bulk_update(ready, ["missed_by", "run", "due_at"], batch_size=500)
    return len(ready), len(ready) == len(new)


def _reads_history(source: Source) -> bool:
    """Whether what a batch missed may change what was decided of another."""
    return active_detectors(source).read_history


def _pairs(since: int) -> dict[int, set[int]]:
    """By batch, those that should have seen it and could not; the later of the two has a number from `since` on."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [since])
        pairs: dict[int, set[int]] = {}
        for missed, missed_by in cursor.fetchall():
            pairs.setdefault(missed, set()).add(missed_by)
    return pairs


@cache
def _statement() -> str:
    """Of two that could not see each other, the one with the greater number did not see the lesser. What an account or
    counterparty did in a batch is summed up first: two imports of ten thousand rows each may be at one merchant."""
    transactions = table_of(Transaction)
    spans = " UNION ALL ".join(
        f"SELECT batch_id, '{letter}' AS kind, {column} AS entity, currency, MIN(occurred_at) AS first, "  # noqa: S608
        f"MAX(occurred_at) AS last FROM {transactions} WHERE batch_id IN (SELECT missed FROM pairs) "
        f"AND {column} IS NOT NULL GROUP BY batch_id, {column}, currency"
        for letter, column in (("a", "account_id"), ("c", "counterparty_id"))
    )
    return (
        f"WITH overlap AS MATERIALIZED ({overlaps(Batch, 'source_id')}), "  # noqa: S608
        "pairs AS MATERIALIZED (SELECT earlier AS missed, later AS missed_by FROM overlap "
        "UNION ALL SELECT later, earlier FROM overlap), "
        f"spans AS MATERIALIZED ({spans}) "
        "SELECT DISTINCT p.missed, p.missed_by FROM pairs p JOIN spans x ON x.batch_id = p.missed "
        "JOIN spans y ON y.batch_id = p.missed_by AND y.kind = x.kind AND y.entity = x.entity "
        f"AND y.currency = x.currency WHERE x.first <= y.last "
        f"AND x.last >= y.first - INTERVAL '{MAX_WINDOW} days' ORDER BY 1, 2"
    )
