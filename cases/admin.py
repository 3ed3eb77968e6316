"""Queues, tags and policies of work in the back office: the same selectors and services as the pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from detection.hooks import typology_choices
from finobs.accounts.requests import actor_of
from finobs.accounts.unit_form import UnitChoiceField
from finobs.core.admin import AccessAdmin, GrantsAdmin, ReadAdmin

from . import services
from .item_admin import CaseAdmin as CaseAdmin
from .item_admin import IncidentAdmin as IncidentAdmin
from .models import Queue, Tag, WorkPolicy


class QueueForm(forms.ModelForm):  # type: ignore[type-arg]
    typologies = forms.MultipleChoiceField(
        choices=typology_choices, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Cases of these typologies come here.",
    )  # fmt: skip

    unit = UnitChoiceField(help_text="Whose cases it takes: of this unit, and of those below it.")

    class Meta:
        model = Queue
        fields = ("slug", "name", "description", "typologies", "is_default", "lease_minutes", "alerts_a_day", "unit")


@admin.register(Queue)
class QueueAdmin(GrantsAdmin, AccessAdmin):
    """Administrators configure every queue; what is in one is seen by grants only."""

    # Not "view": that hangs on grants, and whoever configures queues need not see their cases.
    view_action = "change"
    form = QueueForm
    list_display = ("name", "slug", "unit", "is_default", "lease_minutes", "alerts_a_day")
    list_select_related = ("unit",)
    search_fields = ("name", "slug")

    def get_readonly_fields(self, request: HttpRequest, obj: Queue | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def write(self, request: HttpRequest, obj: Queue, form: Any, change: bool) -> None:
        if change:
            services.queue_change(actor=actor_of(request), queue=Queue(pk=obj.pk), **form.cleaned_data)
        else:
            obj.pk = services.queue_create(actor=actor_of(request), **form.cleaned_data).pk

    @transaction.atomic
    def grant_changed(
        self, request: HttpRequest, obj: Queue, principal: Any, granted: list[str], revoked: list[str], version: int
    ) -> None:
        steps = [(services.queue_grant, action) for action in granted]
        for act, action in [*steps, *((services.queue_revoke, action) for action in revoked)]:
            # Each raises the version; the next is about what it left.
            actor = actor_of(request)
            version = act(actor=actor, queue=obj, principal=principal, action=action, version=version).version


@admin.register(Tag)
class TagAdmin(AccessAdmin):
    """The tags that people can put on incidents and cases."""

    fields = ("slug", "name")
    list_display = ("name", "slug")
    search_fields = ("name", "slug")

    def get_readonly_fields(self, request: HttpRequest, obj: Tag | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def write(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        if change:
            services.tag_change(actor=actor_of(request), tag=Tag(pk=obj.pk), **form.cleaned_data)
        else:
            obj.pk = services.tag_create(actor=actor_of(request), **form.cleaned_data).pk


@admin.register(WorkPolicy)
class WorkPolicyAdmin(ReadAdmin):
    """Policies of work that somebody has changed; they are changed on their pages."""

    ordering: tuple[str, ...] = ("kind", "slug")  # type: ignore[assignment]
    list_display = ("name", "kind", "live", "page")
    list_select_related = ("live__policy",)
    search_fields = ("name", "slug")
    fields = ("name", "slug", "kind", "live", "page", "version")
    readonly_fields = fields

    @admin.display(description="Page")
    def page(self, policy: WorkPolicy) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("cases:work-policy-detail", args=[policy.slug]), policy.name)
