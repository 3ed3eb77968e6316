"""One filter set for each list, used by the pages and the API alike."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet

from detection.choices import Typology
from finobs.core import clock
from finobs.core.forms import SelectOne
from transactions.identifier_filter import IdentifierFilter

from .choices import CaseStatus, Disposition, ReasonCode
from .models import Case, Incident


class CaseFilter(filters.FilterSet):
    """Filters of case lists. `user` decides which queues can be chosen and what "mine" means."""

    status = filters.MultipleChoiceFilter(choices=CaseStatus.choices, label="Status")
    typology = filters.MultipleChoiceFilter(choices=Typology.choices, label="Typology")
    disposition = filters.MultipleChoiceFilter(choices=Disposition.choices[1:], label="Conclusion")
    reason_code = filters.MultipleChoiceFilter(choices=ReasonCode.choices, label="Reason")
    queue = filters.CharFilter(field_name="queue__slug", label="Queue")
    account = IdentifierFilter(field_name="account__external_id", label="Account")
    holder = filters.ChoiceFilter(
        choices=(("me", "Held by me"), ("nobody", "Held by nobody"), ("others", "Held by others")),
        method="by_holder", label="Held by",
    )  # fmt: skip
    priority_min = filters.NumberFilter(field_name="priority", lookup_expr="gte", label="Priority from")
    opened_after = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte", label="Opened from")
    opened_before = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lt", label="Opened before")

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user or getattr(self.request, "user", None)

    def by_holder(self, rows: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        leased = Q(lease__expires_at__gt=clock.now())
        if value == "nobody":
            return rows.exclude(leased)
        mine = Q(lease__holder=self.user)
        return rows.filter(leased & mine) if value == "me" else rows.filter(leased).exclude(mine)


class IncidentFilter(filters.FilterSet):
    """Filters of incident lists."""

    typology = filters.MultipleChoiceFilter(
        field_name="case__typology", choices=Typology.choices, label="Typology", widget=SelectOne
    )
    status = filters.MultipleChoiceFilter(
        field_name="case__status", choices=CaseStatus.choices, label="Case status", widget=SelectOne
    )
    queue = filters.CharFilter(field_name="case__queue__slug", label="Queue")
    account = IdentifierFilter(field_name="case__account__external_id", label="Account")
    case = filters.CharFilter(field_name="case__reference", label="Case")
    last_after = filters.IsoDateTimeFilter(field_name="last_at", lookup_expr="gte", label="Active from")
    last_before = filters.IsoDateTimeFilter(field_name="last_at", lookup_expr="lt", label="Active before")

    class Meta:
        model = Incident
        fields: tuple[str, ...] = ()
