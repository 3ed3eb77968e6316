"""Approval requests and policies in the back office. A decision is made on the page that shows what is decided."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from finobs.accounts.requests import actor_of
from finobs.core.admin import AccessAdmin
from finobs.core.errors import Conflict
from finobs.core.forms import ReasonField
from finobs.core.identity import Identity, preload

from . import registry, selectors, services
from .choices import RequestState, Vote
from .models import ApprovalPolicy, ApprovalRequest


class ApprovalPolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    action = forms.ChoiceField(choices=lambda: [(each.name, each.label) for each in registry.actions()])

    class Meta:
        model = ApprovalPolicy
        fields = ("action", "quorum", "expires_after_hours")


@admin.register(ApprovalPolicy)
class ApprovalPolicyAdmin(AccessAdmin):
    form = ApprovalPolicyForm
    list_display = ("action", "quorum", "expires_after_hours")

    def get_readonly_fields(self, request: HttpRequest, obj: ApprovalPolicy | None = None) -> tuple[str, ...]:
        return ("action",) if obj else ()

    def write(self, request: HttpRequest, obj: ApprovalPolicy, form: Any, change: bool) -> None:
        values = form.cleaned_data
        policy = services.policy_set(
            actor=actor_of(request),
            action=obj.action,
            quorum=values["quorum"],
            expires_after_hours=values["expires_after_hours"],
            version=values["version"] if change else None,
        )
        obj.pk = policy.pk


class ApprovalDecisionForm(forms.ModelForm):  # type: ignore[type-arg]
    vote = forms.ChoiceField(choices=Vote.choices, widget=forms.RadioSelect)
    reason = ReasonField(required=False, label="Reason", rows=3)
    expected_digest = forms.CharField(widget=forms.HiddenInput)

    class Meta:
        model = ApprovalRequest
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["expected_digest"] = self.instance.digest


REQUEST_FIELDS = (
    "action", "subject_label", "state", "end_reason", "quorum", "asked_by", "edited_by", "created_at",
    "expires_at", "ended_at", "digest", "snapshot_text", "decision_text",
)  # fmt: skip


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(AccessAdmin):
    form = ApprovalDecisionForm
    list_display = ("subject_label", "action", "state", "asked_by", "created_at", "expires_at")
    list_filter = ("state", "action")
    list_select_related = ("requested_by",)
    search_fields = ("subject_label",)
    readonly_fields = REQUEST_FIELDS

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApprovalRequest]:
        return selectors.requests_visible(request.user)

    def get_fieldsets(self, request: HttpRequest, obj: ApprovalRequest | None = None) -> Any:
        facts = (None, {"fields": REQUEST_FIELDS})
        if not self.has_change_permission(request, obj):
            return (facts,)
        return (facts, ("Decide", {"fields": ("vote", "reason", "expected_digest")}))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and not selectors.may_decide(request.user, obj)

    def write(self, request: HttpRequest, obj: ApprovalRequest, form: Any, change: bool) -> None:
        values = form.cleaned_data
        try:
            services.request_decide(
                actor=actor_of(request),
                request=obj,
                vote=values["vote"],
                reason=values["reason"],
                digest=values["expected_digest"],
                version=values["version"],
            )
        except Conflict as error:
            obj.refresh_from_db(fields=["state"])
            if obj.state == RequestState.PENDING:
                # Nothing was written: the form comes back with what was typed.
                raise
            # Said here, not raised: the admin would roll back that the request is void.
            messages.error(request, error.detail)

    @admin.display(description="Requested by")
    def asked_by(self, request: ApprovalRequest) -> str:
        """As they were then."""
        return _text(request.requested_by_then)

    @admin.display(description="Last edited by")
    def edited_by(self, request: ApprovalRequest) -> str:
        return _text(request.last_edited_by_then)

    @admin.display(description="What is shown")
    def snapshot_text(self, request: ApprovalRequest) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(request.snapshot, indent=2, ensure_ascii=False))

    @admin.display(description="Decisions")
    def decision_text(self, request: ApprovalRequest) -> str:
        rows = list(request.decisions.all())
        preload(rows)
        texts = (f"{_text(row.decided_by_then)}: {row.get_vote_display()} {row.reason}".strip() for row in rows)
        return "; ".join(texts) or "none"


def _text(who: Identity | None) -> str:
    return f"{who} ({', '.join(filter(None, (who.address, *who.roles)))})" if who else "–"
