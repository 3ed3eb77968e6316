"""Answers: RFC 9457 problem+json for machines, pages and fragments for people. Errors are mapped here, once."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions as drf
from rest_framework.parsers import JSONParser
from rest_framework.response import Response

from . import context
from .db.failures import IDLE_TIMEOUT, LOCK_TIMEOUT, STATEMENT_TIMEOUT, sqlstate
from .errors import ApprovalRequired, Conflict, FinobsError, Invalid, NotAllowed, NotFound, TooLarge, Unavailable
from .strict_json import parse_json

log = logging.getLogger("finobs.http")
PROBLEM = "application/problem+json"
# PostgreSQL's code for two who wait for each other; one of them is ended.
DEADLOCK = "40P01"
UNCHANGED = "Nothing was changed; try again."
# By SQLSTATE: what ran into a limit of `finobs.settings.process_limits`.
UNANSWERED = {
    STATEMENT_TIMEOUT: "This takes longer than a request may. Nothing was changed; ask for less, or try again.",
    LOCK_TIMEOUT: "Somebody else is changing the same just now. " + UNCHANGED,
    IDLE_TIMEOUT: "This took longer than a request may. " + UNCHANGED,
}


def render_page(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, partial: str = "", status: int = 200
) -> HttpResponse:
    """The whole page, or only its `partial` when htmx asked (and is not restoring its history)."""
    name = f"{template}#{partial}" if partial and is_fragment(request) else template
    response = render(request, name, dict(context), status=status)
    # A browser that goes back must not get a kept fragment in place of the page.
    response["Vary"] = "HX-Request"
    return response


def is_fragment(request: HttpRequest) -> bool:
    """Did htmx ask for a part of the page (and not for the page that it remembers no more)?"""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and not htmx.history_restore_request)


def problem(error: FinobsError) -> dict[str, Any]:
    """The problem details object (RFC 9457) of an error."""
    body: dict[str, Any] = {
        "type": f"urn:finobs:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": _encodable(error.detail),
        "request_id": context.request_id(),
    } | {name: value for name, value in error.extra.items() if name != "status"}
    if isinstance(error, Invalid) and error.fields:
        body["errors"] = [
            {"pointer": _encodable(f"#/{name.replace('.', '/')}" if name else "#"), "detail": _encodable(text)}
            for name, texts in error.fields.items()
            for text in texts
        ]
    return body


def _encodable(text: str) -> str:
    """What was sent may be repeated in a refusal; half a surrogate pair cannot be sent back."""
    return text.encode("utf-8", "replace").decode()


def approval_pending(error: ApprovalRequired) -> dict[str, Any]:
    """Not a problem: what was asked for waits for a second pair of eyes."""
    return {"approval_request_id": error.request_id, "status": "pending", "detail": error.detail}


def as_error(exception: BaseException) -> FinobsError | None:
    """The finobs error that says what `exception` means to the caller; None for a fault of ours."""
    match exception:
        case FinobsError():
            return exception
        case Http404() | drf.NotFound():
            return NotFound()
        case PermissionDenied() | drf.PermissionDenied():
            return NotAllowed(str(exception))
        case RequestDataTooBig():
            return TooLarge()
        case OperationalError() if sqlstate(exception) == DEADLOCK:
            log.warning("deadlock", exc_info=exception)
            return Conflict("Somebody else did the same in this moment. " + UNCHANGED)
        case OperationalError() | InterfaceError():
            log.warning("database unavailable", exc_info=exception)
            return Unavailable(UNANSWERED.get(sqlstate(exception), "The database does not answer. " + UNCHANGED))
        case DataError() | OverflowError():
            # NUL in a text, a number beyond 64 bits, a time before the year 1: what no column could hold.
            log.warning("a value that the database cannot be asked for", exc_info=exception)
            return FinobsError("One of the values is larger than anything kept here, or no text.")
        case drf.ValidationError():
            return Invalid(fields=_flatten(exception.detail))
        case drf.APIException():
            error = FinobsError(_words(exception.detail))
            error.status, error.code = exception.status_code, exception.default_code
            # RFC 9457: the title is of the kind of problem, whatever the occurrence; `default_detail` may be a
            # template with places for its words.
            error.title = HTTPStatus(exception.status_code).phrase
            return error
        case SuspiciousOperation():
            return FinobsError("The request was refused.")
    return None


def problem_handler(exception: Exception, _context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler."""
    error = as_error(exception)
    if error is None:
        return None
    from rest_framework.views import set_rollback

    if isinstance(error, ApprovalRequired):
        return Response(approval_pending(error), status=error.status)
    set_rollback()
    response = Response(problem(error), status=error.status, content_type=PROBLEM)
    for name in ("auth_header", "wait"):
        if value := getattr(exception, name, None):
            response["WWW-Authenticate" if name == "auth_header" else "Retry-After"] = str(value)
    if isinstance(error, Unavailable):
        response["Retry-After"] = "2"
    return response


