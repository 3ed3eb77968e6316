"""What one may know of people, sessions and tokens: one's own always, others' by permission."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet

from finobs.core import access, clock
from finobs.core.reads import first_or_not_found

from . import privilege_ceiling
from .models import ApiToken, User, UserSession
from .roles import PERMISSIONS


def users_visible(user: Any) -> QuerySet[User]:
    return access.restrict(User.objects.prefetch_related("groups"), user, "view")


def user_get(user: Any, pk: int) -> User:
    """Raises NotFound."""
    return first_or_not_found(users_visible(user).filter(pk=pk))


def user_self(user: User) -> User:
    """Whoever asks: everybody may know of themselves."""
    return user


def permissions_held(user: User) -> list[tuple[str, str]]:
    """What this person may do now, as (name, in words), in the order of the table."""
    mine = privilege_ceiling.permissions_held(user)
    return [(name, label) for name, label in PERMISSIONS.items() if name in mine]


def tokens_own(user: User) -> QuerySet[ApiToken]:
    return user.api_tokens.select_related("user")


def token_get(user: User, pk: int) -> ApiToken:
    """One's own, or any that one may see. Raises NotFound."""
    own = tokens_own(user).filter(pk=pk).first()
    return own or first_or_not_found(
        access.restrict(ApiToken.objects.select_related("user"), user, "view").filter(pk=pk)
    )


def sessions_live(user: User) -> QuerySet[UserSession]:
    """The browsers in which this person is signed in now."""
    now = clock.now()
    return user.sessions.select_related("user").filter(
        ended_at=None,
        epoch=F("user__session_epoch"),
        created_at__gt=now - timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS),
        last_seen_at__gt=now - timedelta(seconds=settings.SESSION_IDLE_SECONDS),
    )


def session_get(user: User, pk: int) -> UserSession:
    """One's own, or any that one may see. Raises NotFound."""
    own = user.sessions.filter(pk=pk).first()
    return own or first_or_not_found(
        access.restrict(UserSession.objects.select_related("user"), user, "view").filter(pk=pk)
    )
