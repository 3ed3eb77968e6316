"""The way in, and what load balancers ask."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.views import APIView

from . import access, health
from .http import render_page
from .navigation import Shell


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """To the first place that this person may open: their work, for most."""
    items = Shell(request).items
    return redirect(items[0].url) if items else render_page(request, "_shell/welcome.html", {})


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process runs."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether finobs can serve: 503 if a check fails. What is degraded serves, and says so.

    Which check says what is for those who may read metrics.
    """
    checks = health.results()
    status = health.worst(checks)
    body: dict[str, Any] = {"status": str(status)}
    if may_see_details(request):
        body["checks"] = {name: result.as_json() for name, result in checks.items()}
    return JsonResponse(body, status=503 if status == health.Status.FAILING else 200)


def may_see_details(request: HttpRequest) -> bool:
    """Somebody signed in, or a token, with the permission: the checks tell how an installation is built."""
    credentials = settings.SESSION_COOKIE_NAME in request.COOKIES or "Authorization" in request.headers
    # Whoever offers nothing is not looked up: this is asked when the database does not answer, too.
    return credentials and access.has_permission(APIView().initialize_request(request).user, "system:metrics_read")
