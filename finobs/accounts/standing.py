"""How somebody stands now: read again for every write by `core.authority`, just before it commits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from finobs.core import clock
from finobs.core.errors import NotAllowed

from .authentication import READ_ONLY_TOKEN_MESSAGE, live_token, send_for_token, user_with_scopes
from .choices import SessionEndReason
from .models import User, UserSession
from .roles import only_read


class Standing:
    """Installed into `core.authority` when the apps start."""

    def read_again(self, user: User) -> Callable[[], User | None]:
        """`user` as the database has them, with the scopes of the token that acts; None where nobody is left."""
        token_id = user.credential.token_id
        if token_id is None:
            return lambda: _without_token(user)
        fetch = send_for_token("id", token_id)

        def current() -> User | None:
            token = live_token(fetch())
            return _without_token(user) if token is None else user_with_scopes(token)

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
            session = UserSession.objects.filter(pk=credential.session_id).first()
            return session is not None and end_reason(session, current) is None
        return True

    def require_write_scope(self, user: User, scopes: set[str]) -> None:
        """Raise NotAllowed where `user` is a scoped token and the service asked for no scope that writes."""
        if user.token_scopes is not None and only_read(scopes):
            raise NotAllowed(READ_ONLY_TOKEN_MESSAGE)


def _without_token(user: User) -> User | None:
    now = User.objects.filter(pk=user.pk).first()
    if now is not None:
        now.token_scopes = user.token_scopes
    return now


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
