"""Incidents and cases in the back office: what their pages do, by the same selectors and services."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from detection.hooks import typologies, typology_choices
from finobs.accounts.requests import actor_of
from finobs.core.admin import AccessAdmin, ReasonActionForm, action_reason, run_action
from finobs.core.admin_filters import code_filter
from finobs.core.errors import Invalid
from finobs.core.identity import preload

from . import selectors, services
from .choices import ItemKind
from .models import Case, Incident, WorkItem
from .policies.programmes import conclusions_for, disposition_choices
from .templatetags.conclusions import disposition_word, reason_word
from .workflow import HUMAN_STEPS

STEP_LABELS: Final = {kind: {step.action: step.label for step in steps} for kind, steps in HUMAN_STEPS.items()}
INCIDENT_STEP_LABELS: Final = STEP_LABELS[ItemKind.INCIDENT]
ITEM_FIELDS: Final = (
    "reference", "account", "customer", "unit", "typology_word", "queue", "status", "conclusion_words", "rationale",
    "machine_opinion", "priority", "parts", "alert_count", "block_count", "urgency", "assignee", "holder",
    "last_edited_by", "waiting_for", "waiting_until", "predecessor", "opened_at", "closed_at", "version", "notes",
)  # fmt: skip


class ItemForm(forms.ModelForm):  # type: ignore[type-arg]
    """A note, a conclusion, or both: the note first."""

    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}))
    conclusion = forms.ChoiceField(required=False)
    why = forms.CharField(required=False, label="Rationale", widget=forms.Textarea(attrs={"rows": 4}))

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


class CaseForm(ItemForm):
    class Meta:
        model = Case
        fields: tuple[str, ...] = ()


class IncidentForm(ItemForm):
    class Meta:
        model = Incident
        fields: tuple[str, ...] = ()


class ItemActionForm(ReasonActionForm):
    """What the actions of a list need besides the reason, one for all the rows that are selected."""

    to = forms.CharField(
        label="To", required=False, help_text="A person's address, a queue's slug, or the reference of a case."
    )
    until = forms.DateTimeField(
        label="Until", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )


def action_until(request: HttpRequest) -> datetime:
    """What was typed into the `ItemActionForm`. Raises Invalid."""
    try:
        until: datetime = forms.DateTimeField().clean(request.POST.get("until", ""))
    except ValidationError as error:
        raise Invalid(fields={"until": error.messages}) from error
    return until


class QueueListFilter(admin.RelatedFieldListFilter):
    """The queues of the cases that somebody may see. Which of them have any is not read from all the cases."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        return [(queue.pk, str(queue)) for queue in selectors.queues_of_cases(request.user)]


