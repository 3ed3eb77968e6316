"""What a service rests on is read again before it commits. Losses happen in the middle of the service here; those that
happen while a service waits, with real threads, are in tests/test_authority_waits.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from cases.models import Queue
from cases.services import item_take, queue_revoke
from finobs.accounts import roles, services
from finobs.accounts.authentication import token_find, user_with_scopes
from finobs.accounts.credential import Credential
from finobs.accounts.models import ApiToken, User, UserSession
from finobs.accounts.system import system_actor
from finobs.core import access, authority, clock, http
from finobs.core.errors import Conflict, FinobsError, NotAllowed
from finobs.core.service import service
from finobs.ledger.services import record
from tests import factories
from tests.support.threads import at_once, attempt

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite has one writer")


@service
def act(*, actor: User, lose: Callable[[], object], ask: Callable[[User], object] = bool) -> str:
    ask(actor)
    Group.objects.create(name="written")
    lose()
    return "done"


def has_acted() -> bool:
    return Group.objects.filter(name="written").exists()


def row_of(user: User, **fields: Any) -> Callable[[], object]:
    return lambda: User.objects.filter(pk=user.pk).update(**fields)


def session_of(user: User) -> User:
    session = services.session_open(actor=user, digest="of this browser", ip=None, user_agent="")
    user.credential = Credential(session_id=session.pk)
    return user


def token_of(user: User, scopes: list[str]) -> User:
    _, text = services.token_create(actor=user, user=user, name="feed", scopes=scopes, lifetime=DAY)
    token = token_find(text)
    assert token is not None
    return user_with_scopes(token)


@pytest.mark.parametrize("fields", [{"is_active": False}, {"session_epoch": 7}])
def test_whoever_no_longer_stands_has_done_nothing(analyst: User, fields: dict[str, Any]) -> None:
    with pytest.raises(NotAllowed, match="Nothing was done"):
        act(actor=analyst, lose=row_of(analyst, **fields))
    assert not has_acted()


def test_a_superuser_who_is_none_any_more_has_done_nothing(superuser: User) -> None:
    with pytest.raises(NotAllowed):
        act(actor=superuser, lose=row_of(superuser, is_superuser=False))
    assert not has_acted()


@pytest.mark.parametrize(
    "fields", [{"ended_at": clock.now()}, {"epoch": 3}, {"last_seen_at": clock.now() - 30 * DAY}, {"user": None}]
)
def test_a_session_that_is_over_has_done_nothing(analyst: User, lead: User, fields: dict[str, Any]) -> None:
    fields = fields | ({"user": lead} if "user" in fields else {})
    with pytest.raises(NotAllowed):
        act(actor=session_of(analyst), lose=lambda: UserSession.objects.update(**fields))
    assert not has_acted()


def test_a_session_whose_row_is_gone_has_done_nothing(analyst: User) -> None:
    with pytest.raises(NotAllowed):
        act(actor=session_of(analyst), lose=lambda: UserSession.objects.all().delete())
    assert not has_acted()


@pytest.mark.parametrize("fields", [{"revoked_at": clock.now()}, {"expires_at": clock.now() - DAY}])
def test_a_token_that_is_over_has_done_nothing(admin: User, fields: dict[str, Any]) -> None:
    actor = token_of(admin, ["system:config"])
    with pytest.raises(NotAllowed):
        act(
            actor=actor,
            ask=lambda user: access.require_permission(user, "system:config"),
            lose=lambda: ApiToken.objects.update(**fields),
        )
    assert not has_acted()


def test_a_jwt_that_ran_out_has_done_nothing(analyst: User) -> None:
    analyst.credential = Credential(expires_at=clock.now() - timedelta(seconds=1))
    with pytest.raises(NotAllowed):
        act(actor=analyst, lose=bool)


def test_a_token_outlives_the_epoch_but_not_the_role(admin: User) -> None:
    actor = token_of(admin, ["system:config"])

    def ask(user: User) -> None:
        access.require_permission(user, "system:config")

    with pytest.raises(NotAllowed):
        act(actor=actor, ask=ask, lose=admin.groups.clear)
    admin.groups.add(Group.objects.get(name="admin"))
    assert act(actor=actor, ask=ask, lose=row_of(admin, session_epoch=7)) == "done"


@pytest.mark.parametrize("scope", ["system:metrics_read", "audit:read"])
def test_a_token_that_was_asked_for_no_scope_that_writes_has_done_nothing(admin: User, scope: str) -> None:
    actor = token_of(admin, [scope, "system:config"])
    with pytest.raises(NotAllowed, match="a scope that writes"):
        act(actor=actor, ask=lambda user: access.require_permission(user, scope), lose=bool)
    assert not has_acted()


def test_a_grant_that_is_gone_takes_the_act_with_it(analyst: User, queue: Queue) -> None:
    with pytest.raises(NotAllowed):
        act(
            actor=analyst, ask=lambda user: access.require(user, "work", queue),
            lose=lambda: access.revoke(analyst, "work", queue),
        )  # fmt: skip
    assert not has_acted()


def test_a_grant_of_a_group_too(stranger: User, queue: Queue) -> None:
    group = Group.objects.get(name="analyst")
    stranger.groups.add(group)
    access.grant(group, "work", queue)
    with pytest.raises(NotAllowed):
        act(
            actor=stranger, ask=lambda user: access.require(user, "work", queue),
            lose=lambda: access.revoke(group, "work", queue),
        )  # fmt: skip


def test_what_is_gained_or_was_never_asked_for_is_no_loss(analyst: User, queue: Queue) -> None:
    other = factories.queue()

    def gain_and_lose() -> None:
        access.grant(analyst, "work", other)
        access.grant(analyst, "view", other)

    assert act(actor=analyst, ask=lambda user: access.require(user, "work", queue), lose=gain_and_lose) == "done"


def test_somebody_elses_loss_is_a_conflict_that_can_be_tried_again(lead: User, analyst: User, queue: Queue) -> None:
    with pytest.raises(Conflict, match="Ana Analyst have changed in this moment"):
        act(
            actor=lead, ask=lambda _: access.require(analyst, "work", queue), lose=row_of(analyst, is_active=False)
        )  # fmt: skip
    assert not has_acted()


def test_whoever_an_event_names_must_stand(lead: User, analyst: User) -> None:
    def ask(_: User) -> None:
        record(actor=analyst, action="test.act", subject=("test.thing", "1"))

    with pytest.raises(Conflict):
        act(actor=lead, ask=ask, lose=row_of(analyst, is_active=False))


def test_a_part_that_was_refused_and_rolled_back_rests_on_nobody(lead: User, analyst: User) -> None:
    @service
    def part(*, actor: User) -> None:
        raise Conflict("not now")

    def ask(_: User) -> None:
        with pytest.raises(Conflict):
            part(actor=analyst)

    assert act(actor=lead, ask=ask, lose=row_of(analyst, is_active=False)) == "done"


def test_a_service_within_another_is_looked_at_when_the_outer_one_ends(lead: User) -> None:
    @service
    def outer(*, actor: User) -> None:
        act(actor=actor, lose=bool)
        row_of(actor, is_active=False)()

    with pytest.raises(NotAllowed):
        outer(actor=lead)
    assert not has_acted()


def test_finobs_itself_is_looked_at_too() -> None:
    actor = system_actor("scene")
    with pytest.raises(NotAllowed):
        act(actor=actor, lose=row_of(actor, is_active=False))


def test_outside_a_service_nothing_is_remembered(analyst: User, queue: Queue) -> None:
    with transaction.atomic():
        access.require(analyst, "work", queue)
        authority.rely_on(analyst)
        authority.settle(analyst.pk)
        row_of(analyst, is_active=False)()


def test_without_accounts_nobody_writes(analyst: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(authority, "_register", None)
    with pytest.raises(NotAllowed, match="accounts are not installed"):
        act(actor=analyst, lose=bool)


def test_ending_what_one_acts_by_is_no_loss(analyst: User, superuser: User, queue: Queue) -> None:
    """Signing out, ending one's own session, a new password: the service ends what its actor signed in with."""
    services.sign_out(actor=session_of(analyst), digest="of this browser")
    actor = session_of(analyst)
    services.session_end(actor=actor, session=UserSession.objects.get())
    services.sessions_end(actor=session_of(analyst), user=analyst)
    services.password_change(actor=session_of(analyst), present=factories.PASSWORD, new="seven umbrellas walking home")
    access.grant(superuser, "work", queue)
    queue_revoke(actor=superuser, queue=queue, principal=superuser, action="work")


