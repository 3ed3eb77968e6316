"""Sessions that end, and times in the user's zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from finobs.core import clock

from . import services
from .choices import SessionEndReason
from .credential import Credential
from .models import User, UserSession
from .session_store import key_digest
from .standing import end_reason
from .system import system_actor

Handler = Callable[[HttpRequest], HttpResponse]
LAST_SEEN_INTERVAL = timedelta(seconds=60)


class SessionLifetimeMiddleware:
    """Ends a session that was idle or open for too long, was ended by hand, or is of an earlier epoch (SEC-3).

    The sign-in page says why; an htmx request is sent there as a whole page.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            self.check(request)
        return _whole_page(request, self.get_response(request))

    def check(self, request: HttpRequest) -> None:
        session = UserSession.objects.filter(digest=key_digest(request.session.session_key)).first()
        reason = end_reason(session, request.user)
        if session is not None and reason is None:
            # What a write by this person rests on: it is looked at again before the write commits.
            request.user.credential = Credential(session_id=session.pk)  # type: ignore[union-attr]
            return _touch(session)
        if session is not None and reason in (SessionEndReason.IDLE, SessionEndReason.AGE) and session.ended_at is None:
            services.session_expire(actor=system_actor("sessions"), session=session, end_reason=reason)
        request.session.flush()
        request.user = AnonymousUser()
        if not request.path.startswith("/api/"):
            request.session["ended"] = str(reason)


def _touch(session: UserSession) -> None:
    """Set when the session was last seen."""
    now = clock.now()
    # Once a minute at most: a page is many requests. More often where the idle limit is short, or it would end early.
    if now - session.last_seen_at >= min(LAST_SEEN_INTERVAL, timedelta(seconds=settings.SESSION_IDLE_SECONDS / 4)):
        UserSession.objects.filter(pk=session.pk, ended_at=None).update(last_seen_at=now)


def _whole_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """An htmx fragment must not become a sign-in form inside a page: send the whole page there."""
    if request.headers.get("HX-Request") != "true" or "Location" not in response:
        return response
    sign_in = reverse("accounts:sign-in")
    if urlsplit(response["Location"]).path != sign_in:
        return response
    answer = HttpResponse(headers={"HX-Redirect": f"{sign_in}?{urlencode({'next': _here(request) or '/'})}"})
    answer.cookies = response.cookies
    return answer


def _here(request: HttpRequest) -> str:
    """The page that the browser shows, as it says."""
    try:
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
    # urlsplit raises for what a browser never sends, such as http://[
    except ValueError:
        return ""
    return here.path + (f"?{here.query}" if here.query else "")


class TimeZoneMiddleware:
    """Times are written in the zone of whoever reads them."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(_zone(request)):
            return self.get_response(request)


def _zone(request: HttpRequest) -> zoneinfo.ZoneInfo | None:
    if SESSION_KEY not in request.session or not isinstance(request.user, User):
        return None
    try:
        return zoneinfo.ZoneInfo(request.user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
