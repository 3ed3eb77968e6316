"""Cases, and the queues they lie in."""

from __future__ import annotations

from approvals.tests.factories import CONCLUSION
from cases import services as cases
from cases.choices import CaseStatus
from cases.models import Case
from cases.services.case_close import case_await_approval, case_reopen
from tests import factories

from .scene import (
    REASON,
    Scene,
    by_admin,
    member,
    numbers,
    on_case,
    scene,
)


@scene
def of_case_take() -> Scene:
    return on_case(lambda actor, case: cases.case_take(actor=actor, case=case))


@scene
def of_case_take_next() -> Scene:
    person, queue = member()
    factories.case(inside=queue)
    return Scene(person, lambda actor: cases.case_take_next(actor=actor, queue=queue), (queue, "work"))


@scene
def of_case_release() -> Scene:
    person, queue = member()
    case = cases.case_take(actor=person, case=factories.case(inside=queue))
    return Scene(person, lambda actor: cases.case_release(actor=actor, case=case), (queue, "work"))


@scene
def of_case_assign() -> Scene:
    person, queue = member("lead", "compliance")
    to = factories.user("Toni To", role="analyst")
    factories.grant(to, "work", queue)
    case = factories.case(inside=queue)
    return Scene(person, lambda actor: cases.case_assign(actor=actor, case=case, to=to, reason=REASON), (queue, "lead"))


@scene
def of_case_close() -> Scene:
    return on_case(
        lambda actor, case: cases.case_close(actor=actor, case=case, version=case.version, **CONCLUSION),
        status=CaseStatus.OPEN,
    )


@scene
def of_case_await_approval() -> Scene:
    scene = on_case(
        lambda actor, case: case_await_approval(actor=actor, case=Case.objects.get(pk=case.pk)),
        status=CaseStatus.OPEN,
    )
    return Scene(scene.person, scene.act, takes_tokens=False)


@scene
def of_case_reopen() -> Scene:
    scene = on_case(
        lambda actor, case: case_reopen(actor=actor, case=Case.objects.get(pk=case.pk), reason=REASON),
        status=CaseStatus.AWAITING_APPROVAL,
    )
    return Scene(scene.person, scene.act, takes_tokens=False)


@scene
def of_note_add() -> Scene:
    return on_case(
        lambda actor, case: cases.note_add(actor=actor, case=case, text="Called the branch."),
        status=CaseStatus.OPEN,
    )


@scene
def of_queue_create() -> Scene:
    slug = f"new-{next(numbers)}"
    return by_admin(lambda actor: cases.queue_create(actor=actor, slug=slug, name=slug))


@scene
def of_queue_change() -> Scene:
    queue = factories.queue()
    return by_admin(lambda actor: cases.queue_change(actor=actor, queue=queue, name="Another name"))


@scene
def of_queue_grant() -> Scene:
    queue, to = factories.queue(), factories.user("Toni To", role="analyst")
    return by_admin(lambda actor: cases.queue_grant(actor=actor, queue=queue, principal=to, action="work"))


@scene
def of_queue_revoke() -> Scene:
    to, queue = member()
    return by_admin(lambda actor: cases.queue_revoke(actor=actor, queue=queue, principal=to, action="work"))
