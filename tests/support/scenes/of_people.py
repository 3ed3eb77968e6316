"""Accounts, passwords, sessions, tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finobs.accounts import services as accounts
from finobs.accounts.choices import SessionEndReason
from finobs.accounts.models import OrgUnit
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.services.operator import password_replace, superuser_create
from tests import factories

from .scene import (
    DAY,
    REASON,
    Scene,
    by_admin,
    by_finobs,
    numbers,
    own,
    scene,
    session_of,
    superuser,
)


def on_user(act: Callable[..., Any], **fields: Any) -> Scene:
    user = factories.user("Vic Viewer", role="viewer")
    return by_admin(lambda actor: act(actor=actor, user=user, **fields))


@scene
def of_user_create() -> Scene:
    email = f"new.{next(numbers)}@example.test"
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


@scene
def of_superuser_create() -> Scene:
    email = f"root.{next(numbers)}@example.test"
    return by_finobs(
        lambda actor: superuser_create(actor=actor, email=email, password=factories.PASSWORD, name="Rita Root")
    )


@scene
def of_password_replace() -> Scene:
    user = factories.user("Vic Viewer", role="viewer")
    return by_finobs(lambda actor: password_replace(actor=actor, user=user, new="seven umbrellas walking home"))


@scene
def of_unit_create() -> Scene:
    root, code = OrgUnit.objects.get(pk=ROOT_ID), f"unit-of-scene-{next(numbers)}"
    return by_admin(
        lambda actor: accounts.unit_create(actor=actor, code=code, name="Bank", kind="legal_entity", parent=root)
    )


@scene
def of_unit_change() -> Scene:
    return on_unit(accounts.unit_change, name="Another name")


@scene
def of_unit_deactivate() -> Scene:
    return on_unit(accounts.unit_deactivate, reason=REASON)


@scene
def of_unit_reactivate() -> Scene:
    unit = factories.unit(is_active=False)
    return by_admin(lambda actor: accounts.unit_reactivate(actor=actor, unit=unit, reason=REASON))


@scene
def of_unit_grant() -> Scene:
    return on_unit(accounts.unit_grant, principal=factories.user("Toni To", role="analyst"), action="work")


@scene
def of_unit_revoke() -> Scene:
    unit, to = factories.unit(), factories.user("Toni To", role="analyst")
    factories.grant(to, "work", unit)
    return by_admin(lambda actor: accounts.unit_revoke(actor=actor, unit=unit, principal=to, action="work"))


def on_unit(act: Callable[..., Any], **fields: Any) -> Scene:
    unit = factories.unit()
    return by_admin(lambda actor: act(actor=actor, unit=unit, **fields))
