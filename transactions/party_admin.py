"""Accounts and counterparties in the back office, with what is known of them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from finobs.core.admin import AccessAdmin, ReadAdmin

from . import services
from .models import Account, AccountDetails, Counterparty, CounterpartyDetails, PaymentParties


@admin.register(Account, Counterparty)
class PartyAdmin(ReadAdmin):
    list_display = ("external_id", "source", "created_at")
    list_select_related = ("source",)
    list_filter = ("source",)
    search_fields = ("=external_id",)


class DetailsAdmin(AccessAdmin):
    """Changed here, and made where something is first said: on the page of the party, by the API or by rows."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(AccountDetails)
class AccountDetailsAdmin(DetailsAdmin):
    list_display = ("account", "name", "kind", "currency", "status", "opened_on", "closed_on")
    list_select_related = ("account",)
    list_filter = ("kind", "status", "account__source")
    search_fields = ("=account__external_id", "name")
    fields = ("account", "name", "kind", "currency", "opened_on", "closed_on", "status")
    readonly_fields = ("account",)

    def write(self, request: HttpRequest, obj: AccountDetails, form: Any, change: bool) -> None:
        actor: Any = request.user
        services.account_change(actor=actor, details=obj, **form.cleaned_data)


@admin.register(CounterpartyDetails)
class CounterpartyDetailsAdmin(DetailsAdmin):
    list_display = ("counterparty", "name", "kind", "country", "bank")
    list_select_related = ("counterparty",)
    list_filter = ("kind", "counterparty__source")
    search_fields = ("=counterparty__external_id", "name")
    fields = ("counterparty", "name", "kind", "country", "bank", "account_number")
    readonly_fields = ("counterparty",)

    def write(self, request: HttpRequest, obj: CounterpartyDetails, form: Any, change: bool) -> None:
        actor: Any = request.user
        services.counterparty_change(actor=actor, details=obj, **form.cleaned_data)


@admin.register(PaymentParties)
class PaymentPartiesAdmin(ReadAdmin):
    list_display = ("transaction", "originator", "beneficiary", "counterparty")
    list_select_related = ("transaction",)
    search_fields = ("=transaction__external_id",)
    exclude = ("salt",)
