"""Whoever loses what they act by while their request waits for a lock has done nothing: every service, every loss.

Every table is locked, so that the service waits at whatever it locks or writes first, on a connection of its own. The
loss is brought about meanwhile by the services that people use for it, and everything is let go.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from cases.models import Case, Queue
from cases.services import item_take, queue_revoke
from finobs.accounts import roles, services
from finobs.accounts.authentication import token_find
from finobs.accounts.credential import Credential
from finobs.accounts.models import User
from finobs.accounts.roles import PERMISSIONS
from finobs.accounts.services import user_deactivate
from finobs.core.errors import ApprovalRequired
from finobs.ledger import keys
from finobs.ledger.models import Event
from tests import factories
from tests.support.scenes import SCENES, Scene, build, member, session_of, superuser
from tests.support.threads import attempt
from tests.test_walls import services as services_of_source

# finobs's own work, in nobody's name; and what has no effect but to say that somebody was refused.
OF_NOBODY = {
    "gather_alerts", "delivery_fault_gather", "_wake", "ensure_default_queue", "_refresh", "claim", "fail", "reschedule", "wake", "reassessment_begin", "overlaps_record",
    "reassess_part", "sign_in_failed", "_check", "_empty",
}  # fmt: skip
REFUSALS = {"not-allowed", "not-found", "conflict"}
# Nothing can be explained in its scene: it locks, and finds no explanation.
WRITES_NOTHING = {"_fill", "external_alerts_erase", "items_erase"}
MAX_WAIT = 20.0
PARTS = 6
ELSEWHERE = "elsewhere"


def test_every_service_has_a_scene_or_acts_for_nobody() -> None:
    names = {function.name for _, function in services_of_source()}
    assert names - OF_NOBODY - set(SCENES) == set(), "services whose authority nobody has tried to take while they wait"
    assert (set(SCENES) | OF_NOBODY) - names == set(), "scenes of services that are no more"


@pytest.mark.django_db
@pytest.mark.usefixtures("ledger_files")
@pytest.mark.parametrize("name", sorted(SCENES))
def test_every_scene_goes_well_for_whoever_loses_nothing(name: str) -> None:
    """On every database: or the refusals below would prove nothing."""
    scene = build(name)
    # To have been sent for approval is to have gone well.
    with suppress(ApprovalRequired):
        scene.act(as_they_are(scene.person))


def as_they_are(person: User) -> User:
    """Read as a request reads them: their permissions too, before anything is waited for."""
    person = User.objects.get(pk=person.pk)
    person.get_all_permissions()
    return person


def by_session(person: User) -> User:
    session = session_of(person)
    person = as_they_are(person)
    person.credential = Credential(session_id=session.pk)
    return person


def by_token(person: User) -> User:
    _, text = services.token_create(
        actor=superuser(), user=_machine(person), name="all", scopes=sorted(PERMISSIONS), lifetime=timedelta(days=1)
    )
    User.objects.filter(pk=person.pk).update(kind=person.kind)
    token = token_find(text)
    assert token is not None
    token.user.token_scopes = frozenset(token.scopes)
    token.user.credential = Credential(token_id=token.pk, binds_epoch=False)
    return token.user


def _machine(person: User) -> User:
    """For the moment in which somebody else makes them a key, as people make theirs with the scopes they hold."""
    User.objects.filter(pk=person.pk).update(kind="service")
    return User.objects.get(pk=person.pk)


def deactivated(scene: Scene, actor: User) -> None:
    if actor.kind == "system":
        User.objects.filter(pk=actor.pk).update(is_active=False)
    else:
        services.user_deactivate(actor=superuser(), user=actor)


def roles_lost(scene: Scene, actor: User) -> None:
    services.role_assign(actor=superuser(), user=actor, roles=[])


def grant_lost(scene: Scene, actor: User) -> None:
    assert scene.grant is not None
    queue, action = scene.grant
    queue_revoke(actor=superuser(), queue=queue, principal=actor, action=action)


def session_ended(scene: Scene, actor: User) -> None:
    services.session_end(actor=superuser(), session=actor.sessions.get(ended_at=None))


def sessions_ended(scene: Scene, actor: User) -> None:
    services.sessions_end(actor=superuser(), user=actor)


def token_revoked(scene: Scene, actor: User) -> None:
    services.token_revoke(actor=superuser(), token=actor.api_tokens.get())


Loss = tuple[Callable[[User], User], Callable[[Scene, User], None]]


def losses(scene: Scene) -> list[Loss]:
    """How the person signed in, and what happens to them. Whoever is no actor has signed in nowhere."""
    if scene.person.kind == "system":
        return [(as_they_are, deactivated)]
    signed_in: list[Loss] = [(by_session, session_ended), (by_session, sessions_ended)] if scene.is_actor else []
    by_key: list[Loss] = [(by_token, each) for each in (deactivated, roles_lost, token_revoked)]
    grants: list[Loss] = [(as_they_are, grant_lost)] if scene.grant else []
    grants += [(by_token, grant_lost)] if scene.grant and scene.takes_tokens else []
    plain: list[Loss] = [(as_they_are, deactivated), (as_they_are, roles_lost)]
    return plain + signed_in + grants + (by_key if scene.takes_tokens else [])


def keeps_all(scene: Scene, actor: User) -> None:
    """No loss: or the refusals would prove nothing."""


def another_grant_lost(scene: Scene, actor: User) -> None:
    """The same grant on a queue that the act is not about."""
    assert scene.grant is not None
    queue_revoke(actor=superuser(), queue=Queue.objects.get(slug=ELSEWHERE), principal=actor, action=scene.grant[1])


def signs_in(scene: Scene) -> list[Callable[[User], User]]:
    if scene.person.kind == "system" or not scene.is_actor:
        return [as_they_are]
    return [as_they_are, by_session, *([by_token] if scene.takes_tokens else [])]


def run_while_waiting(scene: Scene, person: User, loss: Callable[[Scene, User], None]) -> tuple[str, bool]:
    """What became of the act, for which every table was locked until the loss had happened; and was anything written?"""
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {', '.join(tables())} IN EXCLUSIVE MODE")
            future = threads.submit(attempt, lambda: scene.act(person))
            wait_for_somebody_to_wait(future)
            loss(scene, person)
            before = written(scene)
        outcome = future.result(MAX_WAIT)
    return outcome, written(scene) != before


def written(scene: Scene) -> str:
    """Everything that is there; or how often that is said to have happened which must not."""
    return str(Event.objects.filter(action=scene.event).count()) if scene.event else rows()


def tables() -> list[str]:
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return sorted({connection.ops.quote_name(model._meta.db_table) for model in models if not model._meta.proxy})


def rows() -> str:
    """One digest for each table: everything that is there."""
    parts = [f"SELECT '{name}', md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {name} t" for name in tables()]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return "\n".join(f"{name} {digest}" for name, digest in sorted(cursor.fetchall()))


def wait_for_somebody_to_wait(future: Any) -> None:
    until = time.monotonic() + MAX_WAIT
    with connection.cursor() as cursor:
        while time.monotonic() < until and not future.done():
            cursor.execute(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
            if cursor.fetchone():
                return
            time.sleep(0.01)
    raise AssertionError(f"it did not wait: {future.result(1)}")


@pytest.fixture
def ledger_files(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEY_FILE = str(tmp_path / "ledger.key")
    settings.LEDGER_VKEYS_FILE = str(tmp_path / "ledger.vkeys")
    keys.create()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL: SQLite has one writer")
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ledger_files")
# In parts: emptying the tables costs more than the scenes of a part.
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_happens_for_whoever_loses_their_authority_while_it_waits(part: int) -> None:
    # A test of this kind empties the tables it leaves, so it fills those that it needs.
    roles.synchronise()
    assert [fault for name in sorted(SCENES)[part::PARTS] for fault in faults(name)] == []


def grant_elsewhere(scene: Scene) -> None:
    assert scene.grant is not None
    queue, _ = Queue.objects.get_or_create(slug=ELSEWHERE, name="Elsewhere")
    factories.grant(scene.person, scene.grant[1], queue)


def faults(name: str) -> list[tuple[str, ...]]:
    """Losses that did not keep the service from acting; and whether it acts at all for whoever loses nothing."""
    wrong: list[tuple[str, ...]] = []
    scene = build(name)
    whole: list[Loss] = [(signed_in, keeps_all) for signed_in in signs_in(scene)]
    whole += [(as_they_are, another_grant_lost)] if scene.grant else []
    for signed_in, loss in losses(scene) + whole:
        scene = build(name)
        if loss is another_grant_lost:
            grant_elsewhere(scene)
        person = signed_in(scene.person)
        outcome, has_written = run_while_waiting(scene, person, loss)
        is_right = (
            (outcome in {"done", "approval-required"} and (has_written or name in WRITES_NOTHING))
            if (signed_in, loss) in whole
            else (outcome in REFUSALS and not has_written)
        )
        if not is_right:
            wrong.append(
                (name, signed_in.__name__, loss.__name__, outcome, "written" if has_written else "not written")
            )
        User.objects.filter(kind="system").update(is_active=True)
    return wrong


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL: SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_nobody_holds_up_their_own_deactivation() -> None:
    """It is done while the request of whoever is deactivated still waits; and nothing comes of the request."""
    roles.synchronise()
    person, queue = member()
    case, administrator = factories.case(inside=queue), superuser()
    with ThreadPoolExecutor(2) as threads:
        with transaction.atomic():
            Case.objects.select_for_update().get(pk=case.pk)
            take = threads.submit(attempt, lambda: item_take(actor=person, item=case))
            wait_for_somebody_to_wait(take)
            deactivate = threads.submit(attempt, lambda: user_deactivate(actor=administrator, user=person))
            assert deactivate.result(MAX_WAIT) == "done"
            assert not take.done()
        assert take.result(MAX_WAIT) in REFUSALS
    case.refresh_from_db()
    assert case.assignee_id is None
