"""JWTs for integrators: five minutes, HS256 and nothing else, void as soon as the person's epoch moves (SEC-9)."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from django.conf import settings
from django.utils.crypto import salted_hmac
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenError

from .models import ApiToken, User

# SEC-9: one algorithm, whatever the header of a token asks for.
ALGORITHM = "HS256"


@cache
def _backend(secret_key: str) -> TokenBackend:
    """Its key is derived: a JWT signature says nothing about any other use of SECRET_KEY."""
    key = salted_hmac("finobs.accounts.access_token", "HS256", secret=secret_key, algorithm="sha256").hexdigest()
    names: dict[str, Any] = settings.SIMPLE_JWT
    return TokenBackend(ALGORITHM, signing_key=key, audience=names["AUDIENCE"], issuer=names["ISSUER"])


class AccessToken(tokens.AccessToken):
    """Claims beside the registered ones: `sub`, `epoch`, and `key`, the API token it was given for, if any."""

    @property
    def token_backend(self) -> TokenBackend:
        return self.get_token_backend()

    def get_token_backend(self) -> TokenBackend:
        return _backend(settings.SECRET_KEY)


def issue_access_token(user: User, token: ApiToken | None = None) -> AccessToken:
    claims = AccessToken()
    claims["sub"] = str(user.pk)
    # Checked at each use: a change of password or roles voids what was issued before.
    claims["epoch"] = user.session_epoch
    claims["key"] = token.pk if token is not None else None
    return claims


def read_access_token(text: str) -> AccessToken | None:
    """The claims of a JWT that is ours, for us, of the right type and in time; else None.

    The header chooses nothing: one algorithm, one key; `kid`, `jku`, `jwk` and `x5u` are not looked at.
    """
    try:
        claims = AccessToken(cast(Any, text))
    except (TokenError, ValueError, TypeError, OverflowError):
        return None
    return claims if _whole(claims.payload) else None


def _whole(payload: dict[str, Any]) -> bool:
    subject, epoch, key = (payload.get(name, ...) for name in ("sub", "epoch", "key"))
    return (
        isinstance(subject, str)
        and subject.isdecimal()
        and len(subject) < 19
        and type(epoch) is int
        and (key is None or type(key) is int)
    )
