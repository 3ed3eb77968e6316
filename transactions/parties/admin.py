"""The back office of customers: reads alone. What people do with them they do on the customer's page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from finobs.core.admin import ReadAdmin

from ..models import AccountParty, CounterpartyResolution, Customer, CustomerProfile, PartyRelation
from .resolution_selectors import resolutions_visible


@admin.register(Customer)
class CustomerAdmin(ReadAdmin):
    list_display = (
        "external_id", "name", "kind", "country", "risk_rating", "is_pep", "is_sanctioned", "unit", "source",
    )  # fmt: skip
    list_select_related = ("source", "unit")
    list_filter = ("kind", "risk_rating", "is_pep", "is_sanctioned", "source")
    search_fields = ("=external_id",)
    exclude = ("salt",)


@admin.register(CustomerProfile)
class CustomerProfileAdmin(ReadAdmin):
    list_display = ("customer", "valid_from", "recorded_at", "recorded_by", "batch")
    list_select_related = ("customer", "recorded_by", "batch")
    search_fields = ("=customer__external_id",)
    exclude = ("digest",)


class TieAdmin(ReadAdmin):
    """Ties, withdrawn or not."""

    exclude = ("digest",)


@admin.register(AccountParty)
class AccountPartyAdmin(TieAdmin):
    list_display = ("account", "customer", "role", "valid_from", "valid_until", "recorded_at", "withdrawn_at")
    list_select_related = ("account", "customer")
    list_filter = ("role",)
    search_fields = ("=account__external_id", "=customer__external_id")


@admin.register(PartyRelation)
class PartyRelationAdmin(TieAdmin):
    list_display = ("customer", "kind", "other", "share", "valid_from", "valid_until", "recorded_at", "withdrawn_at")
    list_select_related = ("customer", "other")
    list_filter = ("kind",)
    search_fields = ("=customer__external_id", "=other__external_id")


@admin.register(CounterpartyResolution)
class CounterpartyResolutionAdmin(ReadAdmin):
    """Of those only who may see both sides: the selector of every other reader narrows them."""

    list_display = ("counterparty", "customer", "recorded_at", "recorded_by", "withdrawn_at", "withdrawn_by")
    list_select_related = ("counterparty", "customer", "recorded_by", "withdrawn_by")
    search_fields = ("=counterparty__external_id", "=customer__external_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        visible = resolutions_visible(request.user).order_by().values("pk")
        return super().get_queryset(request).filter(pk__in=visible)
