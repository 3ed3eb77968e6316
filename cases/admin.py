"""Queues, cases and incidents in the back office: the same selectors and services as the pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from detection.choices import Typology
from finobs.accounts.requests import actor_of
from finobs.core import access
from finobs.core.admin import AccessAdmin, GrantsAdmin, run_action
from finobs.core.identity import preload

from . import selectors, services
from .choices import REASONS_BY_DISPOSITION
from .models import Case, Incident, Queue
from .workflow import HUMAN_STEPS


class QueueForm(forms.ModelForm):  # type: ignore[type-arg]
    typologies = forms.MultipleChoiceField(
        choices=Typology.choices, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Cases of these typologies come here.",
    )  # fmt: skip

    class Meta:
        model = Queue
        fields = ("slug", "name", "description", "typologies", "is_default", "lease_minutes", "alerts_a_day")


@admin.register(Queue)
class QueueAdmin(GrantsAdmin, AccessAdmin):
    """Administrators configure every queue; what is in one is seen by grants only."""

    # Not "view": that hangs on grants, and whoever configures queues need not see their cases.
    view_action = "change"
    form = QueueForm
    list_display = ("name", "slug", "is_default", "lease_minutes", "alerts_a_day")
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


class CaseForm(forms.ModelForm):  # type: ignore[type-arg]
    """A note, a proposal to close, or both: the note first."""

    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}))
    conclusion = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Go on working"),
            *(
                (group.label, [(f"{group.value}/{reason.value}", reason.label) for reason in reasons])
                for group, reasons in REASONS_BY_DISPOSITION.items()
            ),
        ],
    )
    why = forms.CharField(required=False, label="Rationale", widget=forms.Textarea(attrs={"rows": 4}))

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()


CASE_FIELDS = (
    "reference", "account", "typology", "queue", "status", "disposition", "reason_code", "rationale",
    "machine_opinion", "priority", "parts", "alert_count", "block_count", "urgency", "assignee", "holder",
    "last_edited_by", "opened_at", "closed_at", "version", "notes",
)  # fmt: skip


@admin.register(Case)
class CaseAdmin(AccessAdmin):
    """Triage from the back office: take and release from the list, notes and closing on the case."""

    form = CaseForm
    list_display = (
        "reference",
        "priority",
        "status",
        "typology",
        "account",
        "queue",
        "assignee",
        "alert_count",
        "opened_at",
    )
    list_filter = ("status", "typology", "disposition", ("queue", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("account", "queue", "assignee")
    search_fields = ("reference", "account__external_id")
    ordering = ("-priority", "-pk")
    readonly_fields = CASE_FIELDS
    actions = ("take", "release")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return selectors.cases_visible(request.user)

    def get_fieldsets(self, request: HttpRequest, obj: Case | None = None) -> Any:
        facts = (None, {"fields": CASE_FIELDS})
        if not self.has_change_permission(request, obj):
            return (facts,)
        return (
            facts,
            ("Note", {"fields": ("note",)}),
            ("Propose to close", {"fields": ("conclusion", "why")}),
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return access.allowed(request.user, "work", Case)
        possible = selectors.case_actions(request.user, obj)
        return any(step.enabled for step in possible if step.name in ("note", "close"))

    def has_work_permission(self, request: HttpRequest) -> bool:
        return access.allowed(request.user, "work", Case)

    def write(self, request: HttpRequest, obj: Case, form: Any, change: bool) -> None:
        values, case = form.cleaned_data, Case(pk=obj.pk)
        version = values["version"]
        if values["note"].strip():
            # It raises the version; the closing is about what it left.
            note = services.note_add(actor=actor_of(request), case=case, text=values["note"], version=version)
            version = note.case.version
        if not values["conclusion"]:
            return
        disposition, _, reason_code = values["conclusion"].partition("/")
        services.case_close(
            actor=actor_of(request), case=case, disposition=disposition, reason_code=reason_code,
            rationale=values["why"], version=version,
        )  # fmt: skip

    @admin.action(description=next(step.label for step in HUMAN_STEPS if step.action == "take"), permissions=["work"])
    def take(self, request: HttpRequest, queryset: QuerySet[Case]) -> None:
        act, actor = services.case_take, actor_of(request)
        run_action(self, request, queryset, "Taken", lambda case, **version: act(actor=actor, case=case, **version))

    @admin.action(
        description=next(step.label for step in HUMAN_STEPS if step.action == "release"), permissions=["work"]
    )
    def release(self, request: HttpRequest, queryset: QuerySet[Case]) -> None:
        act, actor = services.case_release, actor_of(request)
        run_action(self, request, queryset, "Released", lambda case, **version: act(actor=actor, case=case, **version))

    @admin.display(description="Priority is made of")
    def parts(self, case: Case) -> str:
        return ", ".join(f"{name} {points}" for name, points in case.priority_parts.items())

    @admin.display(description="Held by")
    def holder(self, case: Case) -> str:
        lease = case.current_lease
        return f"{lease.holder.label}, until {lease.expires_at:%Y-%m-%d %H:%M} UTC" if lease else "nobody"

    @admin.display(description="Notes")
    def notes(self, case: Case) -> SafeString:
        rows = list(case.notes.order_by("pk"))
        preload(rows)
        lines = ((row.created_at.strftime("%Y-%m-%d %H:%M"), row.author_then, row.text) for row in rows)
        return format_html_join("", "<p>{} · {}<br>{}</p>", lines)


@admin.register(Incident)
class IncidentAdmin(AccessAdmin):
    list_display = ("reference", "case", "first_at", "last_at", "alert_count")
    list_filter = ("case__typology", "case__status")
    list_select_related = ("case",)
    search_fields = ("reference", "case__reference", "case__account__external_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        return selectors.incidents_visible(request.user)
