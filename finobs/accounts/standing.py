"""How somebody stands now: read again for every write by `core.authority`, just before it commits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from finobs.core import clock
from finobs.core.db.dialect import table_of
from finobs.core.db.pipeline import send
from finobs.core.db.rows import ModelRows
from finobs.core.errors import NotAllowed

from .authentication import (
    READ_ONLY_TOKEN_MESSAGE,
    TOKEN,
    USER_ROWS,
    is_unchanged,
    live_token,
    send_for_token,
    user_with_scopes,
)
from .backends import cache_rights, rights_sql
from .choices import SessionEndReason
from .models import User, UserSession
from .roles import only_read

SESSION_ROWS = ModelRows(UserSession)
# Kept on the user as read again: the session by which they act.
_SESSION: Final = "_standing_session"


class Standing:
    """Installed into `core.authority` when the apps start."""

    def read_again(self, user: User) -> Callable[[], User | None]:
        """`user` as the database has them, with the scopes of the token that acts; None where nobody is left."""
        credential = user.credential
        if credential.token_id is None:
            return _send_for_user(user)
        fetch = send_for_token("id", credential.token_id)

        def current() -> User | None:
            rows, acting_by = fetch(), vars(user).get(TOKEN)
            # The same to the last column, as nearly always: then they are who they were, and nothing is built anew.
            if acting_by is not None and is_unchanged(acting_by, rows):
                return user
            token = live_token(rows)
            return _send_for_user(user)() if token is None else user_with_scopes(token)

        return current

    def stands(self, user: User, current: User) -> bool:
        """Active, no less than they were, of the same epoch, and what they signed in with not over."""
        credential = user.credential
        if not current.is_active or (user.is_superuser and not current.is_superuser):
            return False
        if credential.binds_epoch and user.session_epoch != current.session_epoch:
            return False
        if credential.expires_at is not None and credential.expires_at <= clock.now():
            return False
        if credential.token_id is not None:
            return current.credential.token_id == credential.token_id
        if credential.session_id is not None:
            session = vars(current)[_SESSION]
            return session is not None and end_reason(session, current) is None
        return True

    def require_write_scope(self, user: User, scopes: set[str]) -> None:
        """Raise NotAllowed where `user` is a scoped token and the service asked for no scope that writes."""
        if user.token_scopes is not None and only_read(scopes):
            raise NotAllowed(READ_ONLY_TOKEN_MESSAGE)


def _send_for_user(user: User) -> Callable[[], User | None]:
    """Ask for somebody who acts without a token, with their permissions, and for the session that they act by."""
    session_id = user.credential.session_id
    fetch = send(_user_sql(), [user.pk])
    fetch_session = send(_session_sql(), [session_id]) if session_id is not None else list

    def current() -> User | None:
        rows, sessions = fetch(), fetch_session()
        if not rows:
            return None
        now = USER_ROWS.read(rows[0][:-2])
        cache_rights(now, *rows[0][-2:])
        now.token_scopes, now.token_sources = user.token_scopes, user.token_sources
        vars(now)[_SESSION] = SESSION_ROWS.read(sessions[0]) if sessions else None
        return now

    return current


@cache
def _user_sql() -> str:
    return f"SELECT {USER_ROWS.columns('u')}, {rights_sql('u.id')} FROM {table_of(User)} u WHERE u.id = %s"  # noqa: S608


@cache
def _session_sql() -> str:
    return f"SELECT {SESSION_ROWS.columns('s')} FROM {table_of(UserSession)} s WHERE s.id = %s"  # noqa: S608


def end_reason(session: UserSession | None, user: User | AnonymousUser) -> str | None:
    """Why this session is over, or None while it lives."""
    if session is None or not isinstance(user, User):
        return session.end_reason or SessionEndReason.CHANGED if session is not None else SessionEndReason.ENDED
    if session.ended_at is not None:
        return session.end_reason
    if session.epoch != user.session_epoch or session.user_id != user.pk:
        return SessionEndReason.CHANGED
    now = clock.now()
    if now - session.created_at >= timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS):
        return SessionEndReason.AGE
    if now - session.last_seen_at >= timedelta(seconds=settings.SESSION_IDLE_SECONDS):
        return SessionEndReason.IDLE
    return None
