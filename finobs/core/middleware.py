"""One id for everything that a request did, headers on every answer, and one place where errors become pages."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from . import context, http
from .errors import MethodNotAllowed

Handler = Callable[[HttpRequest], HttpResponse]
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class RequestContextMiddleware:
    """Gives each request an id, taken from a well-formed X-Request-ID, and returns it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A caller may name the request, so that its log and ours can be joined, but not write into the log (SEC-18).
        header = request.headers.get("X-Request-ID", "")
        reads_only = request.method in ("GET", "HEAD")
        with context.request(header if REQUEST_ID.match(header) else "", reads_only=reads_only) as identifier:
            # For log lines that are written once the request has ended.
            request.request_id = identifier  # type: ignore[attr-defined]
            response = self.get_response(request)
            response["X-Request-ID"] = identifier
            return response


class SecurityHeadersMiddleware:
    """Headers that Django does not set by itself (SEC-2)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        # By what the request carried, not by who it turned out to be: this runs after a fault too, when asking the
        # database once more would lose the answer.
        if settings.SESSION_COOKIE_NAME in request.COOKIES or "Authorization" in request.headers:
            response.setdefault("Cache-Control", "no-store")
        return response


def _form_only(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Django answers with nothing, of which a browser makes a page of its own."""
    error = MethodNotAllowed("This address only takes a form. Go back to the page that the form is on.")
    page = http.error_response(request, error)
    page["Allow"] = response["Allow"]
    return page


class ErrorsMiddleware:
    """Turns what services raise into a page, a fragment, or problem+json."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """No address of ours holds NUL, and PostgreSQL cannot even be asked for it."""
        if "\x00" in request.path_info:
            return http.not_found(request)
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            return _form_only(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return http.exception_response(request, exception)