def exception_response(request: HttpRequest, exception: BaseException) -> HttpResponse | None:
    """What a page request gets for `exception`; None leaves it to Django (a fault, logged, status 500)."""
    error = as_error(exception)
    return None if error is None else error_response(request, error)


def error_response(request: HttpRequest, error: FinobsError) -> HttpResponse:
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse(problem(error), status=error.status, content_type=PROBLEM)
    else:
        template = "_shell/error_fragment.html" if getattr(request, "htmx", False) else "_shell/error.html"
        response = render(request, template, {"error": error}, status=error.status)
        if getattr(request, "htmx", False) and request.method != "GET":
            # A refused form stays on the page with what was typed; the refusal is said above it.
            response["HX-Retarget"], response["HX-Reswap"] = "#messages", "innerHTML"
    if isinstance(error, Unavailable):
        response["Retry-After"] = "2"
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(request, NotFound())


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(request, NotAllowed())


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(request, FinobsError("The request could not be understood."))


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort. Says nothing of what went wrong inside, but gives the id under which the log says it."""
    # A database that went away before a view was asked (the session is looked up first) is no mistake of finobs's.
    outage = as_error(sys.exc_info()[1] or Exception())
    error = FinobsError("Something went wrong on our side. Nothing was changed.")
    # No exception text: it may hold what a person must not see, or what helps an attacker (IF-1).
    error.status, error.code, error.title = 500, "fault", "finobs made a mistake"
    error = outage if isinstance(outage, Unavailable) else error
    try:
        return error_response(request, error)
    # What broke may be what pages are made with: the id must be shown all the same.
    except Exception:
        log.exception("the page of an error")
        text = f"{error.title}. {error.detail}\nRequest {context.request_id()}\n"
        return HttpResponse(text, status=error.status, content_type="text/plain; charset=utf-8")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_response(request, NotAllowed("The form was too old, or came from another site. Load the page again."))


class StrictJSONParser(JSONParser):
    """JSON as RFC 8259 says it: no NaN, no Infinity, no doubled keys, UTF-8 only, and a bounded depth."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        try:
            return parse_json(stream.read())
        except RequestDataTooBig:
            raise
        except ValueError as error:
            raise drf.ParseError(f"The body is not valid JSON: {error}") from error


def _words(detail: Any) -> str:
    """The sentence of DRF's detail; some libraries put codes beside it."""
    if isinstance(detail, Mapping) and "detail" in detail:
        return str(detail["detail"])
    return " ".join(text for texts in _flatten(detail).values() for text in texts)


def _flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    if isinstance(detail, Mapping):
        fields: dict[str, list[str]] = {}
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else str(name)
            fields |= _flatten(inner, ".".join(filter(None, (path, step))))
        return fields
    if isinstance(detail, list):
        if all(not isinstance(inner, Mapping | list) for inner in detail):
            return {path: [str(inner) for inner in detail]}
        fields = {}
        for number, inner in enumerate(detail):
            if inner:
                fields |= _flatten(inner, ".".join(filter(None, (path, str(number)))))
        return fields
    return {path: [str(detail)]}
