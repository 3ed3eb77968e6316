"""People, roles, tokens and sessions in the back office. Every write is a service's."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from finobs.core.admin import AccessAdmin, run_action

from . import services, unit_admin
from .choices import UserKind
from .models import ApiToken, User, UserSession
from .requests import actor_of
from .roles import ROLES

# Where a request carries the links that its answer shows.
RESET_LINKS: Final = "_reset_links"


class ResetLinkRow(NamedTuple):
    user: User
    url: str


class UserForm(forms.ModelForm):  # type: ignore[type-arg]
    """Roles as boxes; no password, no single permissions, no superuser switch: those are nobody's to tick."""

    roles = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(role, role.title()) for role in ROLES],
        help_text="Only roles whose permissions you hold yourself, and never your own.",
    )

    class Meta:
        model = User
        fields = ("email", "name", "kind", "time_zone", "is_staff")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["roles"] = self.instance.roles
        if "kind" in self.fields:
            self.fields["kind"].widget.choices = [pair for pair in UserKind.choices if pair[0] != UserKind.SYSTEM]


class RoleFilter(admin.SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(role, role.title()) for role in ROLES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class UserAdmin(AccessAdmin):
    form = UserForm
    list_display = ("name", "email", "kind", "role_names", "is_active", "is_staff", "is_superuser")
    list_filter = (RoleFilter, "kind", "is_active", "is_staff")
    search_fields = ("name", "email")
    ordering = ("name",)
    actions = ("deactivate", "reactivate", "end_sessions", "issue_reset_link")
    fieldsets = (
        (None, {"fields": ("name", "email", "kind", "time_zone")}),
        ("What they may do", {"fields": ("roles", "is_staff", "is_superuser", "is_active")}),
        ("Dates", {"fields": ("date_joined", "password_changed_at")}),
    )
    add_fieldsets = ((None, {"fields": ("name", "email", "kind", "time_zone", "roles", "is_staff")}),)
    always_readonly = ("is_superuser", "is_active", "date_joined", "password_changed_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What an account is does not change: a person's acts stay a person's."""
        fields = (*self.always_readonly, *(("kind",) if obj else ()))
        viewing = obj is not None and not self.has_change_permission(request, obj)
        return (*fields, *(("role_names",) if viewing else ()))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """`roles` is no field of the model: it comes with the form, not from the fieldsets."""
        kwargs["fields"] = [name for name in UserForm.Meta.fields if name not in self.get_readonly_fields(request, obj)]
        return super().get_form(request, obj, change=change, **kwargs)

    @admin.display(description="Roles")
    def role_names(self, user: User) -> str:
        return ", ".join(user.roles) or "none"

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        values = form.cleaned_data
        if change:
            self._change(actor_of(request), obj, values, set(form.changed_data))
            return
        user = services.user_create(actor=actor_of(request), **values)
        obj.pk = user.pk
        if user.kind == UserKind.HUMAN:
            vars(request)[RESET_LINKS] = [self._issue_link(request, user)]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        links: list[ResetLinkRow] = vars(request).get(RESET_LINKS, [])
        return self._links_page(request, links) if links else super().response_add(request, obj, post_url_continue)

    def _change(self, actor: Any, user: User, values: dict[str, Any], changed: set[str]) -> None:
        """What was changed on the form is a change of the version that was on it: both, or neither."""
        version = values["version"]
        fields = {name: values[name] for name in changed - {"roles", "version"}}
        if fields:
            version = services.user_change(actor=actor, user=user, version=version, **fields).version
        if "roles" in changed:
            services.role_assign(actor=actor, user=user, roles=values["roles"], version=version)

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        act, actor = services.user_deactivate, actor_of(request)
        run_action(
            self, request, queryset, "Deactivated", lambda user, **version: act(actor=actor, user=user, **version)
        )

    @admin.action(description="Reactivate", permissions=["change"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        act, actor = services.user_reactivate, actor_of(request)
        run_action(
            self, request, queryset, "Reactivated", lambda user, **version: act(actor=actor, user=user, **version)
        )

    @admin.action(description="End all sessions", permissions=["change"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        act, actor = services.sessions_end, actor_of(request)
        run_action(
            self,
            request,
            queryset,
            "Sessions ended for",
            lambda user, **version: act(actor=actor, user=user, **version),
        )

    @admin.action(description="Reset password, by a link that sets a new one", permissions=["change"])
    def issue_reset_link(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        links: list[ResetLinkRow] = []

        def issue(user: User, **version: int) -> None:
            links.append(self._issue_link(request, user, **version))

        run_action(self, request, queryset, "Links issued", issue)
        return self._links_page(request, links) if links else None

    def _issue_link(self, request: HttpRequest, user: User, **version: int) -> ResetLinkRow:
        link = services.password_reset_issue(actor=actor_of(request), user=user, **version)
        path = reverse("accounts:password-set", args=[link.uid, link.token])
        return ResetLinkRow(user, request.build_absolute_uri(path))

    def _links_page(self, request: HttpRequest, links: list[ResetLinkRow]) -> HttpResponse:
        """In the answer itself: a message may be kept in the session, where a copy of the database would show it."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts, "links": links, "title": "Links to set a password",
        }  # fmt: skip
        return render(request, "admin/reset_links.html", context)


@admin.register(ApiToken)
class ApiTokenAdmin(AccessAdmin):
    list_display = ("name", "user", "prefix", "state", "last_used_at", "expires_at", "created_by")
    list_filter = ("user__kind",)
    list_select_related = ("user", "created_by")
    search_fields = ("name", "prefix", "user__name", "user__email")
    fields = (
        "name", "user", "prefix", "scopes", "sources", "state", "created_by", "created_at", "expires_at",
        "last_used_at", "revoked_at",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The secret is shown once, where the token is made: on the page of its owner, or by the API."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "revoke", None)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        act, actor = services.token_revoke, actor_of(request)
        run_action(
            self, request, queryset, "Revoked", lambda token, **version: act(actor=actor, token=token, **version)
        )


@admin.register(UserSession)
class SessionAdmin(AccessAdmin):
    list_display = ("user", "ip", "user_agent", "created_at", "last_seen_at", "ended_at", "end_reason")
    list_filter = ("end_reason",)
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email", "ip")
    fields = ("user", "ip", "user_agent", "created_at", "last_seen_at", "ended_at", "end_reason")
    readonly_fields = fields
    actions = ("end",)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "end", None)

    @admin.action(description="End", permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        act, actor = services.session_end, actor_of(request)
        run_action(self, request, queryset, "Ended", lambda session: act(actor=actor, session=session))


class RoleAdmin(AccessAdmin):
    """Roles follow the table in the code: shown, never written."""

    list_display = ("name", "permission_names")
    fields = ("name", "permission_names")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("permissions")

    @admin.display(description="Permissions")
    def permission_names(self, group: Group) -> str:
        return ", ".join(sorted(permission.codename for permission in group.permissions.all()))


# Registers the units.
assert unit_admin
# Importing it has registered its own page for groups, which lets anybody with a permission of Django edit roles.
assert auth_admin
admin.site.unregister(Group)
admin.site.register(Group, RoleAdmin)
