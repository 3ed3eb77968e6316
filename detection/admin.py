"""Rules, models and alerts in the back office; every write is a service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from finobs.core import money
from finobs.core.admin import AccessAdmin, ReadAdmin, ReasonActionForm, action_reason, run_action
from finobs.core.admin_filters import code_filter
from finobs.core.forms import JSONObjectField, ReasonField
from finobs.core.jobs.admin import JobAdmin

from .hooks import typologies, typology_choices
from .ml.registry import services as registry_services
from .ml.registry.workflow import HUMAN_STEPS, StageTransition
from .models import Alert, LateBatch, ModelVersion, Reassessment, ReassessmentRun, Rule, TrainingRun
from .pipeline.clearance import redact_alert
from .rules import services as rules_services


class TypologyWordMixin:
    """Shows a typology in the words of its programme."""

    @admin.display(description="Typology", ordering="typology")
    def typology_word(self, row: Rule | Alert) -> str:
        return typologies().get(row.typology, row.typology)


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A rule with the parameters of its next version."""

    parameters = JSONObjectField(help_text='For an amount rule: {"currency": "USD", "review_at": "10000.00"}.')
    reason = ReasonField()
    typology = forms.ChoiceField(choices=typology_choices)

    class Meta:
        model = Rule
        fields = ("slug", "name", "kind", "typology", "obligation", "source")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = self.instance.versions.first() if self.instance.pk else None
        if newest is not None:
            self.initial["parameters"] = newest.parameters


@admin.register(Rule)
class RuleAdmin(TypologyWordMixin, AccessAdmin):
    form = RuleForm
    list_display = ("name", "kind", "typology_word", "source", "live")
    list_filter = ("kind", code_filter("typology", typology_choices))
    list_select_related = ("live__rule", "source")
    search_fields = ("slug", "name")
    actions = ("retire",)
    action_form = ReasonActionForm

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug", "name", "kind", "typology", "obligation", "source") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fixed = ["slug", "name", "kind", "typology", "obligation", "source"]
        return [*fixed, "parameters", "reason"] if self._may(request, "change", obj) else [*fixed, "live"]

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in ("parameters", "reason")}
        if change:
            values["version"] = form.cleaned_data["version"]
            rules_services.rule_change(actor=self._actor(request), rule=obj, **values)
            return
        fixed = {name: getattr(obj, name) for name in ("slug", "name", "kind", "typology", "obligation", "source")}
        obj.pk = rules_services.rule_create(actor=self._actor(request), **fixed, **values).pk

    @admin.action(description="Deactivate", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Rule]) -> None:
        actor, reason = self._actor(request), action_reason(request)
        run_action(
            self, request, queryset, "Deactivated",
            lambda rule, **version: rules_services.rule_retire(actor=actor, rule=rule, reason=reason, **version),
        )  # fmt: skip

    def _actor(self, request: HttpRequest) -> Any:
        return request.user


def _taking(step: StageTransition) -> Any:
    """An admin action that takes one step of a version's life."""

    def take(modeladmin: AccessAdmin, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        actor: Any = request.user
        service, reason = registry_services.STAGE_SERVICES[step.action], action_reason(request)
        run_action(
            modeladmin, request, queryset, step.label,
            lambda row, **version: service(actor=actor, model_version=row, reason=reason, **version),
        )  # fmt: skip

    return take


@admin.register(ModelVersion)
class ModelVersionAdmin(AccessAdmin):
    list_display = ("__str__", "role", "stage", "feature_set", "training_rows", "threshold", "created_by", "created_at")
    list_filter = ("role", "stage")
    list_select_related = ("created_by",)
    exclude = ("artefact",)
    action_form = ReasonActionForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("artefact")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in ModelVersion._meta.fields if field.name != "artefact"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The steps of `workflow`, for who may take them."""
        actions: dict[str, Any] = super().get_actions(request)
        may = self._may(request, "change", None)
        return actions | (
            {step.action: (_taking(step), step.action, step.label) for step in HUMAN_STEPS} if may else {}
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Nothing on the form can be changed, so there is nothing to save; steps are actions of the list."""
        context |= {"show_save": False, "show_save_and_continue": False, "show_close": True}
        return super().render_change_form(request, context, *args, **kwargs)

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing on the form can be changed."""


@admin.register(TrainingRun)
class TrainingRunAdmin(JobAdmin):
    list_display = ("__str__", "role", *JobAdmin.list_display[1:], "model_version")
    list_filter = ("role", *JobAdmin.list_filter)
    list_select_related = (*JobAdmin.list_select_related, "model_version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("model_version__artefact")


@admin.register(Alert)
class AlertAdmin(TypologyWordMixin, ReadAdmin):
    list_display = (
        "id", "typology_word", "outcome", "score", "account", "customer", "transaction", "system", "created_at",
    )  # fmt: skip
    list_filter = (code_filter("typology", typology_choices), "outcome", "created_at")
    list_select_related = ("account", "customer", "transaction", "external")
    search_fields = ("account__external_id", "transaction__external_id")
    exclude = ("explanation",)  # its page asks for "explain:read"
    readonly_fields = ("system", "scenario", "amount", "external_reasons", "payload")

    @admin.display(description="raised by")
    def system(self, alert: Alert) -> str:
        return alert.external.system if alert.is_external else "finobs"

    @admin.display()
    def scenario(self, alert: Alert) -> str:
        return alert.external.scenario_name if alert.is_external else ""

    @admin.display()
    def amount(self, alert: Alert) -> str:
        of = alert.occurrence
        return "" if of.amount_minor is None else money.display(of.amount_minor, of.currency)

    @admin.display(description="reasons of the other system")
    def external_reasons(self, alert: Alert) -> str:
        return " ".join(alert.external.reasons) if alert.is_external else ""

    @admin.display(description="what the other system said")
    def payload(self, alert: Alert) -> str:
        return alert.external.payload_text if alert.is_external else ""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Alert | None:
        """Without what rests on outcomes that the reader may not see. Nothing here is ever saved."""
        alert: Alert | None = super().get_object(request, object_id, from_field)
        return None if alert is None else redact_alert(request.user, alert)


@admin.register(ReassessmentRun)
class ReassessmentRunAdmin(JobAdmin):
    list_display = ("__str__", "source", "done", "total", *JobAdmin.list_display[1:])
    list_filter = (*JobAdmin.list_filter, "source")
    list_select_related = (*JobAdmin.list_select_related, "source")


@admin.register(LateBatch)
class LateBatchAdmin(ReadAdmin):
    list_display = ("batch", "source", "due_at", "run", "late", "touched", "left_out", "changed", "raised")
    list_filter = ("source",)
    list_select_related = ("batch", "source", "run")


@admin.register(Reassessment)
class ReassessmentAdmin(ReadAdmin):
    list_display = ("transaction", "outcome_before", "outcome", "score_before", "score", "batch", "at")
    list_filter = ("outcome", "at")
    list_select_related = ("transaction", "batch")
    search_fields = ("=transaction__external_id",)
    exclude = ("features", "alert")  # an alert is seen by those who see its case