class ItemAdmin(AccessAdmin):
    """Notes and conclusions on an item; what is done with several at once from the list."""

    list_display: tuple[str, ...] = (
        "reference", "priority", "status", "typology_word", "account", "unit", "queue", "assignee", "alert_count",
        "opened_at",
    )  # fmt: skip
    list_filter: tuple[Any, ...] = (
        "status", code_filter("typology", typology_choices), code_filter("disposition", disposition_choices),
        ("queue", QueueListFilter),
    )  # fmt: skip
    list_select_related: tuple[str, ...] = ("account", "unit", "queue", "assignee")
    search_fields = ("reference",)
    search_help_text = "The reference of a case or an incident, or the id of an account or a transaction, in full."
    ordering = ("-priority", "-pk")
    readonly_fields: tuple[str, ...] = ITEM_FIELDS
    action_form = ItemActionForm
    actions: tuple[str, ...] = ("take", "release", "assign", "move", "wait", "reopen")

    def has_work_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "work", None)

    def has_lead_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "lead", None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self.has_work_permission(request)
        possible = selectors.item_actions(request.user, obj)
        return any(step.enabled for step in possible if step.name in ("note", "close"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        facts = (None, {"fields": self.readonly_fields})
        if obj is None or not self.has_change_permission(request, obj):
            return (facts,)
        return (
            facts,
            ("Note", {"fields": ("note",)}),
            (STEP_LABELS[obj.KIND]["close"], {"fields": ("conclusion", "why")}),
        )

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        values, item, actor = form.cleaned_data, type(obj)(pk=obj.pk), actor_of(request)
        version = values["version"]
        if values["note"].strip():
            # It raises the version; the closing is about what it left.
            version = services.note_add(actor=actor, item=item, text=values["note"], version=version).item.version
        if values["conclusion"]:
            disposition, _, reason_code = values["conclusion"].partition("/")
            services.CLOSE[item.KIND](
                actor=actor, item=item, disposition=disposition, reason_code=reason_code, rationale=values["why"],
                version=version,
            )  # fmt: skip

    @admin.action(description=INCIDENT_STEP_LABELS["take"], permissions=["work"])
    def take(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        act, actor = services.item_take, actor_of(request)
        run_action(self, request, queryset, "Taken", lambda item, **version: act(actor=actor, item=item, **version))

    @admin.action(description=INCIDENT_STEP_LABELS["release"], permissions=["work"])
    def release(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        act, actor = services.item_release, actor_of(request)
        run_action(self, request, queryset, "Released", lambda item, **version: act(actor=actor, item=item, **version))

    @admin.action(description=INCIDENT_STEP_LABELS["assign"], permissions=["lead"])
    def assign(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        actor, reason, address = actor_of(request), action_reason(request), request.POST.get("to", "")

        def act(item: Any, **version: int) -> None:
            to = selectors.person_named_for_assign(actor, item, address)
            services.item_assign(actor=actor, item=item, to=to, reason=reason, **version)

        run_action(self, request, queryset, "Assigned", act)

    @admin.action(description=INCIDENT_STEP_LABELS["move"], permissions=["work"])
    def move(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        actor, reason, slug = actor_of(request), action_reason(request), request.POST.get("to", "")

        def act(item: Any, **version: int) -> None:
            queue = selectors.queue_get(actor, slug)
            services.item_move(actor=actor, item=item, queue=queue, reason=reason, **version)

        run_action(self, request, queryset, "Moved", act)

    @admin.action(description=INCIDENT_STEP_LABELS["wait"], permissions=["work"])
    def wait(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """The reason is what they wait for."""
        actor, waiting_for = actor_of(request), action_reason(request)

        def act(item: Any, **version: int) -> None:
            until = action_until(request)
            services.item_wait(actor=actor, item=item, waiting_for=waiting_for, until=until, **version)

        run_action(self, request, queryset, "Waiting", act)

    @admin.action(description=INCIDENT_STEP_LABELS["reopen"], permissions=["lead"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        act, actor, reason = services.item_reopen, actor_of(request), action_reason(request)
        run_action(
            self, request, queryset, "Reopened",
            lambda item, **version: act(actor=actor, item=item, reason=reason, **version),
        )  # fmt: skip

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
    """With whom it is about."""

    form = CaseForm
    readonly_fields = (*ITEM_FIELDS, "subjects")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return selectors.cases_visible(request.user)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Case], search_term: str
    ) -> tuple[QuerySet[Case], bool]:
        """As on the page of the search: by whole names, for which there are indexes."""
        rows = selectors.search(request.user, search_term, within=queryset) if search_term.strip() else queryset
        return rows, False

    @admin.display(description="Subjects")
    def subjects(self, case: Case) -> SafeString:
        rows = case.subjects.select_related("customer", "account").order_by("pk")
        return format_html_join("", "<p>{}: {}</p>", ((row, row.get_role_display().lower()) for row in rows))


@admin.register(Incident)
class IncidentAdmin(ItemAdmin):
    """With what takes them to a case."""

    form = IncidentForm
    list_display = (*ItemAdmin.list_display, "case")
    list_select_related = (*ItemAdmin.list_select_related, "case")
    readonly_fields = (*ITEM_FIELDS, "title", "origin", "delivery", "case", "first_at", "last_at")
    actions = (*ItemAdmin.actions, "escalate")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        return selectors.incidents_visible(request.user)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Incident], search_term: str
    ) -> tuple[QuerySet[Incident], bool]:
        """By whole names, for which there are indexes."""
        if search_term.strip():
            queryset = selectors.incidents_search(request.user, search_term, queryset)
        return queryset, False

    @admin.action(description=INCIDENT_STEP_LABELS["escalate"], permissions=["work"])
    def escalate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Into the case that is named, or each into a new one."""
        actor, reason, reference = actor_of(request), action_reason(request), request.POST.get("to", "")

        def act(item: Any, **version: int) -> None:
            case = selectors.case_get(actor, reference) if reference else None
            services.incident_escalate(actor=actor, item=item, case=case, reason=reason, **version)

        run_action(self, request, queryset, "Escalated", act)
