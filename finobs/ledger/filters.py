"""One filter set for the list of events, for the page and for the API."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from finobs.accounts.addresses import address_key
from finobs.core.forms import DATE_INPUT

from .models import Checkpoint, Event

EVENT_STATES = (("sealed", "Sealed"), ("pending", "Waiting to be sealed"))


class EventFilter(filters.FilterSet):
    """Who did what, to what, when. `action` takes a whole name (case.close) or the beginning of one (case.)."""

    action = filters.CharFilter(method="by_action", label="Action")
    actor = filters.CharFilter(method="by_actor", label="Actor (e-mail)")
    actor_type = filters.ChoiceFilter(
        choices=(("human", "A person"), ("service", "A machine"), ("system", "finobs"), ("operator", "An operator")),
        label="Kind of actor",
    )
    subject_type = filters.CharFilter(label="Subject (cases.case)")
    subject_id = filters.CharFilter(label="Subject's id")
    request_id = filters.CharFilter(label="Request id")
    after = filters.DateFilter(field_name="at", lookup_expr="date__gte", label="From", widget=DATE_INPUT)
    before = filters.DateFilter(field_name="at", lookup_expr="date__lte", label="To", widget=DATE_INPUT)
    state = filters.ChoiceFilter(choices=EVENT_STATES, method="by_state", label="State")

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()

    def by_actor(self, rows: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        return rows.filter(actor__email_key=address_key(value))

    def by_action(self, rows: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        return rows.filter(action__startswith=value) if value.endswith(".") else rows.filter(action=value)

    def by_state(self, rows: QuerySet[Event], name: str, value: Any) -> QuerySet[Event]:
        return rows.filter(pending__isnull=value != "pending")


class CheckpointFilter(filters.FilterSet):
    """By size and by day."""

    size_min = filters.NumberFilter(field_name="size", lookup_expr="gte", label="Size from")
    after = filters.DateFilter(field_name="sealed_at", lookup_expr="date__gte", label="Sealed from", widget=DATE_INPUT)
    before = filters.DateFilter(field_name="sealed_at", lookup_expr="date__lte", label="Sealed to", widget=DATE_INPUT)

    class Meta:
        model = Checkpoint
        fields: tuple[str, ...] = ()
