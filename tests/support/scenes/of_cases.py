"""Cases, and the queues they lie in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from approvals.tests.factories import CONCLUSION
from cases import services as cases
from cases.choices import CaseStatus
from cases.models import Case, CaseSubject, Incident, Tag, WorkPolicy
from cases.services.item_approval import item_await_approval, item_resume
from finobs.accounts.models import User
from finobs.core import clock
from tests import factories

from .scene import (
    REASON,
    Scene,
    admin,
    by_admin,
    member,
    numbers,
    on_case,
    scene,
)


@scene
def of_item_take() -> Scene:
    return on_case(lambda actor, case: cases.item_take(actor=actor, item=case))


@scene
def of_item_take_next() -> Scene:
    person, queue = member()
    factories.case(inside=queue)
    return Scene(person, lambda actor: cases.item_take_next(actor=actor, queue=queue), (queue, "work"))


@scene
def of_item_release() -> Scene:
    person, queue = member()
    case = cases.item_take(actor=person, item=factories.case(inside=queue))
    return Scene(person, lambda actor: cases.item_release(actor=actor, item=case), (queue, "work"))


@scene
def of_item_assign() -> Scene:
    person, queue = member("lead", "compliance")
    to = factories.user("Toni To", role="analyst")
    factories.grant(to, "work", queue)
    case = factories.case(inside=queue)
    return Scene(person, lambda actor: cases.item_assign(actor=actor, item=case, to=to, reason=REASON), (queue, "lead"))


@scene
def of_case_close() -> Scene:
    return on_case(
        lambda actor, case: cases.case_close(actor=actor, item=case, version=case.version, **CONCLUSION),
        status=CaseStatus.OPEN,
    )


@scene
def of_item_await_approval() -> Scene:
    scene = on_case(
        lambda actor, case: item_await_approval(actor=actor, item=Case.objects.get(pk=case.pk)),
        status=CaseStatus.OPEN,
    )
    return Scene(scene.person, scene.act, takes_tokens=False)


@scene
def of_item_resume() -> Scene:
    scene = on_case(
        lambda actor, case: item_resume(actor=actor, item=Case.objects.get(pk=case.pk), reason=REASON),
        status=CaseStatus.AWAITING_APPROVAL,
    )
    return Scene(scene.person, scene.act, takes_tokens=False)


@scene
def of_note_add() -> Scene:
    return on_case(
        lambda actor, case: cases.note_add(actor=actor, item=case, text="Called the branch."),
        status=CaseStatus.OPEN,
    )


@scene
def of_item_wait() -> Scene:
    until = clock.now() + timedelta(days=2)
    return on_case(
        lambda actor, case: cases.item_wait(actor=actor, item=case, waiting_for="an answer", until=until),
        status=CaseStatus.OPEN,
    )


@scene
def of_item_move() -> Scene:
    other = factories.queue()
    scene = on_case(lambda actor, case: cases.item_move(actor=actor, item=case, queue=other, reason=REASON))
    factories.grant(scene.person, "view", other)
    return scene


@scene
def of_item_reopen() -> Scene:
    return on_case(
        lambda actor, case: cases.item_reopen(actor=actor, item=case, reason=REASON), "lead", "compliance",
        status=CaseStatus.CLOSED, disposition="no_action", reason_code="known_pattern", closed_at=factories.NOON,
    )  # fmt: skip


@scene
def of_case_subject_add() -> Scene:
    account = factories.account()
    scene = on_case(
        lambda actor, case: cases.case_subject_add(
            actor=actor, case=case, account=account, role="victim", reason=REASON
        )
    )
    factories.grant(scene.person, "read_data", account.unit)
    return scene


def on_subject(act: Callable[[User, CaseSubject], Any]) -> Scene:
    """An act on an account that a free case of the person's queue is about too."""
    person, queue = member()
    subject = CaseSubject.objects.create(case=factories.case(inside=queue), account=factories.account(), role="victim")
    return Scene(person, lambda actor: act(actor, subject), (queue, "work"))


