"""The stock admin's site with finobs's one way in, and what libraries register on it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from . import access
from .admin import AccessAdmin
from .admin_queries import ClosedQueryMixin
from .errors import NotAllowed, NotFound


class FinobsAdminSite(admin.AdminSite):
    """The stock site with one way in (finobs's own sign-in) and no way to write around a service."""

    site_header = "finobs"
    site_title = "finobs"
    index_title = "Administration"
    enable_nav_sidebar = False
    final_catch_all_view = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """What a library registers for its own tables is shown to administrators, never written."""
        if admin_class is None or not issubclass(admin_class, AccessAdmin):
            base = admin_class or admin.ModelAdmin
            admin_class = type(f"ReadOnly{base.__name__}", (ReadOnlyAdmin, base), {})
        super().register(model_or_iterable, admin_class, **options)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.user.is_authenticated:
            # Signed in already: another sign-in form would send them in a circle.
            raise NotAllowed("The administration is for staff.")
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("home")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("accounts:password-change")

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """No form of ours completes what is typed; Django's view would search any model that an address names."""
        raise NotFound

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """By what they are for, not by the alphabet."""
        apps: list[Any] = super().get_app_list(request, app_label)
        for app in apps:
            app["name"] = APP_NAMES.get(app["app_label"], app["name"])
        return sorted(apps, key=lambda app: APP_ORDER.index(app["app_label"]) if app["app_label"] in APP_ORDER else 99)


APP_ORDER = (
    "accounts",
    "cases",
    "detection",
    "transactions",
    "approvals",
    "ledger",
    "auth",
    "django_celery_beat",
    "axes",
)

APP_NAMES = {"auth": "Roles", "django_celery_beat": "Schedules", "axes": "Sign-in attempts"}


class ReadOnlyAdmin(ClosedQueryMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """A library's table: administrators see it; whatever writes it is the library."""

    # Without this the stock action would offer to delete what is selected.
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.has_permission(request.user, "system:config")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.has_permission(request.user, "system:config")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
