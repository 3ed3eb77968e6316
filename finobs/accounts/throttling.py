"""Guessing passwords is slow: three limits over one window, none of which can shut a person out for good (SEC-7).

Five failures of one account from one address; fifty from one address; a hundred of one account from anywhere, which
does not touch an address from which that person has signed in lately, so that a stranger cannot keep them out.
django-axes counts, remembers and forgets; this file says what the numbers are, what is kept and what is answered.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac

from finobs.core import clock, http
from finobs.core.errors import FinobsError

from .addresses import MAX_ADDRESS_LENGTH, address_key
from .models import UserSession

MAX_FAILURES_PER_ADDRESS = 50
MAX_FAILURES_PER_ACCOUNT = 100
FAMILIAR_ADDRESS_PERIOD = timedelta(days=30)
# No address has one: whoever types such a word is counted as themselves.
NO_ADDRESS_PREFIX = "no address: "


class TooManyAttempts(FinobsError):
    """Too many failures; the same words for every account, known or not."""

    status, code, title = 429, "throttled", "Too many attempts"


class AttemptHandler(AxesDatabaseHandler):
    """Counts for the pair as django-axes does; at the limit too when a wider limit is reached."""

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        failures: int = super().get_failures(request, credentials)
        return max(failures, settings.AXES_FAILURE_LIMIT if _exceeds_wider_limit(request, credentials) else 0)


def _exceeds_wider_limit(request: Any, credentials: dict[str, Any] | None) -> bool:
    recent = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request))
    key, ip = client_username(request, credentials), request.axes_ip_address
    if _sum(recent.filter(ip_address=ip)) >= MAX_FAILURES_PER_ADDRESS:
        return True
    # SEC-7: a stranger who guesses from everywhere must not keep the person out.
    return _sum(recent.filter(username=key)) >= MAX_FAILURES_PER_ACCOUNT and not _is_familiar_address(key, ip)


def _sum(attempts: QuerySet[Any]) -> int:
    return int(attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0)


def _is_familiar_address(key: str, ip: str | None) -> bool:
    since = clock.now() - FAMILIAR_ADDRESS_PERIOD
    return UserSession.objects.filter(user__email_key=key, ip=ip, created_at__gte=since).exists()


def client_username(request: Any, credentials: dict[str, Any] | None) -> str:
    """What attempts are counted by: the key of the address, whichever of its spellings was typed."""
    return attempt_key(str((credentials or {}).get("username") or ""))


def attempt_key(typed: str) -> str:
    """The key of an address; of anything else, which may be a password in the wrong field, a keyed digest.

    Whoever has a copy of the database has no key to try words with; nothing at all stays nothing.
    """
    key = address_key(typed)
    try:
        validate_email(key)
        is_address = len(key) <= MAX_ADDRESS_LENGTH
    except ValidationError:
        is_address = False
    if not is_address:
        return f"{NO_ADDRESS_PREFIX}{salted_hmac(__name__, key, algorithm='sha256').hexdigest()}" if key else ""
    return key


def forget_typed(sender: Any, *, instance: AccessAttempt, **_: Any) -> None:
    """Receives pre_save of an attempt: django-axes would keep what was sent, and masks only names that it is told."""
    instance.get_data = instance.post_data = ""


def client_ip(request: Any) -> str | None:
    """The caller's address: the one that the outermost of TRUSTED_PROXIES wrote down, or the connection's.

    What stands to the left of it in X-Forwarded-For was written by the caller and is believed by nobody.
    """
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    address = hops[-trusted] if 0 < trusted <= len(hops) else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(address))
    except ValueError:
        return None


def locked_out(request: HttpRequest, _response: Any = None, _credentials: Any = None) -> HttpResponse:
    """What django-axes answers with while a limit holds."""
    window = settings.AXES_COOLOFF_TIME
    error = TooManyAttempts(f"Wait {int(window.total_seconds() // 60)} minutes, then try again.")
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse(http.problem(error), status=429, content_type=http.PROBLEM)
    else:
        response = render(request, "accounts/locked_out.html", {"error": error}, status=429)
    response["Retry-After"] = str(int(window.total_seconds()))
    return response