def test_a_revoked_grant_locks_everybody_who_had_it_by_their_group(superuser: User, queue: Queue) -> None:
    group = Group.objects.get(name="analyst")
    people = [factories.user(f"Person {number}", role="analyst") for number in range(2)]
    access.grant(group, "work", queue)
    case = factories.case(inside=queue)

    @service
    def take_then_revoke(*, actor: User) -> None:
        item_take(actor=people[0], item=case)
        queue_revoke(actor=actor, queue=queue, principal=group, action="work")

    # Taken while the grant stood, and nobody else could take it away in between.
    take_then_revoke(actor=superuser)
    with pytest.raises(FinobsError):
        item_take(actor=people[1], item=case)


@postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_who_deactivate_each_other_at_most_one_does() -> None:
    roles.synchronise()
    for _ in range(4):
        ada, bea = factories.user("Ada", role="admin"), factories.user("Bea", role="admin")
        at_once(*(lambda a=a, b=b: _deactivate(a, b) for a, b in ((ada, bea), (bea, ada))))
        assert User.objects.filter(pk__in=[ada.pk, bea.pk], is_active=True).count() >= 1


def _deactivate(actor: User, user: User) -> str:
    try:
        return attempt(lambda: services.user_deactivate(actor=actor, user=user))
    except Exception as error:
        answer = http.as_error(error)
        assert answer is not None
        return answer.code
