from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from finobs.accounts.models import User
from finobs.core.service import service

from ..choices import OUTSIDE_ORIGINS, LabelOrigin
from ..models import Label

MAX_LABELS_PER_STATEMENT = 1_000


@service
def label_add(
    *,
    actor: User,
    transactions: Iterable[int],
    origin: LabelOrigin,
    is_suspicious: bool,
    known_at: datetime,
    typology: str = "",
) -> list[int]:
    """Write down what people concluded of these transactions (ids); return those that got a label, in rising order.

    One that has a label of this `origin` keeps it, so that a repeated call adds nothing; labels from outside stay as
    they are. Every transaction that occurs after `known_at` is told of it, whatever its id (its watermark is 0):
    nobody concludes at a moment that is over, so whatever was decided before the conclusion occurred before it. The
    exception is what is dated ahead (at most a day, as ingestion allows) and was decided before: described again, it
    is told of it.
    Who may: whoever the calling service let conclude. Records nothing: the event of the conclusion names the labels.
    Raises ValueError for an origin from outside, whose labels come in by `ingest` and `labels_add`.
    """
    if origin in OUTSIDE_ORIGINS:
        raise ValueError(f"labels of the origin {origin} come from outside")
    ids = sorted(set(transactions))
    labelled = _labelled(ids, origin)
    # A watermark of 0 (decision 20): unlike a label from outside, a conclusion names no moment that is over.
    new = [pk for pk in ids if pk not in labelled]
    labels = [
        Label(
            transaction_id=pk, origin=origin, is_suspicious=is_suspicious, typology=typology, known_at=known_at,
            watermark=0,
        )
        for pk in new
    ]  # fmt: skip
    Label.objects.bulk_create(labels, batch_size=MAX_LABELS_PER_STATEMENT)
    return new


def _labelled(ids: list[int], origin: LabelOrigin) -> set[int]:
    labelled = Label.objects.filter(origin=origin).values_list("transaction_id", flat=True)
    chunks = (ids[start : start + MAX_LABELS_PER_STATEMENT] for start in range(0, len(ids), MAX_LABELS_PER_STATEMENT))
    return {pk for chunk in chunks for pk in labelled.filter(transaction_id__in=chunk)}
