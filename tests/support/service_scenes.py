"""For every service a call that goes well: who makes it, and on what. Used to let the same call go badly.

A scene is built anew for every try, with people and rows of its own. `tests/test_authority_waits.py` holds the list
against the source: a service without a scene fails there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.conf import settings

from approvals.models import ApprovalRequest
from approvals.services import policy_set, request_decide, request_withdraw
from approvals.services.expire_due import _expire
from approvals.tests.factories import CONCLUSION, closing_request
from cases import services as cases
from cases.choices import CaseStatus
from cases.models import Case, Queue
from cases.services.case_close import case_await_approval, case_reopen
from detection.alerts.services import _fill
from detection.choices import ModelStage, RuleKind, Typology
from detection.ml.registry import services as registry
from detection.ml.training.services import model_publish, training_request
from detection.models import ModelVersion, ReassessmentRun, TrainingRun
from detection.performance.services import model_threshold_set
from detection.rules import services as rules
from detection.tests import factories as detection
from finobs.accounts import services as accounts
from finobs.accounts.choices import SessionEndReason
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import ApprovalRequired
from finobs.core.jobs.lease import claim, finish
from finobs.core.jobs.services import job_cancel, job_retry
from finobs.ledger import keys, note
from finobs.ledger.choices import AlarmKind
from finobs.ledger.models import Alarm
from finobs.ledger.note import Statement
from finobs.ledger.services.witness import alarm_settle, checkpoint_compare
from tests import factories
from transactions import services as transactions
from transactions.choices import IngestMethod, LabelOrigin
from transactions.models import QuarantinedRow
from transactions.row_validation import RawRow

DAY: Final = timedelta(days=1)
REASON: Final = "For the best."
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Scene:
    """Calling `act(person)` goes well, unless whoever it rests on has lost something.

    person: on whom it rests; the actor, but for approvals, where the requester is another than the voter.
    grant: (queue, action) without which it does not go.
    takes_tokens: a token with every scope may make the call.
    event: of the act, where a refusal is itself written down: a request for approval that nobody can carry out is void.
    """

    person: User
    act: Callable[[User], Any]
    grant: tuple[Queue, str] | None = None
    takes_tokens: bool = True
    is_actor: bool = True
    event: str = ""


SCENES: dict[str, Callable[[], Scene]] = {}


def scene(build: Callable[[], Scene]) -> Callable[[], Scene]:
    """Of the service of the same name."""
    SCENES[build.__name__.removeprefix("of_")] = build
    return build


def admin() -> User:
    return factories.user("Ada Admin", role="admin", is_staff=True)


def superuser() -> User:
    return factories.user("Sue Superuser", is_staff=True, is_superuser=True)


def member(grant: str = "work", role: str = "analyst") -> tuple[User, Queue]:
    person, queue = factories.user("Ana Analyst", role=role), factories.queue()
    factories.grant(person, grant, queue)
    return person, queue


def on_case(act: Callable[[User, Case], Any], grant: str = "work", role: str = "analyst", **fields: Any) -> Scene:
    """An act on a free case of the person's queue."""
    person, queue = member(grant, role)
    case = factories.case(inside=queue, **fields)
    return Scene(person, lambda actor: act(actor, case), (queue, grant))


def by_admin(act: Callable[[User], Any]) -> Scene:
    return Scene(admin(), act)


def own(act: Callable[[User], Any]) -> Scene:
    """What one does to what is one's own, signed in."""
    return Scene(factories.user("Olga Own", role="analyst"), act, takes_tokens=False)


def by_finobs(act: Callable[[User], Any]) -> Scene:
    return Scene(system_actor("scene"), act, takes_tokens=False)


# Cases and queues


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
    slug = f"new-{next(_numbers)}"
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


# Approvals


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
    person, version = admin(), sound_version(**fields)
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
    ModelVersion.objects.filter(stage=ModelStage.CHAMPION).update(stage=ModelStage.RETIRED)
    return approved(registry.model_retire, "model.retire", stage=ModelStage.CHAMPION)


