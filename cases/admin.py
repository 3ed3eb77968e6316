"""Queues, cases and incidents in the back office: the same selectors and services as the pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from detection.hooks import typologies, typology_choices
from finobs.accounts.requests import actor_of
from finobs.accounts.unit_form import UnitChoiceField
from finobs.core.admin import AccessAdmin, GrantsAdmin, ReadAdmin, run_action
from finobs.core.admin_filters import code_filter
from finobs.core.identity import preload

from . import selectors, services
from .choices import ItemKind
from .models import Case, Incident, Queue, Tag, WorkItem, WorkPolicy
from .policies.programmes import conclusions_for, disposition_choices
from .templatetags.conclusions import disposition_word, reason_word
from .workflow import HUMAN_STEPS


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


class CaseForm(forms.ModelForm):  # type: ignore[type-arg]
    """A note, a proposal to close, or both: the note first."""

    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}))
    conclusion = forms.ChoiceField(required=False)
    why = forms.CharField(required=False, label="Rationale", widget=forms.Textarea(attrs={"rows": 4}))

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dispositions, reasons = conclusions_for({self.instance.typology})
        groups = [
            (dispositions[code], [(f"{code}/{reason}", word) for reason, word in some.items()])
            for code, some in reasons.items()
        ]
        if (field := self.fields.get("conclusion")) is not None:
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "Go on working"), *groups]


ITEM_FIELDS = (
    "reference", "account", "customer", "typology_word", "queue", "status", "conclusion_words", "rationale", "priority",
    "parts", "alert_count", "block_count", "urgency", "assignee", "holder", "last_edited_by", "waiting_for",
    "waiting_until", "predecessor", "opened_at", "closed_at", "version", "notes",
)  # fmt: skip
STEP_LABELS = {step.action: step.label for step in HUMAN_STEPS[ItemKind.CASE]}


class QueueListFilter(admin.RelatedFieldListFilter):
    """The queues of the cases that somebody may see. Which of them have any is not read from all the cases."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        return [(queue.pk, str(queue)) for queue in selectors.queues_of_cases(request.user)]


class ItemAdmin(AccessAdmin):
    """Triage from the back office: take and release from the list."""

    list_display: tuple[str, ...] = (
        "reference", "priority", "status", "typology_word", "account", "queue", "assignee", "alert_count", "opened_at",
    )  # fmt: skip
    list_filter: tuple[Any, ...] = (
        "status", code_filter("typology", typology_choices), code_filter("disposition", disposition_choices),
        ("queue", QueueListFilter),
    )  # fmt: skip
    list_select_related: tuple[str, ...] = ("account", "queue", "assignee")
    search_fields = ("reference",)
    search_help_text = "The reference of a case or an incident, or the id of an account or a transaction, in full."
    ordering = ("-priority", "-pk")
    readonly_fields: tuple[str, ...] = ITEM_FIELDS
    actions = ("take", "release")

    def has_work_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "work", None)

    @admin.action(description=STEP_LABELS["take"], permissions=["work"])
    def take(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        act, actor = services.item_take, actor_of(request)
        run_action(self, request, queryset, "Taken", lambda item, **version: act(actor=actor, item=item, **version))

    @admin.action(description=STEP_LABELS["release"], permissions=["work"])
    def release(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        act, actor = services.item_release, actor_of(request)
        run_action(self, request, queryset, "Released", lambda item, **version: act(actor=actor, item=item, **version))

    @admin.display(description="Typology", ordering="typology")
    def typology_word(self, item: WorkItem) -> str:
        return typologies().get(item.typology, item.typology)

    @admin.display(description="Conclusion")
    def conclusion_words(self, item: WorkItem) -> str:
        return ": ".join(filter(None, (disposition_word(item), reason_word(item)))) or "Not concluded"

    @admin.display(description="Priority is made of")
    def parts(self, item: WorkItem) -> str:
        return ", ".join(f"{name} {points}" for name, points in item.priority_parts.items())

    @admin.display(description="Held by")
    def holder(self, item: WorkItem) -> str:
        lease = item.current_lease
        return f"{lease.holder.label}, until {lease.expires_at:%Y-%m-%d %H:%M} UTC" if lease else "nobody"

    @admin.display(description="Notes")
    def notes(self, item: Any) -> SafeString:
        rows = list(item.notes.order_by("pk"))
        preload(rows)
        lines = ((row.created_at.strftime("%Y-%m-%d %H:%M"), row.author_then, row.text) for row in rows)
        return format_html_join("", "<p>{} · {}<br>{}</p>", lines)


@admin.register(Case)
class CaseAdmin(ItemAdmin):
    """Notes and closing on the case."""

    form = CaseForm
    readonly_fields = (*ITEM_FIELDS, "machine_opinion", "subjects")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return selectors.cases_visible(request.user)

    @admin.display(description="Subjects")
    def subjects(self, case: Case) -> SafeString:
        rows = case.subjects.select_related("customer", "account").order_by("pk")
        return format_html_join("", "<p>{}: {}</p>", ((row, row.get_role_display().lower()) for row in rows))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Case], search_term: str
    ) -> tuple[QuerySet[Case], bool]:
        """As on the page of the search: by whole names, for which there are indexes."""
        rows = selectors.search(request.user, search_term, within=queryset) if search_term.strip() else queryset
        return rows, False

    def get_fieldsets(self, request: HttpRequest, obj: Case | None = None) -> Any:
        facts = (None, {"fields": self.readonly_fields})
        if not self.has_change_permission(request, obj):
            return (facts,)
        return (
            facts,
            ("Note", {"fields": ("note",)}),
            ("Propose to close", {"fields": ("conclusion", "why")}),
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self._may(request, "work", None)
        possible = selectors.item_actions(request.user, obj)
        return any(step.enabled for step in possible if step.name in ("note", "close"))

    def write(self, request: HttpRequest, obj: Case, form: Any, change: bool) -> None:
        values, case = form.cleaned_data, Case(pk=obj.pk)
        version = values["version"]
        if values["note"].strip():
            # It raises the version; the closing is about what it left.
            note = services.note_add(actor=actor_of(request), item=case, text=values["note"], version=version)
            version = note.item.version
        if not values["conclusion"]:
            return
        disposition, _, reason_code = values["conclusion"].partition("/")
        services.case_close(
            actor=actor_of(request), item=case, disposition=disposition, reason_code=reason_code,
            rationale=values["why"], version=version,
        )  # fmt: skip


@admin.register(Incident)
class IncidentAdmin(ItemAdmin):
    """Triage from the back office; what is concluded is written on the incident's page."""

    list_display = (*ItemAdmin.list_display, "case")
    list_select_related = (*ItemAdmin.list_select_related, "case")
    readonly_fields = (*ITEM_FIELDS, "title", "origin", "delivery", "case", "first_at", "last_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        return selectors.incidents_visible(request.user)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Incident], search_term: str
    ) -> tuple[QuerySet[Incident], bool]:
        """By whole names, for which there are indexes."""
        if search_term.strip():
            queryset = selectors.incidents_search(request.user, search_term, queryset)
        return queryset, False


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
