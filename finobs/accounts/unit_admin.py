"""Org units in the back office."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from finobs.core.admin import AccessAdmin, GrantsAdmin, ReasonActionForm, action_reason, run_action

from . import services
from .choices import UnitKind
from .models import OrgUnit
from .requests import actor_of
from .services.units import GRANTS


class UnitForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = OrgUnit
        fields = ("code", "name", "kind", "parent")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields and self.instance.kind != UnitKind.ORGANISATION:
            kind: Any = self.fields["kind"]
            kind.choices = [
                ("", "---------"),
                *((each.value, each.label) for each in UnitKind if each != "organisation"),
            ]


@admin.register(OrgUnit)
class UnitAdmin(GrantsAdmin, AccessAdmin):
    """Administrators configure every unit; what is in one is seen by grants only."""

    # Not "view": that hangs on grants, and whoever configures units need not see what is in them.
    view_action = "list"
    grants = GRANTS
    form = UnitForm
    action_form = ReasonActionForm
    list_display = ("name", "code", "kind", "parent", "is_active")
    list_filter = ("kind", "is_active")
    list_select_related = ("parent",)
    search_fields = ("name", "code")
    actions = ("deactivate", "reactivate")

    def get_readonly_fields(self, request: HttpRequest, obj: OrgUnit | None = None) -> tuple[str, ...]:
        if obj is not None and obj.kind == UnitKind.ORGANISATION:
            return ("code", "kind", "parent")
        return ("code",) if obj else ()

    def write(self, request: HttpRequest, obj: OrgUnit, form: Any, change: bool) -> None:
        if change:
            services.unit_change(actor=actor_of(request), unit=OrgUnit(pk=obj.pk), **form.cleaned_data)
        else:
            obj.pk = services.unit_create(actor=actor_of(request), **form.cleaned_data).pk

    @transaction.atomic
    def grant_changed(
        self, request: HttpRequest, obj: OrgUnit, principal: Any, granted: list[str], revoked: list[str], version: int
    ) -> None:
        steps = [(services.unit_grant, action) for action in granted]
        for act, action in [*steps, *((services.unit_revoke, action) for action in revoked)]:
            # Each raises the version; the next is about what it left.
            actor = actor_of(request)
            version = act(actor=actor, unit=obj, principal=principal, action=action, version=version).version

    def has_configure_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "change", None)

    @admin.action(description="Close", permissions=["configure"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[OrgUnit]) -> None:
        self._run(request, queryset, "Closed", services.unit_deactivate)

    @admin.action(description="Open again", permissions=["configure"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[OrgUnit]) -> None:
        self._run(request, queryset, "Opened", services.unit_reactivate)

    def _run(self, request: HttpRequest, queryset: QuerySet[OrgUnit], done: str, act: Any) -> None:
        actor, reason = actor_of(request), action_reason(request)
        run_action(
            self, request, queryset, done,
            lambda unit, **version: act(actor=actor, unit=unit, reason=reason, **version),
        )  # fmt: skip
