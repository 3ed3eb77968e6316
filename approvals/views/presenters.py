"""A request as a page shows it: its snapshot, the decisions so far, and what this person may do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from finobs.ledger.canonical import canonical

from .. import registry, selectors
from ..choices import RequestState
from ..forms import DecideForm
from ..models import ApprovalRequest


@dataclass(frozen=True, slots=True)
class SnapshotFact:
    """One line of the snapshot. `level` is how deep it stands; a heading has no value."""

    label: str
    value: str
    level: int


@dataclass(frozen=True, slots=True)
class RequestCard:
    request: ApprovalRequest
    label: str
    url: str
    facts: list[SnapshotFact]
    since: list[tuple[str, str]]
    exact: str
    is_pending: bool
    why_not: str
    may_withdraw: bool
    form: DecideForm


def request_card(user: Any, request: ApprovalRequest, form: DecideForm | None = None) -> RequestCard:
    pending = request.state == RequestState.PENDING
    summary = [SnapshotFact(label, text, 0) for label, text in request.approver_summary]
    return RequestCard(
        request=request,
        label=request.action_label,
        url=request.subject_url,
        facts=summary or list(snapshot_facts(request.snapshot)),
        since=registry.get(request.action).since_request(user, request) if pending else [],
        exact=canonical(request.snapshot).decode(),
        is_pending=pending,
        why_not=selectors.may_decide(user, request) if pending else "",
        may_withdraw=selectors.may_withdraw(user, request),
        form=form or DecideForm(draft=f"decide-{request.pk}", initial={"digest": request.digest}),
    )


def snapshot_facts(snapshot: Mapping[str, Any], level: int = 0) -> Iterator[SnapshotFact]:
    """Every value of `snapshot`, in its order, in words."""
    for name, value in snapshot.items():
        label = str(name).replace("_", " ").capitalize()
        if isinstance(value, Mapping):
            yield SnapshotFact(label, "", level)
            yield from snapshot_facts(value, level + 1)
        elif isinstance(value, list | tuple) and any(isinstance(inner, Mapping) for inner in value):
            yield SnapshotFact(label, "", level)
            for number, inner in enumerate(value, start=1):
                yield from snapshot_facts({str(number): inner}, level + 1)
        else:
            yield SnapshotFact(label, _value_text(value), level)


def _value_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_value_text(inner) for inner in value) or "none"
    if value is None or value == "":
        return "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
