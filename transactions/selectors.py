"""Every read of what came in. The first argument is who asks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from finobs.core import access
from finobs.core.db.dialect import table_of
from finobs.core.db.rows import ModelRows
from finobs.core.errors import NotFound
from finobs.core.reads import first_or_not_found

from .activity_chart import DaySum, activity_chart, first_day, start_of
from .choices import OUTSIDE_ORIGINS, QuarantineReason, QuarantineState, RecordKind
from .missing_source import no_source
from .models import (
    Account,
    AccountDetails,
    Batch,
    Counterparty,
    CounterpartyDetails,
    ExchangeRate,
    Label,
    PaymentParties,
    QuarantinedRow,
    Source,
    Transaction,
)
from .totals import totals_of

# Beside the chart of an account.
MAX_ACTIVITY_ROWS = 25
# The names of a counterparty are those of its newest transactions.
MAX_NAMED_ROWS = 500
SOURCE_ROWS = ModelRows(Source)
SLUG = re.compile(r"[-A-Za-z0-9_]{1,40}")


def sources_visible(user: Any) -> QuerySet[Source]:
    return access.restrict(Source.objects.select_related("unit"), user, "view")


def source_get(user: Any, slug: str) -> Source:
    source = _source_by_slug(slug)
    if source is None or not access.allowed(user, "view", source):
        raise NotFound(no_source(slug))
    return source


def sources_for_tokens(user: Any) -> list[tuple[str, str]]:
    """The sources, as (slug, name), that `user` may read or feed, and so bind a token to."""
    readable, feedable = (access.restrict(Source.objects.all(), user, action) for action in ("view", "ingest"))
    names = dict(readable.values_list("slug", "name")) | dict(feedable.values_list("slug", "name"))
    return sorted(names.items())


def source_to_feed(user: Any, slug: str) -> Source:
    """The source of this slug, for a service that asks by itself whether `user` may bring rows into it: a decision has
    time to ask that once. Raises NotFound."""
    if not access.allowed(user, "ingest", Source):
        return source_get(user, slug)
    source = _source_by_slug(slug)
    if source is None:
        raise NotFound(no_source(slug))
    return source


def _source_by_slug(slug: str) -> Source | None:
    # PostgreSQL cannot be asked for every text: NUL is an error there, and here it is a source that is not there.
    if not SLUG.fullmatch(slug):
        return None
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
    return first_or_not_found(transactions_visible(user).select_related("batch", "payment_parties").filter(pk=pk))


def accounts_visible(user: Any) -> QuerySet[Account]:
    """Accounts, each with the time of its latest transaction."""
    latest = Transaction.objects.filter(account=OuterRef("pk")).order_by("-occurred_at").values("occurred_at")[:1]
    rows = Account.objects.select_related("source", "unit", "details").annotate(latest_at=Subquery(latest))
    return access.restrict(rows, user, "view")


def account_get(user: Any, pk: int) -> Account:
    return first_or_not_found(accounts_visible(user).filter(pk=pk))


def account_details_get(user: Any, pk: int) -> AccountDetails:
    """What is known of an account; with nothing in it where nothing was said yet."""
    account = account_get(user, pk)
    details: AccountDetails | None = getattr(account, "details", None)
    return details or AccountDetails(account=account)


def account_details_to_change(user: Any, pk: int) -> AccountDetails:
    """The same for who may change it. Raises NotAllowed for others."""
    details = account_details_get(user, pk)
    access.require(user, "change", details.account)
    return details


def party_actions(user: Any, party: Account | Counterparty) -> list[str]:
    """What this person may do with an account or a counterparty."""
    return ["change"] if access.allowed(user, "change", party) else []


def account_transactions(user: Any, account: Account) -> QuerySet[Transaction]:
    return transactions_visible(user).filter(account=account)


def counterparties_visible(user: Any) -> QuerySet[Counterparty]:
    """Counterparties, each with the time of its latest transaction."""
    latest = Transaction.objects.filter(counterparty=OuterRef("pk")).order_by("-occurred_at").values("occurred_at")
    rows = Counterparty.objects.select_related("source", "details").annotate(latest_at=Subquery(latest[:1]))
    return access.restrict(rows, user, "view")


def counterparty_get(user: Any, pk: int) -> Counterparty:
    return first_or_not_found(counterparties_visible(user).filter(pk=pk))


def counterparty_details_get(user: Any, pk: int) -> CounterpartyDetails:
    """What is known of a counterparty; with nothing in it where nothing was said yet."""
    counterparty = counterparty_get(user, pk)
    details: CounterpartyDetails | None = getattr(counterparty, "details", None)
    return details or CounterpartyDetails(counterparty=counterparty)


def counterparty_details_to_change(user: Any, pk: int) -> CounterpartyDetails:
    """The same for who may change it. Raises NotAllowed for others."""
    details = counterparty_details_get(user, pk)
    access.require(user, "change", details.counterparty)
    return details


def counterparty_transactions(user: Any, counterparty: Counterparty) -> QuerySet[Transaction]:
    return transactions_visible(user).filter(counterparty=counterparty)


def counterparty_names(user: Any, counterparty: Counterparty) -> list[tuple[str, int]]:
    """The names by which its newest transactions call it, and how often each; the most frequent first."""
    rows = counterparty_transactions(user, counterparty).order_by("-occurred_at", "-id")
    newest = list(rows.values_list("id", flat=True)[:MAX_NAMED_ROWS])
    parties = PaymentParties.objects.filter(pk__in=newest).values_list("counterparty", flat=True)
    counted = Counter(name for each in parties if (name := each.get("name")))
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


def exchange_rates_visible(user: Any) -> QuerySet[ExchangeRate]:
    return access.restrict(ExchangeRate.objects.select_related("batch"), user, "view")


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
    if row.reason != QuarantineReason.CONFLICT or not row.external_id or row.kind != RecordKind.TRANSACTION:
        return None
    rows = transactions_visible(user).select_related("payment_parties")
    return rows.filter(source=row.source, external_id=row.external_id).first()


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
        return {"chart": None, "rows": [], "marks": marks, "totals": None}
    last = timezone.localdate(latest)
    # Whole days, and the same sums for both: what the totals say is what the chart shows.
    recent = rows.filter(occurred_at__gte=start_of(first_day(last)))
    sums = _day_sums(recent)
    within = recent.order_by("-occurred_at", "-id")
    marked = list(within.filter(pk__in=marks)) if marks else []
    marked_days = Counter((row.currency, timezone.localdate(row.occurred_at)) for row in marked)
    details = getattr(account, "details", None)
    to = (details.currency if details else "") or account.source.default_currency
    return {
        "chart": activity_chart(sums, last, marked_days),
        "rows": [*marked, *within.exclude(pk__in=marks)[:MAX_ACTIVITY_ROWS]][:MAX_ACTIVITY_ROWS],
        "marks": marks,
        "totals": totals_of(((each.currency, each.direction, each.total, each.count) for each in sums), to, last),
    }


def _day_sums(rows: QuerySet[Transaction]) -> list[DaySum]:
    """By currency, direction and day, in the time zone in which pages show times."""
    by_day = rows.order_by().annotate(on=TruncDate("occurred_at")).values_list("currency", "direction", "on")
    return [DaySum(*row) for row in by_day.annotate(Sum("amount_minor"), Count("id"))]
