"""Every read of what came in. The first argument is who asks."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from finobs.core import access
from finobs.core.db.dialect import table_of
from finobs.core.db.rows import ModelRows
from finobs.core.errors import NotFound
from finobs.core.reads import first_or_not_found

from .activity_chart import CHART_DAYS, activity_chart
from .choices import OUTSIDE_ORIGINS, QuarantineReason, QuarantineState
from .models import Account, Batch, Label, QuarantinedRow, Source, Transaction

# A chart of more rows than this says no more, and costs seconds.
MAX_CHART_ROWS = 5_000
SOURCE_ROWS = ModelRows(Source)
SLUG = re.compile(r"[-A-Za-z0-9_]{1,40}")


def sources_visible(user: Any) -> QuerySet[Source]:
    return access.restrict(Source.objects.all(), user, "view")


def source_get(user: Any, slug: str) -> Source:
    missing = f"There is no source {slug[:40]!r}."
    # PostgreSQL cannot be asked for every text: NUL is an error there, and here it is a source that is not there.
    if not SLUG.fullmatch(slug):
        raise NotFound(missing)
    source = _source_by_slug(slug)
    if source is None or not access.allowed(user, "view", source):
        raise NotFound(missing)
    return source


def _source_by_slug(slug: str) -> Source | None:
    with connection.cursor() as cursor:
        cursor.execute(_source_sql(), [slug])
        row = cursor.fetchone()
    return None if row is None else SOURCE_ROWS.read(row)


@cache
def _source_sql() -> str:
    return f"SELECT {SOURCE_ROWS.columns('s')} FROM {table_of(Source)} s WHERE s.slug = %s"  # noqa: S608


def transactions_visible(user: Any) -> QuerySet[Transaction]:
    rows = Transaction.objects.select_related("source", "account", "counterparty")
    return access.restrict(rows, user, "view")


def transaction_get(user: Any, pk: int) -> Transaction:
    return first_or_not_found(transactions_visible(user).select_related("batch").filter(pk=pk))


def accounts_visible(user: Any) -> QuerySet[Account]:
    """Accounts, each with the time of its latest transaction."""
    latest = Transaction.objects.filter(account=OuterRef("pk")).order_by("-occurred_at").values("occurred_at")[:1]
    rows = Account.objects.select_related("source").annotate(latest_at=Subquery(latest))
    return access.restrict(rows, user, "view")


def account_get(user: Any, pk: int) -> Account:
    return first_or_not_found(accounts_visible(user).filter(pk=pk))


def account_transactions(user: Any, account: Account) -> QuerySet[Transaction]:
    return transactions_visible(user).filter(account=account)


def batches_visible(user: Any) -> QuerySet[Batch]:
    return access.restrict(Batch.objects.select_related("source", "actor"), user, "view")


def batch_get(user: Any, pk: int) -> Batch:
    return first_or_not_found(batches_visible(user).filter(pk=pk))


def labels_visible(user: Any) -> QuerySet[Label]:
    """Labels from outside as they stand, corrected or not. What people concluded is read where they concluded it."""
    outside = Label.objects.filter(origin__in=OUTSIDE_ORIGINS)
    rows = outside.select_related("transaction__source", "label_batch__actor")
    return access.restrict(rows, user, "view")


def quarantine_visible(user: Any) -> QuerySet[QuarantinedRow]:
    rows = QuarantinedRow.objects.select_related("source", "batch", "resolved_by").defer("raw")
    return access.restrict(rows, user, "view")


def quarantined_row_get(user: Any, pk: int) -> QuarantinedRow:
    return first_or_not_found(quarantine_visible(user).filter(pk=pk))


def quarantine_conflict(user: Any, row: QuarantinedRow) -> Transaction | None:
    """The transaction that is in under the id of a row which came with other content."""
    if row.reason != QuarantineReason.CONFLICT or not row.external_id:
        return None
    return transactions_visible(user).filter(source=row.source, external_id=row.external_id).first()


def quarantine_actions(user: Any, row: QuarantinedRow) -> list[str]:
    """What this person may do with the row now."""
    if row.state != QuarantineState.OPEN:
        return []
    return [action for action in ("correct", "release", "discard") if access.allowed(user, action, row)]


def account_activity(user: Any, account: Account, marks: Collection[int] = ()) -> dict[str, Any]:
    """The ninety days that end with the account's latest transaction: the chart, its newest rows, and the marks."""
    rows = account_transactions(user, account)
    latest = rows.order_by("-occurred_at").values_list("occurred_at", flat=True).first()
    if latest is None:
        return {"chart": None, "rows": [], "marks": marks}
    within = rows.filter(occurred_at__gt=latest - timedelta(days=CHART_DAYS)).order_by("-occurred_at", "-id")
    newest = list(within[:MAX_CHART_ROWS])
    marked = [row for row in newest if row.pk in marks]
    return {
        "chart": activity_chart(newest, latest, marks),
        "rows": (marked + [row for row in newest if row.pk not in marks])[:25],
        "marks": marks,
    }
