"""The ledger in the back office: looked at, never written."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from finobs.core.admin import ReadAdmin

from .models import Alarm, Checkpoint, Event


@admin.register(Event)
class EventAdmin(ReadAdmin):
    list_display = ("at", "action", "who", "subject", "sealed", "proof")
    list_filter = ("actor_type",)
    search_fields = ("=action", "=subject_id", "=request_id")
    search_help_text = "An exact action, subject id or request id"
    ordering = ("-id",)
    fields = ("uid", "at", "action", "who", "actor_type", "subject", "request_id", "sealed", "proof")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).select_related("actor", "place")

    @admin.display(description="Actor")
    def who(self, event: Event) -> str:
        """As of then: people are renamed, and what they did is not."""
        who = event.actor_then
        return f"{who} ({', '.join(filter(None, (who.address, *who.roles)))})"

    @admin.display(description="Subject")
    def subject(self, event: Event) -> str:
        url = reverse("ledger:timeline", args=[event.subject_type, event.subject_id])
        return format_html('<a href="{}">{} {}</a>', url, event.subject_type, event.subject_id)

    @admin.display(description="Sealed", boolean=True)
    def sealed(self, event: Event) -> bool:
        return hasattr(event, "place")

    @admin.display(description="Proof")
    def proof(self, event: Event) -> str:
        return format_html('<a href="{}">Proof</a>', reverse("ledger:event-detail", args=[event.uid]))


@admin.register(Checkpoint)
class CheckpointAdmin(ReadAdmin):
    list_display = ("size", "sealed_at")
    ordering = ("-size",)
    fields = ("size", "sealed_at", "note")
    readonly_fields = fields


@admin.register(Alarm)
class AlarmAdmin(ReadAdmin):
    list_display = ("raised_at", "kind", "detail", "settled_at")
    list_filter = ("kind",)
    ordering = ("-raised_at",)
    fields = ("kind", "detail", "evidence", "raised_at", "settled_at", "settled_reason")
    readonly_fields = fields