@scene
def of_request_withdraw() -> Scene:
    person, queue = member()
    request = closing_request(person, factories.case(inside=queue, status=CaseStatus.OPEN))
    return Scene(person, lambda actor: request_withdraw(actor=actor, request=request), (queue, "work"))


@scene
def of_policy_set() -> Scene:
    return by_admin(
        lambda actor: policy_set(
            actor=actor, action="cases.close", quorum=next(_numbers) % 9 + 1, expires_after_hours=9
        )
    )


@scene
def of__expire() -> Scene:
    with clock.at(clock.now() - 100 * DAY):
        request = closing_request(*case_of_somebody())
    return by_finobs(lambda actor: _expire(actor=actor, request_id=request.pk))


def case_of_somebody() -> tuple[User, Case]:
    person, queue = member()
    return person, factories.case(inside=queue, status=CaseStatus.OPEN)


# Detection


def sound_version(**fields: Any) -> ModelVersion:
    return factories.model_version(**fields)


def on_version(act: Callable[..., Any], **fields: Any) -> Scene:
    version = sound_version(**fields)
    return by_admin(lambda actor: act(actor=actor, model_version=version, reason=REASON))


@scene
def of_model_shadow() -> Scene:
    return on_version(registry.model_shadow)


@scene
def of_model_challenge() -> Scene:
    return on_version(registry.model_challenge)


@scene
def of_model_promote() -> Scene:
    return on_version(registry.model_promote)


@scene
def of_model_retire() -> Scene:
    return on_version(registry.model_retire)


@scene
def of_model_install() -> Scene:
    version = sound_version()
    return by_finobs(lambda actor: registry.model_install(actor=actor, model_version=version, reason=REASON))


def unsaved_version() -> ModelVersion:
    version = sound_version()
    ModelVersion.objects.filter(pk=version.pk).delete()
    version.pk, version._state.adding = None, True
    return version


@scene
def of_model_publish() -> Scene:
    version = unsaved_version()
    return by_admin(lambda actor: model_publish(actor=actor, version=version))


@scene
def of_training_request() -> Scene:
    TrainingRun.objects.all().delete()
    return by_admin(lambda actor: training_request(actor=actor, role="anomaly", wake=False))


@scene
def of__model_threshold_set() -> Scene:
    ModelVersion.objects.filter(stage=ModelStage.CHAMPION).update(stage=ModelStage.RETIRED)
    version = detection.model_version(
        stage=ModelStage.CHAMPION, threshold=0.9, metrics={"parity": 1e-7, "flagged_share": 0.01, "edges": [0, 1]}
    )
    owner = factories.account()
    for index in range(40):
        at = factories.NOON + timedelta(days=index % 2)
        detection.scored_transaction(version, round(0.6 + index / 1_000, 6), of=owner, at=at)
    return by_admin(
        lambda actor: model_threshold_set(
            actor=actor, version=version, alerts_a_day=4, window=detection.WINDOW, reason=REASON
        )
    )


AMOUNTS: Final = {"currency": "USD", "review_at": "20000.00", "block_at": "60000.00"}


@scene
def of_rule_create() -> Scene:
    slug = f"rule-of-{next(_numbers)}"
    return by_admin(
        lambda actor: rules.rule_create(
            actor=actor, slug=slug, name="A rule", kind=RuleKind.AMOUNT, typology=Typology.LARGE_AMOUNT,
            parameters=AMOUNTS,
        )
    )  # fmt: skip


@scene
def of_rule_change() -> Scene:
    rule = factories.rule_version().rule
    return by_admin(
        lambda actor: rules.rule_change(actor=actor, rule=rule, parameters=AMOUNTS, reason=REASON, version=1)
    )


@scene
def of_rule_retire() -> Scene:
    rule = factories.rule_version().rule
    return by_admin(lambda actor: rules.rule_retire(actor=actor, rule=rule, reason=REASON))


