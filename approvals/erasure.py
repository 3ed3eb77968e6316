"""Emptying what was asked for when whom it is about is erased: the digest that votes are bound to stays."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Model

from finobs.accounts.models import User
from finobs.core import history
from finobs.ledger.services import subject_key

from .choices import RequestState
from .models import ApprovalRequest


def erase_requests(subjects: Iterable[Model], *, actor: User, text: str) -> None:
    """Empty payload and snapshot of the requests about these subjects that have ended; `text`: why, in their history.

    For the service that erases, in its transaction, which has asked whether it may. Pending ones are left.
    """
    keys: dict[str, list[str]] = {}
    for kind, key in map(subject_key, subjects):
        keys.setdefault(kind, []).append(key)
    for kind, some in keys.items():
        rows = ApprovalRequest.objects.filter(subject_type=kind, subject_id__in=some).exclude(snapshot={})
        ended = rows.exclude(state=RequestState.PENDING).order_by("pk")
        for request in ended.select_for_update(of=("self",)):
            request.payload, request.snapshot = {}, {}
            history.save(request, actor=actor, reason=text, fields=["payload", "snapshot"])
