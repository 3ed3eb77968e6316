"""Signing in and out: where a request becomes somebody. The rules are in services; this ties them to the browser."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from finobs.core.errors import Invalid

from . import services
from .addresses import address_key
from .models import User
from .session_store import key_digest
from .throttling import client_ip

WRONG_CREDENTIALS_MESSAGE = "The e-mail address or the password is not right."
BACKEND = "finobs.accounts.backends.RolePermissionBackend"


def authenticate(request: HttpRequest, email: str, password: str) -> User | None:
    """The person with this password, or None. A failure is counted and, unless already throttled, recorded."""
    key = address_key(email)
    person = auth.authenticate(request, username=key, password=password)
    if isinstance(person, User):
        return person
    # None while the throttle holds: django-axes did not count it, and a flood must not fill the ledger.
    if getattr(request, "axes_failures_since_start", None) is not None:
        throttled = bool(getattr(request, "axes_locked_out", False))
        services.sign_in_failed(email=key, ip=client_ip(request), throttled=throttled)
    return None


@transaction.atomic
def sign_in(request: HttpRequest, user: User) -> None:
    """Begin a session under a new key; whatever this browser was signed in to before is over."""
    _leave(request)
    services.sign_in(actor=user)
    auth.login(request, user, backend=BACKEND)


def password_sign_in(request: HttpRequest, *, username: str, password: str) -> None:
    """Begin a session of the person with this password. Raises Invalid, in the same words for every reason."""
    person = authenticate(request, username, password)
    if person is None:
        raise Invalid(WRONG_CREDENTIALS_MESSAGE)
    sign_in(request, person)


def require_password(request: HttpRequest, present: str, *, field: str = "present") -> None:
    """Whoever is signed in proves it again. Counted and throttled as sign-in is. Raises Invalid beside `field`."""
    assert isinstance(request.user, User)
    person = authenticate(request, request.user.email, present)
    if person is None or person.pk != request.user.pk:
        raise Invalid(fields={field: ["This is not your present password."]})


def password_change(request: HttpRequest, *, present: str, new: str) -> None:
    """Change one's own password; this browser alone stays signed in. Raises Invalid.

    The present password is asked of the same throttle as at sign-in: a session left open is no place to guess it.
    """
    assert isinstance(request.user, User)
    require_password(request, present)
    sign_in_again(request, services.password_change(actor=request.user, present=present, new=new))


@transaction.atomic
def sign_in_again(request: HttpRequest, user: User) -> None:
    """After a password change: a new key and epoch for this browser only."""
    request.session.flush()
    auth.login(request, user, backend=BACKEND)


def sign_out(request: HttpRequest) -> None:
    _leave(request)
    auth.logout(request)


def _leave(request: HttpRequest) -> None:
    if isinstance(request.user, User):
        services.sign_out(actor=request.user, digest=key_digest(request.session.session_key))
        request.session.flush()


def session_start(request: HttpRequest, user: User, **_: Any) -> None:
    """Receives user_logged_in: however a session begins, it is in the register, or it is none."""
    if not request.session.session_key:
        request.session.save()
    services.session_open(
        actor=user,
        digest=key_digest(request.session.session_key),
        ip=client_ip(request),
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
    )


def next_url(request: HttpRequest) -> str:
    """Where to go after signing in: `next` if it is an address of ours, else home."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        return url
    return str(settings.LOGIN_REDIRECT_URL)
