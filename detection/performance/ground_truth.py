"""What is known of a transaction by now: what a person concluded on its case, else the label that came in with it."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from finobs.core import clock
from transactions.models import Transaction

from .. import hooks
from .confusion_cells import CLEARED, CONFIRMED, UNKNOWN
from .window import Window

PERSON, LABEL, NOBODY = "person", "label", ""


def label_class(prefix: str = "") -> Case:
    """The outcome by imported labels alone, of rows from which `prefix` leads to the transaction."""
    known = {f"{prefix}label__known_at__lte": clock.now()}
    return Case(
        When(**known, **{f"{prefix}label__is_suspicious": True}, then=Value(CONFIRMED)),
        When(**known, then=Value(CLEARED)),
        default=Value(UNKNOWN), output_field=IntegerField(),
    )  # fmt: skip


def labels_within(window: Window) -> dict[int, bool]:
    """Whether people found each transaction of these days suspicious, where they concluded."""
    found = _concluded()
    if found is None:
        return {}
    inside = found.filter(occurred_at__gte=window.since, occurred_at__lt=window.until)
    return {pk: bool(is_suspicious) for pk, is_suspicious in inside.values_list("transaction_id", "is_suspicious")}


def with_ground_truth(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """The rows with `outcome` (1, 0, -1) and `said_by` (a person, a label, or nobody)."""
    found = _concluded()
    whens: list[Any] = []
    if found is not None:
        mine = found.filter(transaction_id=OuterRef("pk"))
        whens = [(Exists(mine.filter(is_suspicious=True)), CONFIRMED), (Exists(mine), CLEARED)]
    labels = Q(label__known_at__lte=clock.now())
    return rows.annotate(
        outcome=Case(*(When(each, then=Value(said)) for each, said in whens), default=label_class()),
        said_by=Case(
            *(When(each, then=Value(PERSON)) for each, _ in whens),
            When(labels, then=Value(LABEL)), default=Value(NOBODY),
        ),
    )  # fmt: skip


def _concluded() -> QuerySet[Any] | None:
    found = hooks.dispositions()
    return None if found is None else found.filter(known_at__lte=clock.now())
