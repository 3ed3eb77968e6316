"""Jobs in the back office: read, cancelled and retried; nobody adds or changes one."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ..admin import ReadAdmin, ReasonActionForm, action_reason, run_action
from .models import LeasedJob
from .services import job_cancel, job_retry


class JobAdmin(ReadAdmin):
    list_display: tuple[str, ...] = ("__str__", "state", "step", "attempts", "requested_by", "created_at")
    list_filter: tuple[str, ...] = ("state",)
    list_select_related: tuple[str, ...] = ("requested_by",)
    actions = ("cancel", "retry")
    action_form = ReasonActionForm

    def view_on_site(self, obj: LeasedJob) -> str:
        """Its page, where it is watched, cancelled and retried."""
        address: str = obj.get_absolute_url()  # type: ignore[attr-defined]
        return address

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "cancel", None)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "retry", None)

    @admin.action(description="Cancel", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[LeasedJob]) -> None:
        reason = action_reason(request)
        run_action(
            self, request, queryset, "Cancelled", lambda job: job_cancel(actor=request.user, job=job, reason=reason)
        )

    @admin.action(description="Retry", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[LeasedJob]) -> None:
        reason = action_reason(request)
        run_action(
            self, request, queryset, "Queued again", lambda job: job_retry(actor=request.user, job=job, reason=reason)
        )
