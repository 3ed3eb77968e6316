"""Of two people, two sessions and two keys, what is done to one happens to that one alone, and is said of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from finobs.accounts import services
from finobs.accounts.authentication import LAST_USED_INTERVAL, is_live, token_find
from finobs.accounts.choices import SessionEndReason, UserKind
from finobs.accounts.models import ApiToken, User, UserSession
from finobs.accounts.services.passwords import link_owner
from finobs.accounts.services.tokens import MAX_LIFETIME
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import Invalid, InvalidTransition, NotAllowed, NotFound
from tests import factories
from tests.support.ledger_events import event_bodies, last_event
from tests.support.locks import locked_models

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NEW = "quite another battery staple"


def session_of(user: User, digest: str, **fields: Any) -> UserSession:
    session = services.session_open(actor=user, digest=digest, ip="10.0.0.1", user_agent="Firefox")
    UserSession.objects.filter(pk=session.pk).update(**fields)
    return session


def token_of(user: User, actor: User | None = None, **fields: Any) -> tuple[ApiToken, str]:
    values = {"name": "feed", "scopes": ["compliance:read"], "lifetime": DAY, **fields}
    return services.token_create(actor=actor or user, user=user, **values)


@pytest.fixture
def other(lead: User) -> User:
    """Somebody else, who has a session and a key, made first."""
    session_of(lead, "of the lead")
    token_of(lead)
    return lead


@pytest.fixture
def two(other: User, analyst: User) -> list[UserSession]:
    """Two sessions of the analyst."""
    return [session_of(analyst, f"of the analyst {number}") for number in (1, 2)]


def reasons() -> dict[str, str]:
    return {row.digest: row.end_reason for row in UserSession.objects.order_by("pk")}


def test_one_session_is_ended_and_no_other(two: list[UserSession], analyst: User) -> None:
    with clock.at(factories.NOON):
        services.session_end(actor=analyst, session=two[1])
    assert reasons() == {"of the lead": "", "of the analyst 1": "", "of the analyst 2": "ended"}
    two[1].refresh_from_db()
    assert two[1].ended_at == factories.NOON
    event = last_event("session.end")
    assert event["data"] == {"why": "ended", "of": str(analyst.pk)}
    assert event["subject"] == {"type": "accounts.usersession", "id": str(two[1].pk)}


def test_a_session_that_has_ended_keeps_its_end(two: list[UserSession], analyst: User) -> None:
    UserSession.objects.filter(pk=two[0].pk).update(ended_at=factories.NOON, end_reason="idle")
    services.session_end(actor=analyst, session=two[0])
    services.sessions_end(actor=analyst, user=analyst)
    services.sign_out(actor=analyst, digest="of the analyst 1")
    two[0].refresh_from_db()
    assert (two[0].ended_at, two[0].end_reason) == (factories.NOON, "idle")
    assert [body["data"] for body in event_bodies("session.end")] == [{"why": "ended", "ended": 1}]


@pytest.mark.parametrize(("but", "ended"), [("", 2), ("of the analyst 1", 1), ("of the lead", 2)])
def test_all_sessions_of_one_person_end_but_the_one_that_is_named(
    two: list[UserSession], analyst: User, but: str, ended: int
) -> None:
    assert services.sessions_end(actor=analyst, user=analyst, except_digest=but) == ended
    assert [name for name, reason in reasons().items() if reason] == [
        name for name in ("of the analyst 1", "of the analyst 2") if name != but
    ]
    assert last_event("session.end")["data"] == {"why": "ended", "ended": ended}
    assert User.objects.get(pk=analyst.pk).session_epoch == 0


def test_ending_somebody_elses_sessions_ends_their_jwts_too(two: list[UserSession], admin: User, analyst: User) -> None:
    assert services.sessions_end(actor=admin, user=analyst) == 2
    analyst.refresh_from_db()
    assert (analyst.session_epoch, analyst.history.latest().history_user) == (1, admin)
    assert last_event("session.end")["subject"] == {"type": "accounts.user", "id": str(analyst.pk)}
    assert reasons()["of the lead"] == ""


def test_signing_out_ends_the_session_that_is_used(two: list[UserSession], analyst: User) -> None:
    with clock.at(factories.NOON):
        services.sign_out(actor=analyst, digest="of the analyst 2")
    assert reasons() == {"of the lead": "", "of the analyst 1": "", "of the analyst 2": "signed_out"}
    two[1].refresh_from_db()
    assert two[1].ended_at == factories.NOON
    event = last_event("sign_out")
    assert (event["data"], event["actor"]["id"], event["subject"]["id"]) == ({}, str(analyst.pk), str(analyst.pk))


@pytest.mark.parametrize("reason", [SessionEndReason.IDLE, SessionEndReason.AGE])
def test_finobs_says_why_it_ended_a_session(two: list[UserSession], analyst: User, reason: str) -> None:
    services.session_expire(actor=system_actor("sessions"), session=two[0], end_reason=reason)
    assert last_event("session.end")["data"] == {"why": str(reason), "of": str(analyst.pk)}
    assert reasons()["of the analyst 2"] == ""


def test_an_administrator_ends_no_session_of_a_superuser(other: User, admin: User, superuser: User) -> None:
    session = session_of(superuser, "of the superuser")
    with pytest.raises(NotAllowed, match="Only a superuser"):
        services.session_end(actor=admin, session=session)
    assert reasons()["of the superuser"] == ""
    services.session_end(actor=admin, session=UserSession.objects.get(digest="of the lead"))
    assert reasons()["of the lead"] == "ended"


def test_an_inactive_person_ends_nothing_of_their_own(two: list[UserSession], analyst: User) -> None:
    analyst.is_active = False
    for act in (
        lambda: services.session_end(actor=analyst, session=two[0]),
        lambda: services.sessions_end(actor=analyst, user=analyst),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_session_that_is_opened_again_begins_anew(other: User, analyst: User) -> None:
    first = session_of(analyst, "the same", ended_at=factories.NOON, end_reason="idle")
    with clock.at(factories.NOON + DAY):
        again = services.session_open(actor=analyst, digest="the same", ip=None, user_agent="x" * 300)
    again.refresh_from_db()
    assert (again.pk, again.ended_at, again.end_reason, again.user_agent, again.ip) == (
        first.pk,
        None,
        "",
        "x" * 255,
        None,
    )
    assert (again.created_at, again.last_seen_at, again.epoch) == (factories.NOON + DAY, factories.NOON + DAY, 0)


def test_a_sign_in_is_said_of_whoever_signed_in(other: User, analyst: User) -> None:
    services.sign_in(actor=analyst)
    event = last_event("sign_in")
    assert (event["data"], event["actor"]["id"], event["subject"]) == (
        {}, str(analyst.pk), {"type": "accounts.user", "id": str(analyst.pk)},
    )  # fmt: skip


@pytest.mark.parametrize(("ip", "throttled"), [("10.0.0.9", True), (None, False)])
def test_a_failed_sign_in_says_of_whom_but_not_what_was_typed(
    other: User, analyst: User, ip: str | None, throttled: bool
) -> None:
    for email, subject in ((analyst.email.upper(), str(analyst.pk)), ("a password", "unknown")):
        services.sign_in_failed(email=email, ip=ip, throttled=throttled)
        event = last_event("sign_in_failed")
        assert event["data"] == {"ip": ip or "", "throttled": throttled}
        assert event["subject"] == {"type": "accounts.user", "id": subject}
        assert event["actor"]["type"] == "system"


def test_one_key_is_revoked_and_no_other(other: User, analyst: User) -> None:
    first, _ = token_of(analyst)
    token_of(analyst)
    with clock.at(factories.NOON):
        services.token_revoke(actor=analyst, token=first)
    assert [token.revoked_at for token in ApiToken.objects.order_by("pk")] == [None, factories.NOON, None]
    event = last_event("token.revoke")
    assert (event["data"], event["subject"]["id"]) == ({"of": str(analyst.pk)}, str(first.pk))
    services.token_revoke(actor=analyst, token=first)
    assert len(event_bodies("token.revoke")) == 1
    first.refresh_from_db()
    assert first.revoked_at == factories.NOON


def test_a_key_says_whose_it_is_and_what_it_opens(other: User, analyst: User) -> None:
    with clock.at(factories.NOON):
        token, _ = token_of(analyst, name="  mine ", scopes=["model:read", "audit:read"], lifetime=9 * DAY)
    event = last_event("token.create")
    assert event["data"] == {
        "of": str(analyst.pk), "prefix": token.prefix, "scopes": ["audit:read", "model:read"], "days": 9,
        "sources": [],
    }  # fmt: skip
    assert event["subject"] == {"type": "accounts.apitoken", "id": str(token.pk)}
    assert (token.name, token.created_by, token.created_at, token.expires_at, token.scopes) == (
        "mine", analyst, factories.NOON, factories.NOON + 9 * DAY, ["audit:read", "model:read"],
    )  # fmt: skip


def test_a_key_opens_for_its_own_owner(other: User, analyst: User) -> None:
    tokens = {user: token_of(user)[1] for user in (analyst, other)}
    for user, text in tokens.items():
        token = token_find(text)
        assert token is not None
        assert token.user == user


def test_the_use_of_one_key_is_not_written_to_another(client: Any, other: User, analyst: User) -> None:
    first, second = token_of(analyst), token_of(analyst)
    with clock.at(clock.now()):
        client.get("/api/v1/me", headers={"Authorization": f"Bearer {second[1]}"})
        assert [token.last_used_at for token in ApiToken.objects.order_by("pk")] == [None, None, clock.now()]
    assert timedelta(minutes=1) == LAST_USED_INTERVAL
    assert ApiToken.objects.get(pk=first[0].pk).last_used_at is None


def test_a_jwt_ends_with_its_own_key_while_another_key_lives(client: Any, other: User, analyst: User) -> None:
    keys = [token_of(analyst) for _ in range(2)]
    jwts = [
        client.post(
            "/api/v1/auth/token", content_type="application/json", headers={"Authorization": f"Bearer {text}"}
        ).json()["access"]
        for _, text in keys
    ]
    services.token_revoke(actor=analyst, token=keys[1][0])
    statuses = [client.get("/api/v1/me", headers={"Authorization": f"Bearer {jwt}"}).status_code for jwt in jwts]
    assert statuses == [200, 401]


@pytest.mark.parametrize(
    ("change", "live"),
    [({}, True), ({"is_active": False}, False), ({"kind": UserKind.SYSTEM}, False), ({"kind": UserKind.SERVICE}, True)],
)
def test_a_key_lives_while_its_owner_may_use_it(other: User, analyst: User, change: dict[str, Any], live: bool) -> None:
    token, text = token_of(analyst)
    User.objects.filter(pk=analyst.pk).update(**change)
    token = ApiToken.objects.select_related("user").get(pk=token.pk)
    assert is_live(token) is live
    assert (token_find(text) is not None) is live


@pytest.mark.parametrize("text", ["", "finobs_", "eyJx", "finobs_abcdefgh_" + "0" * 49])
def test_a_text_that_is_no_key_finds_none(other: User, text: str) -> None:
    assert token_find(text) is None


def test_an_inactive_account_gets_no_key(other: User, admin: User, service: User) -> None:
    User.objects.filter(pk=service.pk).update(is_active=False)
    with pytest.raises(NotAllowed, match="Only an active account"):
        token_of(User.objects.get(pk=service.pk), admin)
    assert ApiToken.objects.filter(user=service).count() == 0


def test_a_machine_beyond_ones_reach_gets_no_key_from_one(
    other: User, analyst: User, admin: User, service: User
) -> None:
    strong = factories.user("strong", role="admin", kind=UserKind.SERVICE)
    weak = factories.user("weak", role="viewer", kind=UserKind.SERVICE)
    assigner = factories.user("Assigner")
    for name in (
        "user:role_assign",
        "user:list",
        "compliance:read",
        "transaction:read",
        "system:metrics_read",
        "model:read",
    ):
        assigner.user_permissions.add(Permission.objects.get(codename=name))
    assigner = User.objects.get(pk=assigner.pk)
    assert token_of(weak, assigner)[0].user == weak
    with pytest.raises(NotAllowed, match="carry permissions that you do not hold"):
        token_of(strong, assigner)
    with pytest.raises(NotAllowed, match="People make their own"):
        token_of(other, admin)
    with pytest.raises((NotAllowed, NotFound)):
        token_of(service, analyst)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, {"name": ["Give it a name of at most 80 characters."]}),
        ({"name": "n" * 81}, {"name": ["Give it a name of at most 80 characters."]}),
        ({"lifetime": timedelta()}, {"days": ["A token lives for 1 to 365 days."]}),
        ({"lifetime": MAX_LIFETIME + timedelta(seconds=1)}, {"days": ["A token lives for 1 to 365 days."]}),
        ({"scopes": []}, {"scopes": ["Choose at least one permission."]}),
        ({"scopes": ["compliance:read", "x"]}, {"scopes": ["No such permission: x."]}),
        ({"scopes": ["compliance:read", "user:create"]}, {"scopes": ["Your roles do not include user:create."]}),
    ],
)
def test_a_key_that_does_not_hold_is_refused_by_field(
    analyst: User, fields: dict[str, Any], wrong: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as error:
        token_of(analyst, **fields)
    assert error.value.fields == wrong
    assert not ApiToken.objects.exists()


def test_the_limits_of_a_key_belong_to_it(analyst: User) -> None:
    token, _ = token_of(analyst, name="n" * 80, lifetime=MAX_LIFETIME)
    assert (len(token.name), MAX_LIFETIME) == (80, timedelta(days=365))


def test_a_key_of_somebody_else_is_revoked_by_those_with_reach(
    other: User, admin: User, analyst: User, superuser: User
) -> None:
    token = ApiToken.objects.get(user=other)
    with pytest.raises(NotFound):
        services.token_revoke(actor=analyst, token=token)
    own, _ = token_of(superuser)
    with pytest.raises(NotAllowed):
        services.token_revoke(actor=admin, token=own)
    services.token_revoke(actor=admin, token=token)
    assert [each.revoked_at is None for each in ApiToken.objects.order_by("pk")] == [False, True]


def test_an_inactive_owner_revokes_nothing(other: User, analyst: User) -> None:
    token, _ = token_of(analyst)
    analyst.is_active = False
    with pytest.raises((NotFound, NotAllowed)):
        services.token_revoke(actor=analyst, token=token)
    token.refresh_from_db()
    assert token.revoked_at is None


def test_a_deactivated_person_loses_sessions_and_keys_and_nobody_else_does(
    two: list[UserSession], other: User, analyst: User, admin: User
) -> None:
    for _ in range(3):
        token_of(analyst)
    revoked = ApiToken.objects.filter(user=analyst).earliest("pk")
    ApiToken.objects.filter(pk=revoked.pk).update(revoked_at=factories.NOON)
    services.user_deactivate(actor=admin, user=analyst)
    assert last_event("user.deactivate")["data"] == {"sessions_ended": 2, "tokens_revoked": 2}
    assert reasons() == {"of the lead": "", "of the analyst 1": "ended", "of the analyst 2": "ended"}
    assert ApiToken.objects.get(user=other).revoked_at is None
    assert ApiToken.objects.get(pk=revoked.pk).revoked_at == factories.NOON
    analyst.refresh_from_db()
    assert (analyst.is_active, analyst.session_epoch, User.objects.get(pk=other.pk).is_active) == (False, 1, True)
    with pytest.raises(InvalidTransition, match="is not active"):
        services.user_deactivate(actor=admin, user=analyst)


def test_a_reactivated_person_is_let_in_again_without_keys(other: User, analyst: User, admin: User) -> None:
    token, _ = token_of(analyst)
    services.user_deactivate(actor=admin, user=analyst)
    services.user_reactivate(actor=admin, user=analyst)
    event = last_event("user.reactivate")
    assert (event["data"], event["subject"]["id"], event["actor"]["id"]) == ({}, str(analyst.pk), str(admin.pk))
    token.refresh_from_db()
    assert (User.objects.get(pk=analyst.pk).is_active, token.revoked_at is None) == (True, False)
    with pytest.raises(InvalidTransition, match="is active"):
        services.user_reactivate(actor=admin, user=analyst)


def test_nobody_deactivates_themselves(admin: User) -> None:
    with pytest.raises(NotAllowed, match="another administrator"):
        services.user_deactivate(actor=admin, user=admin)


def test_a_person_is_created_with_their_roles_and_said_to_be(other: User, admin: User) -> None:
    made = services.user_create(
        actor=admin, email=" NEW@Example.Test ", name=" Nina New ", roles={"viewer", "analyst"}, is_staff=True,
        time_zone="Europe/Rome",
    )  # fmt: skip
    assert last_event("user.create")["data"] == {
        "name": "Nina New", "email": "new@example.test", "kind": "human", "roles": ["analyst", "viewer"], "is_staff": True,
    }  # fmt: skip
    assert (made.email, made.name, made.time_zone, made.has_usable_password()) == (
        "new@example.test", "Nina New", "Europe/Rome", False,
    )  # fmt: skip
    assert (sorted(made.roles), made.history.latest().history_user) == (["analyst", "viewer"], admin)
    machine = services.user_create(actor=admin, email="feed@example.test", name="Feed", kind=UserKind.SERVICE)
    assert (last_event("user.create")["data"]["kind"], machine.is_staff) == ("service", False)


@pytest.mark.parametrize("fields", [{"kind": "system"}, {"kind": "x"}, {"kind": "service", "is_staff": True}])
def test_a_kind_that_nobody_may_be_is_refused(admin: User, fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as error:
        services.user_create(actor=admin, email="x@example.test", name="X", **fields)
    assert list(error.value.fields) == ["kind"]
    assert not User.objects.filter(email="x@example.test").exists()


def test_a_person_who_may_create_but_not_assign_creates_plain_people_alone(admin: User) -> None:
    admin.token_scopes = frozenset({"user:create", "user:list"})
    assert services.user_create(actor=admin, email="plain@example.test", name="Plain").roles == []
    for fields in ({"roles": {"viewer"}}, {"is_staff": True}):
        with pytest.raises(NotAllowed):
            services.user_create(actor=admin, email="more@example.test", name="More", **fields)


def test_an_address_is_taken_once_whatever_its_case(other: User, admin: User, analyst: User) -> None:
    with pytest.raises(Invalid) as error:
        services.user_create(actor=admin, email=other.email.upper(), name="Twin")
    assert error.value.fields == {"email": ["Somebody already has this address."]}
    with pytest.raises(Invalid):
        services.user_change(actor=admin, user=analyst, email=other.email)


@pytest.mark.parametrize("is_staff", [True, False])
def test_opening_the_admin_to_somebody_ends_their_sessions(
    two: list[UserSession], analyst: User, admin: User, is_staff: bool
) -> None:
    User.objects.filter(pk=analyst.pk).update(is_staff=not is_staff)
    services.user_change(actor=admin, user=analyst, is_staff=is_staff, name="Ana")
    assert reasons() == {"of the lead": "", "of the analyst 1": "changed", "of the analyst 2": "changed"}
    assert set(last_event("user.change")["changes"]) == {"is_staff", "name", "session_epoch"}
    assert User.objects.get(pk=analyst.pk).session_epoch == 1


def test_another_change_ends_no_session(two: list[UserSession], analyst: User, admin: User) -> None:
    services.user_change(actor=admin, user=analyst, name="Ana B.", email=None, is_staff=None)
    assert set(reasons().values()) == {""}
    assert User.objects.get(pk=analyst.pk).session_epoch == 0


def test_a_machine_is_never_let_into_the_admin(other: User, admin: User, service: User) -> None:
    with pytest.raises(NotAllowed, match="machine account"):
        services.user_change(actor=admin, user=service, is_staff=True)
    User.objects.filter(pk=service.pk).update(is_staff=True)
    services.user_change(actor=admin, user=service, is_staff=False)
    assert not User.objects.get(pk=service.pk).is_staff


def test_roles_are_given_and_taken_of_one_person(
    two: list[UserSession], other: User, analyst: User, admin: User
) -> None:
    services.role_assign(actor=admin, user=analyst, roles=["viewer", "auditor"])
    assert last_event("user.role_assign")["data"] == {
        "given": ["auditor", "viewer"], "taken": ["analyst"], "roles": ["auditor", "viewer"],
    }  # fmt: skip
    analyst.refresh_from_db()
    assert (sorted(User.objects.get(pk=analyst.pk).roles), analyst.session_epoch) == (["auditor", "viewer"], 1)
    assert User.objects.get(pk=other.pk).roles == ["compliance"]
    assert reasons() == {"of the lead": "", "of the analyst 1": "changed", "of the analyst 2": "changed"}
    services.role_assign(actor=admin, user=analyst, roles=["auditor", "viewer"])
    assert (len(event_bodies("user.role_assign")), User.objects.get(pk=analyst.pk).session_epoch) == (1, 1)


def test_a_password_that_changes_ends_the_sessions_of_its_owner(two: list[UserSession], analyst: User) -> None:
    with clock.at(factories.NOON):
        services.password_change(actor=analyst, present=factories.PASSWORD, new=NEW)
    assert last_event("user.password_change")["data"] == {"via": "present password"}
    assert reasons() == {"of the lead": "", "of the analyst 1": "changed", "of the analyst 2": "changed"}
    analyst.refresh_from_db()
    assert (analyst.check_password(NEW), analyst.session_epoch, analyst.password_changed_at) == (
        True,
        1,
        factories.NOON,
    )


@pytest.mark.parametrize(
    ("present", "new", "fields"),
    [
        ("wrong", NEW, {"present": ["This is not your present password."]}),
        (factories.PASSWORD, factories.PASSWORD, {"new": ["This is your present password."]}),
    ],
)
def test_a_password_is_refused_by_field(analyst: User, present: str, new: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as error:
        services.password_change(actor=analyst, present=present, new=new)
    assert error.value.fields == fields


@pytest.mark.parametrize("how", ["token", "inactive"])
def test_only_a_signed_in_person_changes_their_password(analyst: User, how: str) -> None:
    if how == "token":
        analyst.token_scopes = frozenset({"compliance:read"})
    else:
        User.objects.filter(pk=analyst.pk).update(is_active=False)
    with pytest.raises(NotAllowed, match="Sign in" if how == "token" else "Nothing was done"):
        services.password_change(actor=analyst, present=factories.PASSWORD, new=NEW)


def test_a_link_sets_the_password_of_its_own_owner_once(
    two: list[UserSession], other: User, analyst: User, admin: User
) -> None:
    links = {user: services.password_reset_issue(actor=admin, user=user) for user in (other, analyst)}
    event = last_event("user.password_reset_issue")
    assert (event["data"], event["subject"]["id"], event["actor"]["id"]) == ({}, str(analyst.pk), str(admin.pk))
    assert reasons()["of the analyst 1"] == "changed"
    assert not User.objects.get(pk=analyst.pk).has_usable_password()
    with pytest.raises(NotFound):
        services.password_set(uid=links[other].uid, token=links[analyst].token, new=NEW)
    assert services.password_set(uid=links[analyst].uid, token=links[analyst].token, new=NEW) == analyst
    assert last_event("user.password_change")["data"] == {"via": "link"}
    with pytest.raises(NotFound, match="has been used"):
        services.password_set(uid=links[analyst].uid, token=links[analyst].token, new="yet another battery staple")
    assert User.objects.get(pk=analyst.pk).check_password(NEW)
    assert not User.objects.get(pk=other.pk).has_usable_password()


@pytest.mark.parametrize("uid", ["", "x", "MA", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "!!"])
def test_a_link_of_nobody_is_not_found(analyst: User, uid: str) -> None:
    with pytest.raises(NotFound, match="has been used, or is too old"):
        link_owner(uid, "token")


@pytest.mark.parametrize("change", [{"is_active": False}, {"kind": UserKind.SERVICE}])
def test_a_link_dies_with_the_account_it_was_made_for(analyst: User, admin: User, change: dict[str, Any]) -> None:
    link = services.password_reset_issue(actor=admin, user=analyst)
    User.objects.filter(pk=analyst.pk).update(**change)
    with pytest.raises(NotFound):
        link_owner(link.uid, link.token)


def test_a_link_is_issued_for_an_active_person_other_than_oneself(admin: User, service: User, analyst: User) -> None:
    User.objects.filter(pk=analyst.pk).update(is_active=False)
    for user, words in ((admin, "your own password"), (service, "active person"), (analyst, "active person")):
        with pytest.raises(NotAllowed, match=words):
            services.password_reset_issue(actor=admin, user=user)
    assert event_bodies("user.password_reset_issue") == []


ROW_CHANGES: dict[str, Any] = {
    "user_change": {"name": "Other"}, "user_deactivate": {}, "role_assign": {"roles": ["viewer"]},
    "password_reset_issue": {}, "sessions_end": {},
}  # fmt: skip


@pytest.mark.parametrize("service_name", sorted(ROW_CHANGES))
def test_a_person_is_locked_before_they_are_changed(other: User, analyst: User, admin: User, service_name: str) -> None:
    with locked_models() as labels:
        getattr(services, service_name)(actor=admin, user=analyst, **ROW_CHANGES[service_name])
    assert labels[0] == "accounts.user"


def test_the_owner_of_a_key_is_locked_before_it_is_made_or_revoked(other: User, analyst: User) -> None:
    with locked_models() as labels:
        token, _ = token_of(analyst)
    assert labels == ["accounts.user"]
    with locked_models() as labels:
        services.token_revoke(actor=analyst, token=token)
    assert labels == ["accounts.user", "accounts.apitoken"]
