"""One filter set for the list of requests, used by the pages and the API alike."""

from __future__ import annotations

from typing import Any

import django_filters as filters

from finobs.core.filters import ChoicesFilter, YesNoFilter

from . import registry
from .choices import RequestState
from .models import ApprovalRequest


def _actions() -> list[tuple[str, str]]:
    return [(action.name, action.label) for action in registry.actions()]


class ApprovalRequestFilter(filters.FilterSet):
    """Filters of approval requests."""

    state = ChoicesFilter(choices=RequestState.choices, label="State")
    action = ChoicesFilter(choices=_actions, label="Action")
    subject = filters.CharFilter(field_name="subject_label", label="About")
    mine = YesNoFilter(method="requested_by_me", label="Asked by me")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte", label="Asked from")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt", label="Asked before")

    class Meta:
        model = ApprovalRequest
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user or getattr(self.request, "user", None)

    def requested_by_me(self, rows: Any, name: str, value: bool) -> Any:
        return rows.filter(requested_by=self.user) if value else rows.exclude(requested_by=self.user)
