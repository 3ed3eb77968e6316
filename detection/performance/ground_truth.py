"""What is known of a transaction by now: what a person concluded on its case, else the label that came from outside."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Exists, FilteredRelation, IntegerField, OuterRef, Q, QuerySet, Value, When

from finobs.core import clock
from transactions.choices import OUTSIDE_ORIGINS, LabelOrigin
from transactions.models import Label, Transaction

from .confusion_cells import CLEARED, CONFIRMED, UNKNOWN
from .window import Window

PERSON, LABEL, NOBODY = "person", "label", ""


def with_label_class(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows of a model with a `transaction`, with `label_class`: the outcome by labels from outside alone."""
    path = "transaction__labels"
    # Not "one of the others", which SQLite looks up once for each origin: 30 % of the whole statement.
    condition = ~Q(**{f"{path}__origin": LabelOrigin.CASE}) & Q(**{f"{path}__known_at__lte": clock.now()})
    outcome = Case(
        When(outside__is_suspicious=True, then=Value(CONFIRMED)),
        When(outside__is_suspicious=False, then=Value(CLEARED)),
        default=Value(UNKNOWN), output_field=IntegerField(),
    )  # fmt: skip
    labelled: QuerySet[Any] = rows.alias(outside=FilteredRelation(path, condition=condition)).annotate(
        label_class=outcome
    )
    return labelled


def conclusions_within(window: Window) -> dict[int, bool]:
    """Whether people found each transaction of these days suspicious, where they concluded."""
    inside = _labels_until_now().filter(
        origin=LabelOrigin.CASE, transaction__occurred_at__gte=window.since, transaction__occurred_at__lt=window.until
    )
    return dict(inside.values_list("transaction_id", "is_suspicious"))


def with_ground_truth(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """The rows with `outcome` (1, 0, -1) and `outcome_origin` (a person, a label, or nobody)."""
    own = _labels_until_now().filter(transaction_id=OuterRef("pk"))
    concluded, outside = own.filter(origin=LabelOrigin.CASE), own.filter(origin__in=OUTSIDE_ORIGINS)
    return rows.annotate(
        outcome=Case(
            When(Exists(concluded.filter(is_suspicious=True)), then=Value(CONFIRMED)),
            When(Exists(concluded), then=Value(CLEARED)),
            When(Exists(outside.filter(is_suspicious=True)), then=Value(CONFIRMED)),
            When(Exists(outside), then=Value(CLEARED)),
            default=Value(UNKNOWN), output_field=IntegerField(),
        ),
        outcome_origin=Case(
            When(Exists(concluded), then=Value(PERSON)), When(Exists(outside), then=Value(LABEL)),
            default=Value(NOBODY),
        ),
    )  # fmt: skip


def _labels_until_now() -> QuerySet[Label]:
    return Label.objects.filter(known_at__lte=clock.now())
