"""What the API says of accounts' and counterparties' details, and takes to change them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .choices import AccountKind, AccountStatus, CounterpartyKind
from .models import AccountDetails, Counterparty, CounterpartyDetails
from .serializers import SourceSlugSerializer


class AccountDetailsSerializer(serializers.ModelSerializer[AccountDetails]):
    account = serializers.IntegerField(source="account_id")

    class Meta:
        model = AccountDetails
        fields = ("account", "name", "kind", "currency", "opened_on", "closed_on", "status", "version")


class AccountChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=140, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=AccountKind.choices, required=False, allow_blank=True)
    currency = serializers.CharField(max_length=3, required=False, allow_blank=True)
    opened_on = serializers.DateField(required=False, allow_null=True)
    closed_on = serializers.DateField(required=False, allow_null=True)
    status = serializers.ChoiceField(choices=AccountStatus.choices, required=False, allow_blank=True)
    reason = serializers.CharField(required=False, allow_blank=True)


class IncomingAccountSerializer(serializers.Serializer[Any]):
    """An account on the way in: documentation only, for a row that does not hold goes to quarantine and is no 422."""

    external_id = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=140, required=False)
    kind = serializers.ChoiceField(choices=AccountKind.choices, required=False)
    currency = serializers.CharField(max_length=3, required=False)
    opened_on = serializers.DateField(required=False)
    closed_on = serializers.DateField(required=False)
    status = serializers.ChoiceField(choices=AccountStatus.choices, required=False)
    unit = serializers.CharField(max_length=40, required=False, help_text="Code; of an account that is not there yet")


class AccountsAddRequestSerializer(serializers.Serializer[Any]):
    source = serializers.SlugField()  # type: ignore[assignment]
    accounts = IncomingAccountSerializer(many=True)


class IncomingCounterpartySerializer(serializers.Serializer[Any]):
    external_id = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=140, required=False)
    kind = serializers.ChoiceField(choices=CounterpartyKind.choices, required=False)
    country = serializers.CharField(max_length=2, required=False)
    bank = serializers.CharField(max_length=140, required=False)
    account_number = serializers.CharField(max_length=100, required=False)


class CounterpartiesAddRequestSerializer(serializers.Serializer[Any]):
    source = serializers.SlugField()  # type: ignore[assignment]
    counterparties = IncomingCounterpartySerializer(many=True)


class CounterpartySerializer(SourceSlugSerializer, serializers.ModelSerializer[Counterparty]):
    latest_at = serializers.DateTimeField(read_only=True, allow_null=True)
    name = serializers.CharField(source="details.name", default="")
    kind = serializers.CharField(source="details.kind", default=CounterpartyKind.UNKNOWN.value)
    country = serializers.CharField(source="details.country", default="")
    bank = serializers.CharField(source="details.bank", default="")
    account_number = serializers.CharField(source="details.account_number", default="")

    class Meta:
        model = Counterparty
        fields = (
            "id", "source", "external_id", "created_at", "latest_at", "name", "kind", "country", "bank",
            "account_number",
        )  # fmt: skip


class CounterpartyDetailsSerializer(serializers.ModelSerializer[CounterpartyDetails]):
    counterparty = serializers.IntegerField(source="counterparty_id")

    class Meta:
        model = CounterpartyDetails
        fields = ("counterparty", "name", "kind", "country", "bank", "account_number", "version")


class CounterpartyChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=140, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=CounterpartyKind.choices, required=False)
    country = serializers.CharField(max_length=2, required=False, allow_blank=True)
    bank = serializers.CharField(max_length=140, required=False, allow_blank=True)
    account_number = serializers.CharField(max_length=100, required=False, allow_blank=True)
    reason = serializers.CharField(required=False, allow_blank=True)
