"""What the API says of customers and of what ties them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from finobs.core.serializers import ReasonSerializer

from ..choices import PartyRole, RelationKind
from ..models import AccountParty, Customer, PartyRelation
from ..records.fields import share
from ..row_faults import RowFault
from ..serializers import SourceSlugSerializer
from . import selectors


class CustomerSerializer(SourceSlugSerializer, serializers.ModelSerializer[Customer]):
    """With the values of the profile that prevails now."""

    unit = serializers.CharField(source="unit.code")
    actions = serializers.SerializerMethodField()

    class Meta:
        model = Customer
        fields = (
            "id", "source", "external_id", "unit", "kind", "name", "country", "segment", "risk_rating", "is_pep",
            "is_sanctioned", "onboarded_on", "exited_on", "erased_at", "created_at", "version", "actions",
        )  # fmt: skip

    def get_actions(self, customer: Customer) -> list[str]:
        return selectors.customer_actions(self.context["request"].user, customer)


class CustomerCorrectSerializer(ReasonSerializer):
    """A whole profile: what it leaves out is not so from that day on."""

    valid_from = serializers.DateField()
    profile = serializers.DictField(help_text="Fields of a customer but for id, kind and valid_from")


class TieAddSerializer(ReasonSerializer):
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(required=False, allow_null=True, help_text="The last day on which it holds")


class AccountPartyAddSerializer(TieAddSerializer):
    account = serializers.CharField(max_length=100, help_text="Its id at the customer's source")
    role = serializers.ChoiceField(choices=PartyRole.choices)


class RelationAddSerializer(TieAddSerializer):
    other = serializers.CharField(max_length=100, help_text="Their id at the same source")
    kind = serializers.ChoiceField(choices=RelationKind.choices)
    share = serializers.CharField(required=False, max_length=20, help_text="In per cent, at most two decimals")

    def validate_share(self, value: str) -> int | None:
        try:
            points: int | None = share(value, "share")
        except RowFault as fault:
            raise serializers.ValidationError(fault.detail) from None
        return points


class TieEndSerializer(ReasonSerializer):
    valid_until = serializers.DateField(help_text="The last day on which it holds")


class CustomerProfileSerializer(serializers.Serializer[Any]):
    """A profile as at a day, as known at a moment."""

    as_at = serializers.DateField()
    known_at = serializers.DateTimeField()
    valid_from = serializers.DateField(source="assertion.valid_from", default=None)
    recorded_at = serializers.DateTimeField(source="assertion.recorded_at", default=None)
    recorded_by = serializers.CharField(source="assertion.recorder_then.name", default="")
    batch_id = serializers.IntegerField(source="assertion.batch_id", default=None)
    profile = serializers.DictField()


class TieSerializer(serializers.Serializer[Any]):
    """What parties of accounts and relations have in common; `withdrawn_at`: since when it is believed no more."""

    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    recorded_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class AccountPartySerializer(TieSerializer, serializers.ModelSerializer[AccountParty]):
    source = serializers.CharField(source="account.source.slug")  # type: ignore[assignment]
    account = serializers.CharField(source="account.external_id")
    customer = serializers.CharField(source="customer.external_id")

    class Meta:
        model = AccountParty
        fields = (
            "id", "source", "account_id", "account", "customer_id", "customer", "role", "valid_from", "valid_until",
            "recorded_at", "withdrawn_at", "batch_id",
        )  # fmt: skip


class PartyRelationSerializer(TieSerializer, serializers.ModelSerializer[PartyRelation]):
    source = serializers.CharField(source="customer.source.slug")  # type: ignore[assignment]
    customer = serializers.CharField(source="customer.external_id")
    other = serializers.CharField(source="other.external_id")

    class Meta:
        model = PartyRelation
        fields = (
            "id", "source", "customer_id", "customer", "other_id", "other", "kind", "share", "valid_from",
            "valid_until", "recorded_at", "withdrawn_at", "batch_id",
        )  # fmt: skip


class IncomingCustomerSerializer(serializers.Serializer[Any]):
    """A customer on the way in: documentation only, for a row that does not hold goes to quarantine and is no 422.

    Beside these stand all fields of the profile (docs/parties.md).
    """

    external_id = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=("person", "organisation"))
    valid_from = serializers.DateField(required=False, help_text="From when on it is so; today if left out")
    name = serializers.CharField(max_length=200)


class CustomersAddRequestSerializer(serializers.Serializer[Any]):
    source = serializers.SlugField()  # type: ignore[assignment]
    customers = IncomingCustomerSerializer(many=True)


class IncomingAccountPartySerializer(serializers.Serializer[Any]):
    account = serializers.CharField(max_length=100)
    customer = serializers.CharField(max_length=100)
    role = serializers.ChoiceField(choices=PartyRole.choices)
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(required=False)


class AccountPartiesAddRequestSerializer(serializers.Serializer[Any]):
    source = serializers.SlugField()  # type: ignore[assignment]
    account_parties = IncomingAccountPartySerializer(many=True)


class IncomingRelationSerializer(serializers.Serializer[Any]):
    customer = serializers.CharField(max_length=100)
    other = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=RelationKind.choices)
    share = serializers.CharField(required=False, help_text="In per cent, at most two decimals")
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(required=False)


class RelationsAddRequestSerializer(serializers.Serializer[Any]):
    source = serializers.SlugField()  # type: ignore[assignment]
    relations = IncomingRelationSerializer(many=True)
