"""The stock admin as finobs's back office: the same selectors, services and permissions as everywhere else."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from simple_history.admin import SimpleHistoryAdmin

from . import access
from .errors import ApprovalRequired, FinobsError


class FinobsAdminSite(admin.AdminSite):
    site_header = "finobs"
    site_title = "finobs"
    index_title = "Administration"
    enable_nav_sidebar = False


class AccessAdmin(SimpleHistoryAdmin):
    """A model in the admin. Rows come through `restrict`, rights from the app's policy, writes from services.

    Nothing is deleted here. A subclass that can add or change overrides `write`, which must call a service.
    """

    show_full_result_count = False
    list_per_page = 50
    view_action = "view"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return access.restrict(super().get_queryset(request), request.user, self.view_action)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return access.allowed(request.user, self.view_action, obj or self.model)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "create", None)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def _may(self, request: HttpRequest, action: str, obj: Model | None) -> bool:
        try:
            return access.allowed(request.user, action, obj or self.model)
        except ImproperlyConfigured:
            return False

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create or change `obj` through its service. `obj` carries the form's values and is not saved."""
        raise NotImplementedError(f"{type(self).__name__} has no service to write with")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self.write(request, obj, form, change)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What a service refuses is said above the form, in its words."""
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except ApprovalRequired as waiting:
            messages.info(request, waiting.detail)
            return redirect(request.path)
        except FinobsError as refused:
            if request.method != "POST":
                raise
            messages.error(request, refused.detail)
            return redirect(request.path)
        return response


def run_action(modeladmin: AccessAdmin, request: HttpRequest, queryset: QuerySet[Any], verb: str, act: Any) -> None:
    """Run `act(obj)` on each selected row and say how it went: one refusal never stops its neighbours."""
    done, waiting, refused = 0, 0, []
    for obj in queryset:
        try:
            act(obj)
            done += 1
        except ApprovalRequired:
            waiting += 1
        except FinobsError as error:
            refused.append(f"{obj}: {error.detail}")
    if done:
        messages.success(request, f"{verb}: {done}.")
    if waiting:
        messages.info(request, f"Sent for approval: {waiting}.")
    for text in refused[:20]:
        messages.error(request, text)