@scene
def of__fill() -> Scene:
    alert = factories.alert(model_version=sound_version(), snapshot_digest="1" * 64)
    batch = alert.transaction.batch_id
    return by_finobs(lambda actor: _fill(actor=actor, batch_id=batch, after=0))


# Jobs


def training_run(requested_by: User, **fields: Any) -> TrainingRun:
    TrainingRun.objects.all().delete()
    return TrainingRun.objects.create(
        role="anomaly", parameters={"rows": 0, "share": "0.005", "seed": 7}, requested_by=requested_by, **fields
    )


@scene
def of_finish() -> Scene:
    """What a worker brings in the name of whoever asked for it."""
    person, version = admin(), unsaved_version()
    run = claim(TrainingRun, training_run(person).pk)
    assert run is not None
    return Scene(person, lambda _: finish(run, version), takes_tokens=False, is_actor=False)


@scene
def of_job_cancel() -> Scene:
    run = training_run(superuser())
    return by_admin(lambda actor: job_cancel(actor=actor, job=run))


@scene
def of_job_retry() -> Scene:
    asked_by, row = superuser(), factories.transaction()
    run = ReassessmentRun.objects.create(
        source=row.source, as_of=row.pk, requested_by=asked_by, state="failed", ended_at=clock.now()
    )
    return by_admin(lambda actor: job_retry(actor=actor, job=run))


# What comes in


def row(**changes: Any) -> RawRow:
    fields = {
        "external_id": f"N-{next(_numbers)}", "account": "A-1", "occurred_at": "2026-03-02T12:00:00Z",
        "amount": "12.50", "currency": "USD",
    }  # fmt: skip
    return RawRow(fields | changes)


@scene
def of_ingest() -> Scene:
    source, rows = factories.source(), [row()]
    return by_admin(lambda actor: transactions.ingest(actor=actor, source=source, rows=rows, method=IngestMethod.REST))


@scene
def of_labels_add() -> Scene:
    known = factories.transaction()
    label = {"external_id": known.external_id, "is_suspicious": "true", "label_known_at": "2026-03-20T00:00:00Z"}
    return by_admin(lambda actor: transactions.labels_add(actor=actor, source=known.source, rows=[RawRow(label)]))


@scene
def of_label_add() -> Scene:
    known = factories.transaction()
    return own(
        lambda actor: transactions.label_add(
            actor=actor, transactions=[known.pk], origin=LabelOrigin.CASE, is_suspicious=True, known_at=clock.now()
        )
    )


def on_quarantined(act: Callable[..., Any], **fields: Any) -> Scene:
    source = factories.source()
    transactions.ingest(actor=superuser(), source=source, rows=[row(amount="ten")], method=IngestMethod.FILE)
    quarantined = QuarantinedRow.objects.get(source=source)
    return by_admin(lambda actor: act(actor=actor, row=quarantined, **fields))


@scene
def of_quarantine_correct() -> Scene:
    return on_quarantined(transactions.quarantine_correct, fields=dict(row().fields), version=1)


@scene
def of_quarantine_release() -> Scene:
    return on_quarantined(transactions.quarantine_release, reason=REASON)


@scene
def of_quarantine_discard() -> Scene:
    return on_quarantined(transactions.quarantine_discard, reason=REASON)


@scene
def of_source_create() -> Scene:
    slug = f"source-of-{next(_numbers)}"
    return by_admin(lambda actor: transactions.source_create(actor=actor, slug=slug))


@scene
def of_source_change() -> Scene:
    source = factories.source()
    return by_admin(lambda actor: transactions.source_change(actor=actor, source=source, name="Another name"))


# People


def on_user(act: Callable[..., Any], **fields: Any) -> Scene:
    user = factories.user("Vic Viewer", role="viewer")
    return by_admin(lambda actor: act(actor=actor, user=user, **fields))


@scene
def of_user_create() -> Scene:
    email = f"new.{next(_numbers)}@example.test"
    return by_admin(lambda actor: accounts.user_create(actor=actor, email=email, name="Nina New", roles=["viewer"]))


