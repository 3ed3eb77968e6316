"""Requests for approval; and what is carried out in the name of whoever asked."""

from __future__ import annotations

from typing import Any

from approvals.models import ApprovalRequest
from approvals.services import policy_set, request_decide, request_withdraw
from approvals.services.expire_due import _expire
from approvals.tests.factories import closing_request
from cases.choices import CaseStatus
from cases.models import Case, Queue
from detection.choices import ModelStage
from detection.ml.registry import services as registry
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import ApprovalRequired
from tests import factories

from .scene import (
    DAY,
    REASON,
    Scene,
    admin,
    by_admin,
    by_finobs,
    member,
    numbers,
    scene,
)


@scene
def of__decide() -> Scene:
    person, queue = member("lead", "compliance")
    request = closing_request(person_with_work(queue), factories.case(inside=queue, status=CaseStatus.OPEN))
    return Scene(person, lambda actor: vote(actor, request), (queue, "lead"))


def person_with_work(queue: Queue) -> User:
    person = factories.user("Wilma Work", role="analyst")
    factories.grant(person, "work", queue)
    return person


def vote(actor: User, request: ApprovalRequest) -> ApprovalRequest:
    return request_decide(actor=actor, request=request, vote="approve", digest=request.digest)


@scene
def of_close_approved() -> Scene:
    """It rests on whoever asked, while somebody else votes."""
    person, queue = member()
    lead = factories.user("Leo Lead", role="compliance")
    factories.grant(lead, "lead", queue)
    request = closing_request(person, factories.case(inside=queue, status=CaseStatus.OPEN))
    return Scene(
        person, lambda _: vote(lead, request), (queue, "work"), takes_tokens=False, is_actor=False, event="case.close"
    )


def approved(step: Any, event: str, **fields: Any) -> Scene:
    person, version = admin(), factories.model_version(**fields)
    try:
        step(actor=person, model_version=version, reason=REASON)
    except ApprovalRequired as required:
        request = ApprovalRequest.objects.get(pk=required.request_id)
    voter = factories.user("Leo Lead", role="compliance")
    return Scene(person, lambda _: vote(voter, request), takes_tokens=False, is_actor=False, event=event)


@scene
def of_promote_approved() -> Scene:
    return approved(registry.model_promote, "model.promote")


@scene
def of_retire_approved() -> Scene:
    return approved(registry.model_retire, "model.retire", stage=ModelStage.CHAMPION)


@scene
def of_request_withdraw() -> Scene:
    person, queue = member()
    request = closing_request(person, factories.case(inside=queue, status=CaseStatus.OPEN))
    return Scene(person, lambda actor: request_withdraw(actor=actor, request=request), (queue, "work"))


@scene
def of_policy_set() -> Scene:
    return by_admin(
        lambda actor: policy_set(actor=actor, action="cases.close", quorum=next(numbers) % 9 + 1, expires_after_hours=9)
    )


@scene
def of__expire() -> Scene:
    with clock.at(clock.now() - 100 * DAY):
        request = closing_request(*case_of_somebody())
    return by_finobs(lambda actor: _expire(actor=actor, request_id=request.pk))


def case_of_somebody() -> tuple[User, Case]:
    person, queue = member()
    return person, factories.case(inside=queue, status=CaseStatus.OPEN)
