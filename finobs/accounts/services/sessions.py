"""Sessions begin, are seen, and end."""

from __future__ import annotations

from finobs.core import access, clock, history
from finobs.core.errors import NotAllowed, NotFound
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..addresses import address_key
from ..choices import SessionEndReason
from ..models import User, UserSession
from ..privilege_ceiling import require_not_above
from ..system import system_actor
from .locking import lock_user


def end_sessions(user: User, end_reason: str, *, except_digest: str = "") -> int:
    """End every live session of `user` except the one of `except_digest`. Callers record it."""
    live = user.sessions.filter(ended_at=None).exclude(digest=except_digest)
    return live.update(ended_at=clock.now(), end_reason=end_reason)


@service
def session_open(*, actor: User, digest: str, ip: str | None, user_agent: str) -> UserSession:
    """Register the browser in which `actor` has just proved who they are. The sign-in is recorded by `sign_in`."""
    now = clock.now()
    fields = {"user": actor, "epoch": actor.session_epoch, "ip": ip, "user_agent": user_agent[:255]}
    times = {"created_at": now, "last_seen_at": now, "ended_at": None, "end_reason": ""}
    return UserSession.objects.update_or_create(digest=digest, defaults=fields | times)[0]


@service
def sign_in(*, actor: User) -> None:
    """Record that `actor` has proved who they are. Records sign_in."""
    record(actor=actor, action="sign_in", subject=actor)


@service
def session_expire(*, actor: User, session: UserSession, end_reason: str) -> None:
    """finobs ends a session that was idle or open for too long. `actor` is a system actor. Records session.end."""
    lock_user(session.user)
    # The update decides who ends it: two requests of one page end it, and record it, once.
    at = clock.now()
    if UserSession.objects.filter(pk=session.pk, ended_at=None).update(ended_at=at, end_reason=end_reason):
        data, changes = {"why": end_reason, "of": str(session.user_id)}, {"ended_at": (None, at)}
        record(actor=actor, action="session.end", subject=session, data=data, changes=changes)


@service
def session_end(*, actor: User, session: UserSession) -> None:
    """End one session: one's own, or with user:update and reach somebody else's. Not for scoped tokens of one's own.

    Records session.end. Ending it twice is once. Raises NotFound, NotAllowed.
    """
    _require_end(actor, session)
    session_expire(actor=actor, session=session, end_reason=SessionEndReason.ENDED)


@service
def sessions_end(*, actor: User, user: User, except_digest: str = "", version: int | None = None) -> int:
    """End every session of `user` (but the one of `except_digest`). Oneself, or with user:update and reach.

    JWTs end too when it is another person's. Records session.end once, with the count. Raises NotFound, NotAllowed,
    Stale.
    """
    user = lock_user(user)
    if actor.pk == user.pk:
        _require_person(actor)
    else:
        access.require(actor, "change", user)
        require_not_above(actor, user)
    require_version(user, version)
    if actor.pk != user.pk:
        user.session_epoch += 1
        history.save(user, actor=actor, fields=["session_epoch"])
    count = end_sessions(user, SessionEndReason.ENDED, except_digest=except_digest)
    record(actor=actor, action="session.end", subject=user, data={"why": str(SessionEndReason.ENDED), "ended": count})
    return count


@service
def sign_out(*, actor: User, digest: str) -> None:
    """End the session that `actor` is using. Records sign_out."""
    lock_user(actor)
    UserSession.objects.filter(digest=digest, ended_at=None).update(
        ended_at=clock.now(), end_reason=SessionEndReason.SIGNED_OUT
    )
    record(actor=actor, action="sign_out", subject=actor)


@service
def sign_in_failed(*, email: str, ip: str | None, throttled: bool) -> None:
    """Record that somebody was refused. What they typed is not kept: it may be a password in the wrong field."""
    user = User.objects.filter(email_key=address_key(email)).first()
    record(
        actor=system_actor("sign-in"),
        action="sign_in_failed",
        subject=user or ("accounts.user", "unknown"),
        data={"ip": ip or "", "throttled": throttled},
    )


def _require_end(actor: User, session: UserSession) -> None:
    if actor.pk == session.user_id:
        return _require_person(actor)
    access.require(actor, "end", session)
    require_not_above(actor, session.user)


def _require_person(actor: User) -> None:
    if not actor.is_active:
        raise NotFound
    if actor.token_scopes is not None:
        raise NotAllowed("A token cannot do this. Sign in.")