@scene
def of_user_change() -> Scene:
    return on_user(accounts.user_change, name="Another Name")


@scene
def of_user_deactivate() -> Scene:
    return on_user(accounts.user_deactivate)


@scene
def of_user_reactivate() -> Scene:
    user = factories.user("Vic Viewer", role="viewer", is_active=False)
    return by_admin(lambda actor: accounts.user_reactivate(actor=actor, user=user))


@scene
def of_role_assign() -> Scene:
    return on_user(accounts.role_assign, roles=["analyst"])


@scene
def of_password_reset_issue() -> Scene:
    return on_user(accounts.password_reset_issue)


@scene
def of_sessions_end() -> Scene:
    return on_user(accounts.sessions_end)


@scene
def of_password_change() -> Scene:
    return own(
        lambda actor: accounts.password_change(
            actor=actor, present=factories.PASSWORD, new="seven umbrellas walking home"
        )
    )


@scene
def of_password_set() -> Scene:
    """Of whoever holds the link: it dies with what its owner loses."""
    person = factories.user("Olga Own", role="analyst")
    link = accounts.password_reset_issue(actor=superuser(), user=person)
    return Scene(
        person, lambda _: accounts.password_set(uid=link.uid, token=link.token, new="seven umbrellas walking home"),
        takes_tokens=False, is_actor=False,
    )  # fmt: skip


@scene
def of_profile_change() -> Scene:
    return own(lambda actor: accounts.profile_change(actor=actor, name="Another Name", time_zone="Europe/Paris"))


def session_of(user: User) -> Any:
    digest = f"of a scene {next(_numbers)}"
    return accounts.session_open(actor=user, digest=digest, ip="10.0.0.1", user_agent="Firefox")


@scene
def of_session_open() -> Scene:
    return own(session_of)


@scene
def of_sign_in() -> Scene:
    return own(lambda actor: accounts.sign_in(actor=actor))


@scene
def of_sign_out() -> Scene:
    return own(lambda actor: accounts.sign_out(actor=actor, digest="of this browser"))


@scene
def of_session_end() -> Scene:
    session = session_of(factories.user("Vic Viewer", role="viewer"))
    return by_admin(lambda actor: accounts.session_end(actor=actor, session=session))


@scene
def of_session_expire() -> Scene:
    session = session_of(factories.user("Vic Viewer", role="viewer"))
    return by_finobs(
        lambda actor: accounts.session_expire(actor=actor, session=session, end_reason=SessionEndReason.IDLE)
    )


@scene
def of_token_create() -> Scene:
    return own(
        lambda actor: accounts.token_create(
            actor=actor, user=actor, name="feed", scopes=["compliance:read"], lifetime=DAY
        )
    )


@scene
def of_token_revoke() -> Scene:
    other = factories.user("Vic Viewer", role="viewer")
    token, _ = accounts.token_create(actor=other, user=other, name="feed", scopes=["compliance:read"], lifetime=DAY)
    return by_admin(lambda actor: accounts.token_revoke(actor=actor, token=token))


# The ledger


@scene
def of_checkpoint_compare() -> Scene:
    Alarm.objects.all().delete()
    text = note.sign(Statement(settings.LEDGER_ORIGIN, 1, bytes(32)).text(), keys.signing_keys())
    # Whoever reads the ledger may find it wrong, and so raise an alarm; a token that reads may not.
    person = factories.user("Aud Auditor", role="auditor")
    return Scene(person, lambda actor: checkpoint_compare(actor=actor, note=text), takes_tokens=False)


@scene
def of_alarm_settle() -> Scene:
    Alarm.objects.all().delete()
    alarm = Alarm.objects.create(kind=AlarmKind.KEY, detail="the key is gone", raised_at=clock.now())
    return by_admin(lambda actor: alarm_settle(actor=actor, alarm_id=alarm.pk, reason=REASON))
