"""How machines prove who they are: an API token, or a JWT that was given for one or for a password."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from django.db.models import Q
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from finobs.core import clock
from finobs.core.db.dialect import table_of
from finobs.core.db.pipeline import Rows, send
from finobs.core.db.rows import ModelRows

from . import token_format
from .access_token import AccessToken, read_access_token
from .backends import cache_rights, rights_sql
from .choices import UserKind
from .credential import Credential
from .models import ApiToken, User
from .roles import only_read

INVALID_TOKEN_MESSAGE = "This token is not valid: it is unknown, expired or revoked."
READ_ONLY_TOKEN_MESSAGE = "This token may not do this: it would need a scope that writes. Or sign in."
LAST_USED_INTERVAL = timedelta(minutes=1)
# What instances remember: the row that a token was read from, and the token that a user acts by.
_ROW: Final = "_row"
TOKEN: Final = "_token"
TOKEN_ROWS, USER_ROWS = ModelRows(ApiToken), ModelRows(User)


class ApiTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer finobs_...`"""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        text = bearer_token(request)
        if text is None or not text.startswith(token_format.TOKEN_PREFIX):
            return None
        token = token_find(text)
        if token is None:
            raise AuthenticationFailed(INVALID_TOKEN_MESSAGE)
        _touch(token)
        return user_with_scopes(token), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="finobs"'


class JwtAuthentication(BaseAuthentication):
    """`Authorization: Bearer eyJ...`: every bearer that is no API token must be one of our JWTs."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        text = bearer_token(request)
        if text is None or text.startswith(token_format.TOKEN_PREFIX):
            return None
        claims = read_access_token(text)
        user = _bearer_of(claims) if claims is not None else None
        if claims is None or user is None:
            raise AuthenticationFailed(INVALID_TOKEN_MESSAGE)
        return user, claims

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="finobs"'


class IsSignedIn(BasePermission):
    """Somebody, and active; what they may do is decided by the services.

    But for a token that only reads: it is refused whatever is no reading before its body is looked at.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        user: Any = request.user
        if not (user and user.is_authenticated and user.is_active):
            return False
        if request.method not in SAFE_METHODS and user.token_scopes is not None and only_read(user.token_scopes):
            raise PermissionDenied(READ_ONLY_TOKEN_MESSAGE)
        return True


def bearer_token(request: Request) -> str | None:
    """What stands after `Bearer`, or None where another scheme, or nothing, is offered."""
    parts = get_authorization_header(request).split()
    if not parts or parts[0].lower() != b"bearer":
        return None
    if len(parts) != 2 or not parts[1].isascii():
        raise AuthenticationFailed("The Authorization header must read: Bearer <token>.")
    return parts[1].decode("ascii")


def token_find(text: str) -> ApiToken | None:
    """The live token that `text` is."""
    prefix = token_format.prefix_of(text)
    token = live_token(send_for_token("prefix", prefix)()) if prefix else None
    # In constant time: how long a refusal takes must not tell how much of a digest was right.
    if token is None or not hmac.compare_digest(token.digest, token_format.digest(text)):
        return None
    return token


def send_for_token(column: str, value: str | int) -> Callable[[], Rows]:
    """Ask for a token by its prefix or id, with its user, their permissions and roles: one statement, for
    `live_token`."""
    return send(_token_sql(column), [value])


def live_token(rows: Rows) -> ApiToken | None:
    """The token that was asked for, with its user and their permissions; None where there is none that lives."""
    if not rows:
        return None
    row = rows[0]
    token = TOKEN_ROWS.read(row[: TOKEN_ROWS.width])
    token.user = USER_ROWS.read(row[TOKEN_ROWS.width : -2])
    if not is_live(token):
        return None
    cache_rights(token.user, *row[-2:])
    vars(token)[_ROW] = row
    return token


@cache
def _token_sql(column: str) -> str:
    return (
        f"SELECT {TOKEN_ROWS.columns('t')}, {USER_ROWS.columns('u')}, {rights_sql('t.user_id')} "  # noqa: S608
        f"FROM {table_of(ApiToken)} t JOIN {table_of(User)} u ON u.id = t.user_id WHERE t.{column} = %s"
    )


def is_live(token: ApiToken) -> bool:
    return token.state == "live" and token.user.is_active and token.user.kind != UserKind.SYSTEM


def is_unchanged(token: ApiToken, rows: Rows) -> bool:
    """Are token, user, permissions and roles in the database as they were when this token was read from there?"""
    return len(rows) == 1 and rows[0] == vars(token).get(_ROW) and is_live(token)


def user_with_scopes(token: ApiToken) -> User:
    """The owner, who may at most what the token's scopes name (SEC-8)."""
    user = token.user
    user.token_scopes = frozenset(token.scopes)
    user.token_sources = frozenset(token.sources) or None
    user.credential = Credential(token_id=token.pk, binds_epoch=False)
    vars(user)[TOKEN] = token
    return user


def _bearer_of(claims: AccessToken) -> User | None:
    """Whose JWT this is, while they and the token it was given for are as they were then."""
    user = User.objects.filter(pk=claims["sub"]).exclude(kind=UserKind.SYSTEM).first()
    if user is None or not user.is_active or user.session_epoch != claims["epoch"]:
        return None
    if claims["key"] is not None:
        token = ApiToken.objects.select_related("user").filter(pk=claims["key"], user=user).first()
        if token is None or not is_live(token):
            return None
        user = user_with_scopes(token)
    elif user.kind != UserKind.HUMAN:
        return None
    user.credential = Credential(token_id=claims["key"], expires_at=datetime.fromtimestamp(claims["exp"], UTC))
    return user


def _touch(token: ApiToken) -> None:
    """Set when the token was last used."""
    now = clock.now()
    # Once a minute is enough to see whether a key is still needed, and spares a write for each request.
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_INTERVAL)
    if token.last_used_at is None or now - token.last_used_at >= LAST_USED_INTERVAL:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
