"""What the database refuses by itself, services or not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from approvals.choices import RequestState, Vote
from approvals.models import ApprovalDecision, ApprovalRequest
from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.core import clock
from tests import factories

pytestmark = pytest.mark.django_db


def request_about(subject_id: str, *, quorum: int, **content: Any) -> ApprovalRequest:
    return ApprovalRequest.objects.create(
        action="x", subject_type="cases.case", subject_id=subject_id, subject_label="C", digest="d" * 64, quorum=quorum,
        requested_by=factories.user("Requester"), last_edited_by=factories.user("Editor"), expires_at=clock.now(),
        **{"snapshot": {}, **content},
    )  # fmt: skip


@pytest.fixture
def asked(db: None) -> ApprovalRequest:
    return request_about("1", quorum=1)


def decide(request: ApprovalRequest, **fields: Any) -> ApprovalDecision:
    with transaction.atomic():
        return ApprovalDecision.objects.create(
            **{
                "request": request, "vote": Vote.APPROVE, "digest": request.digest,
                "decided_by": fields.pop("decided_by", None) or factories.user("Decider"),
                "requested_by": request.requested_by, "last_edited_by": request.last_edited_by, **fields,
            }
        )  # fmt: skip


def test_a_second_person_s_decision_is_taken(asked: ApprovalRequest) -> None:
    assert decide(asked).pk


@pytest.mark.parametrize("who", ["requested_by", "last_edited_by"])
def test_neither_requester_nor_last_editor_decides(asked: ApprovalRequest, who: str) -> None:
    with pytest.raises(DatabaseError, match="this person cannot decide this request"):
        decide(asked, decided_by=getattr(asked, who))


@pytest.mark.parametrize("who", ["requested_by", "last_edited_by"])
def test_a_decision_cannot_lie_about_them(asked: ApprovalRequest, who: str) -> None:
    """The check constraints alone could be talked out of it by naming somebody else."""
    with pytest.raises(DatabaseError, match="this person cannot decide this request"):
        decide(asked, decided_by=getattr(asked, who), **{who: factories.user("Decoy")})


def test_a_decision_cannot_forget_the_last_editor(asked: ApprovalRequest) -> None:
    with pytest.raises(DatabaseError, match="this person cannot decide this request"):
        decide(asked, decided_by=asked.last_edited_by, last_edited_by=None)


@pytest.mark.parametrize("kind", [UserKind.SERVICE, UserKind.SYSTEM])
def test_only_people_decide(asked: ApprovalRequest, kind: UserKind) -> None:
    with pytest.raises(DatabaseError, match="this person cannot decide this request"):
        decide(asked, decided_by=factories.user("Robot", kind=kind))


def test_a_decision_is_of_the_digest_that_was_asked(asked: ApprovalRequest) -> None:
    with pytest.raises(DatabaseError, match="this person cannot decide this request"):
        decide(asked, digest="e" * 64)


def test_one_voice_each(asked: ApprovalRequest) -> None:
    person = factories.user("Decider")
    decide(asked, decided_by=person)
    with pytest.raises(DatabaseError, match=r"(?i)unique"):
        decide(asked, decided_by=person)


@pytest.mark.parametrize(
    "state", [RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.EXPIRED, RequestState.VOID]
)
def test_an_ended_request_takes_no_decision_and_stays_ended(asked: ApprovalRequest, state: RequestState) -> None:
    ApprovalRequest.objects.filter(pk=asked.pk).update(state=state)
    with pytest.raises(DatabaseError, match="this person cannot decide this request"):
        decide(asked)
    for other in RequestState:
        with pytest.raises(DatabaseError, match="a request cannot change so"), transaction.atomic():
            ApprovalRequest.objects.filter(pk=asked.pk).update(state=other)


def use(request: ApprovalRequest) -> int:
    with transaction.atomic():
        return ApprovalRequest.objects.filter(pk=request.pk).update(state=RequestState.USED)


@pytest.mark.parametrize("votes", [0, 1])
def test_nothing_is_used_without_its_quorum(db: None, votes: int) -> None:
    """Neither with no vote, nor with one too few; another request's votes do not count."""
    first, other = request_about("1", quorum=votes + 1), request_about("2", quorum=votes + 1)
    for _ in range(votes):
        decide(first)
    decide(other)
    with pytest.raises(DatabaseError, match="a request cannot change so"):
        use(first)
    decide(first)
    assert use(first) == 1


def test_a_rejection_is_no_approval_and_stands_in_its_way(db: None) -> None:
    request = request_about("1", quorum=1)
    decide(request, vote=Vote.REJECT)
    with pytest.raises(DatabaseError, match="a request cannot change so"):
        use(request)
    decide(request)
    with pytest.raises(DatabaseError, match="a request cannot change so"):
        use(request)


def test_an_approval_is_used_once(asked: ApprovalRequest) -> None:
    decide(asked)
    use(asked)
    for state in RequestState:
        with pytest.raises(DatabaseError, match="a request cannot change so"), transaction.atomic():
            ApprovalRequest.objects.filter(pk=asked.pk).update(state=state)
    with pytest.raises(DatabaseError, match="this person cannot decide this request"):
        decide(asked)


@pytest.mark.parametrize(
    "change",
    [{"digest": "f" * 64}, {"quorum": 2}, {"snapshot": {"a": 1}}, {"subject_label": "D"}, {"last_edited_by": None}],
)
def test_what_was_asked_does_not_change(asked: ApprovalRequest, change: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match="a request cannot change so"), transaction.atomic():
        ApprovalRequest.objects.filter(pk=asked.pk).update(**change)


ERASED: dict[str, Any] = {"payload": {}, "snapshot": {}}


def test_what_was_asked_can_be_emptied_whole_and_once_it_has_ended(db: None) -> None:
    full = request_about("9", quorum=1, snapshot={"a": 1}, payload={"b": 2})
    rows = ApprovalRequest.objects.filter(pk=full.pk)
    with pytest.raises(DatabaseError, match="a request cannot change so"), transaction.atomic():
        rows.update(**ERASED)
    rows.update(state=RequestState.WITHDRAWN)
    others: list[dict[str, Any]] = [
        {"snapshot": {}},
        {"payload": {}},
        ERASED | {"digest": "f"},
        ERASED | {"state": "void"},
    ]
    for change in others:
        with pytest.raises(DatabaseError, match="a request cannot change so"), transaction.atomic():
            rows.update(**change)
    assert rows.update(**ERASED) == 1


def test_a_request_begins_pending(asked: ApprovalRequest, analyst: User) -> None:
    asked.pk, asked.subject_id, asked.state = None, "2", RequestState.USED
    with pytest.raises(DatabaseError, match="a request begins pending"), transaction.atomic():
        asked.save(force_insert=True)


def test_decisions_and_requests_are_kept(asked: ApprovalRequest) -> None:
    decision = decide(asked)
    for statement in (
        f"UPDATE approvals_approvaldecision SET reason = 'other' WHERE id = {decision.pk}",
        f"DELETE FROM approvals_approvaldecision WHERE id = {decision.pk}",
        f"DELETE FROM approvals_approvalrequest WHERE id = {asked.pk}",
    ):
        with (
            pytest.raises(DatabaseError, match=r"decisions are append-only|requests are kept"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
