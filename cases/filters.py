"""One filter set for each list, used by the pages and the API alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import django_filters as filters
from django.db.models import Q, QuerySet

from detection.hooks import typology_choices
from finobs.accounts.addresses import address_key
from finobs.accounts.models import OrgUnit, User
from finobs.core import clock
from finobs.core.filters import ChoicesFilter
from transactions.identifier_filter import IdentifierFilter

from .choices import CaseStatus, IncidentOrigin, IncidentStatus, ItemKind
from .models import Case, Incident, Queue
from .policies.programmes import disposition_choices, reason_choices


class ItemFilter(filters.FilterSet):
    """Filters of both kinds of work items. `user` decides what "mine" means."""

    typology = ChoicesFilter(choices=typology_choices, label="Typology")
    disposition = ChoicesFilter(choices=disposition_choices, label="Conclusion")
    reason_code = ChoicesFilter(choices=reason_choices, label="Reason")
    queue = filters.CharFilter(method="of_queue", label="Queue")
    account = IdentifierFilter(field_name="account__external_id", label="Account")
    customer = IdentifierFilter(field_name="customer__external_id", label="Customer")
    unit = filters.CharFilter(method="of_unit", max_length=40, label="Unit", help_text="Its code")
    assignee = filters.CharFilter(
        method="by_assignee", max_length=254, label="Assigned to", help_text="me, nobody, or an address"
    )
    tag = filters.CharFilter(field_name="tags__tag__slug", label="Tag")
    holder = filters.ChoiceFilter(
        choices=(("me", "Held by me"), ("nobody", "Held by nobody"), ("others", "Held by others")),
        method="by_holder", label="Held by", empty_label="All",
    )  # fmt: skip
    priority_min = filters.NumberFilter(field_name="priority", lookup_expr="gte", label="Priority from")
    opened_after = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte", label="Opened from")
    opened_before = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lt", label="Opened before")

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user or getattr(self.request, "user", None)

    def of_queue(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By its key: with that the index of the queue is read, and no other queue."""
        pk = Queue.objects.filter(slug=value).values_list("pk", flat=True).first()
        return rows.none() if pk is None else rows.filter(queue=pk)

    def of_unit(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        pk = OrgUnit.objects.filter(code=value).values_list("pk", flat=True).first()
        return rows.none() if pk is None else rows.filter(unit=pk)

    def by_assignee(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By the key of the person: with that the index of what people are assigned to is read."""
        if value == "nobody":
            return rows.filter(assignee=None)
        if value == "me":
            return rows.filter(assignee=self.user)
        pk = User.objects.filter(email_key=address_key(value)).values_list("pk", flat=True).first()
        return rows.none() if pk is None else rows.filter(assignee=pk)

    def by_holder(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        leased = Q(lease__expires_at__gt=clock.now())
        if value == "nobody":
            return rows.exclude(leased)
        mine = Q(lease__holder=self.user)
        return rows.filter(leased & mine) if value == "me" else rows.filter(leased).exclude(mine)


class CaseFilter(ItemFilter):
    """Filters of case lists."""

    status = ChoicesFilter(choices=CaseStatus.choices, label="Status")

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()


class IncidentFilter(ItemFilter):
    """Filters of incident lists."""

    status = ChoicesFilter(choices=IncidentStatus.choices, label="Status")
    origin = ChoicesFilter(choices=IncidentOrigin.choices, label="Opened by")
    case = filters.CharFilter(field_name="case__reference", label="Case")
    last_after = filters.IsoDateTimeFilter(field_name="last_at", lookup_expr="gte", label="Active from")
    last_before = filters.IsoDateTimeFilter(field_name="last_at", lookup_expr="lt", label="Active before")

    class Meta:
        model = Incident
        fields: tuple[str, ...] = ()


FILTERS: Final[Mapping[str, type[ItemFilter]]] = {ItemKind.CASE: CaseFilter, ItemKind.INCIDENT: IncidentFilter}
