"""Passwords are chosen by their owners only. An administrator may take one away and issue a link, used once."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from finobs.core import access, clock, history
from finobs.core.errors import Invalid, NotAllowed, NotFound
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..choices import SessionEndReason, UserKind
from ..models import User
from ..privilege_ceiling import require_not_above
from .locking import lock_user
from .sessions import end_sessions


class _Links(PasswordResetTokenGenerator):
    """Void as soon as the password, the address or the epoch has changed: used once by nature."""

    key_salt = "finobs.accounts.password-set"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{user.pk}{user.password}{timestamp}{user.email}{user.session_epoch}{user.is_active}"


links = _Links()


@dataclass(frozen=True, slots=True)
class ResetLink:
    """Both parts of the address under which its owner sets a password. Shown once, kept nowhere."""

    uid: str
    token: str


@service
def password_change(*, actor: User, present: str, new: str) -> User:
    """Change one's own password, proving the present one; every session ends. Records user.password_change.

    Raises Invalid (fields "present" or "new"), NotAllowed for tokens.
    """
    user = lock_user(actor)
    if not user.is_active or actor.token_scopes is not None:
        raise NotAllowed("A token cannot change a password. Sign in.")
    if not check_password(present, user.password):
        raise Invalid(fields={"present": ["This is not your present password."]})
    if present == new:
        raise Invalid(fields={"new": ["This is your present password."]})
    return _set(user, actor, new, via="present password")


@service
def password_reset_issue(*, actor: User, user: User, version: int | None = None) -> ResetLink:
    """Take somebody's password away and issue a link under which they set a new one; their sessions end.

    Needs user:update, reach, and a person other than oneself. Records user.password_reset_issue. Raises
    NotAllowed, Stale.
    """
    user = lock_user(user)
    access.require(actor, "reset_password", user)
    require_not_above(actor, user)
    if actor.pk == user.pk:
        raise NotAllowed("Change your own password with your present one.")
    if user.kind != UserKind.HUMAN or not user.is_active:
        raise NotAllowed("Only an active person has a password.")
    require_version(user, version)
    user.set_unusable_password()
    _store(user, actor)
    record(actor=actor, action="user.password_reset_issue", subject=user)
    return ResetLink(uid=urlsafe_base64_encode(force_bytes(user.pk)), token=links.make_token(user))


@service
def password_set(*, uid: str, token: str, new: str) -> User:
    """Whoever holds the link sets the password. Records user.password_change. Raises NotFound, Invalid."""
    user = lock_user(link_owner(uid, token))
    # Again, under the lock: of two uses at the same time the second finds the password changed.
    if not links.check_token(user, token):
        raise NotFound("This link has been used, or is too old. Ask for a new one.")
    return _set(user, user, new, via="link")


def link_owner(uid: str, token: str) -> User:
    """Whose link this is. Raises NotFound if it is nobody's, used, or too old."""
    try:
        pk = int(force_str(urlsafe_base64_decode(uid)))
    except ValueError:
        pk = 0
    user = User.objects.filter(pk=pk, kind=UserKind.HUMAN, is_active=True).first() if 0 < pk < 2**63 else None
    if user is None or not links.check_token(user, token):
        raise NotFound("This link has been used, or is too old. Ask for a new one.")
    return user


def _set(user: User, actor: User, new: str, *, via: str) -> User:
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise Invalid(fields={"new": error.messages}) from error
    user.set_password(new)
    user.password_changed_at = clock.now()
    _store(user, actor)
    record(actor=actor, action="user.password_change", subject=user, data={"via": via})
    return user


def _store(user: User, actor: User) -> None:
    user.session_epoch += 1
    history.save(user, actor=actor, fields=["password", "password_changed_at", "session_epoch"])
    end_sessions(user, SessionEndReason.CHANGED)