@scene
def of_case_subject_change() -> Scene:
    return on_subject(
        lambda actor, subject: cases.case_subject_change(
            actor=actor, case=subject.case, subject=subject, role="related", reason=REASON
        )
    )


@scene
def of_case_subject_remove() -> Scene:
    return on_subject(
        lambda actor, subject: cases.case_subject_remove(actor=actor, case=subject.case, subject=subject, reason=REASON)
    )


def on_incident(act: Callable[[User, Incident], Any]) -> Scene:
    """An act on a free incident of the person's queue."""
    person, queue = member()
    incident = factories.incident(inside=queue)
    return Scene(person, lambda actor: act(actor, incident), (queue, "work"))


@scene
def of_incident_open() -> Scene:
    person, queue = member()
    words: dict[str, Any] = {
        "typology": "structuring",
        "title": "Cash at the counter",
        "text": "Seven deposits in a week.",
    }
    return Scene(person, lambda actor: cases.incident_open(actor=actor, queue=queue, **words), (queue, "work"))


@scene
def of_incident_close() -> Scene:
    return on_incident(
        lambda actor, incident: cases.incident_close(actor=actor, item=incident, version=incident.version, **CONCLUSION)
    )


@scene
def of_incidents_close() -> Scene:
    return on_incident(
        lambda actor, incident: cases.incidents_close(actor=actor, items=[incident], versions=None, **CONCLUSION)
    )


@scene
def of_incident_escalate() -> Scene:
    return on_incident(lambda actor, incident: cases.incident_escalate(actor=actor, item=incident, reason=REASON))


def tag() -> Tag:
    return cases.tag_create(actor=admin(), slug=f"tag-{next(numbers)}", name="Urgent")


@scene
def of_item_tag() -> Scene:
    word = tag()
    return on_case(lambda actor, case: cases.item_tag(actor=actor, item=case, tag=word))


@scene
def of_item_untag() -> Scene:
    person, queue = member()
    word, case = tag(), factories.case(inside=queue)
    tagged = cases.item_tag(actor=person, item=case, tag=word)
    return Scene(person, lambda actor: cases.item_untag(actor=actor, item=tagged, tag=word), (queue, "work"))


@scene
def of_tag_create() -> Scene:
    return by_admin(lambda actor: cases.tag_create(actor=actor, slug=f"tag-{next(numbers)}", name="Urgent"))


@scene
def of_tag_change() -> Scene:
    word = tag()
    return by_admin(lambda actor: cases.tag_change(actor=actor, tag=word, name="Very urgent"))


def routing() -> WorkPolicy:
    return WorkPolicy(kind="routing", slug="routing", name="Routing to queues")


@scene
def of_work_policy_change() -> Scene:
    content = {
        "rules": [{"name": "Dormant", "queue": factories.queue().slug, "when": {"typologies": ["dormant_account"]}}]
    }
    return by_admin(
        lambda actor: cases.work_policy_change(actor=actor, policy=routing(), content=content, reason=REASON)
    )


@scene
def of_work_policy_revert() -> Scene:
    content = {
        "rules": [{"name": "Dormant", "queue": factories.queue().slug, "when": {"typologies": ["dormant_account"]}}]
    }
    policy = cases.work_policy_change(actor=admin(), policy=routing(), content=content, reason=REASON).policy
    return by_admin(lambda actor: cases.work_policy_revert(actor=actor, policy=policy, number=0, reason=REASON))


@scene
def of_routing_dry_run() -> Scene:
    return by_admin(lambda actor: cases.routing_dry_run(actor=actor, policy=routing(), content={"rules": []}))


@scene
def of_programme_create() -> Scene:
    content = {
        "name": "Tax", "typologies": [],
        "dispositions": [{"code": "nothing", "label": "Nothing", "meaning": "not_suspicious"}],
        "reason_codes": [{"code": "looked", "label": "Looked at", "dispositions": ["nothing"]}],
    }  # fmt: skip
    slug = f"tax-{next(numbers)}"
    return by_admin(lambda actor: cases.programme_create(actor=actor, slug=slug, content=content, reason=REASON))


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
