"""What the API says and takes about people and tokens. A field that is not asked for is refused (SEC-12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finobs.core.serializers import SecretField

from .addresses import AddressSerializerField
from .choices import UserKind
from .models import ApiToken, User
from .roles import PERMISSIONS, ROLES
from .selectors import permissions_held


class UserSerializer(serializers.ModelSerializer[User]):
    kind = serializers.CharField(read_only=True, help_text="human, service, or system for a part of finobs.")
    roles = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = User
        fields = (
            "id", "email", "name", "kind", "roles", "time_zone", "is_active", "is_staff", "date_joined", "version",
        )  # fmt: skip
        read_only_fields = fields


class MeSerializer(UserSerializer):
    permissions = serializers.SerializerMethodField()

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "permissions")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_permissions(self, user: User) -> list[str]:
        """What this caller may do now: for a scoped token, its scopes at most."""
        return [name for name, _ in permissions_held(user)]


class UserCreateSerializer(serializers.Serializer[Any]):
    email = AddressSerializerField()
    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=[UserKind.HUMAN.value, UserKind.SERVICE.value], default=UserKind.HUMAN.value)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=sorted(ROLES)), default=list)
    time_zone = serializers.CharField(max_length=64, default="UTC")


class UserChangeSerializer(serializers.Serializer[Any]):
    email = AddressSerializerField(required=False)
    name = serializers.CharField(max_length=120, required=False)
    time_zone = serializers.CharField(max_length=64, required=False)


class RolesSerializer(serializers.Serializer[Any]):
    roles = serializers.ListField(child=serializers.ChoiceField(choices=sorted(ROLES)))


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    owner = serializers.IntegerField(source="user_id", read_only=True)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    sources = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Slugs; empty: it is bound to none."
    )
    state = serializers.CharField(read_only=True, help_text="live, expired or revoked.")

    class Meta:
        model = ApiToken
        fields = (
            "id",
            "name",
            "prefix",
            "owner",
            "scopes",
            "sources",
            "state",
            "created_at",
            "expires_at",
            "last_used_at",
            "version",
        )
        read_only_fields = fields


class TokenCreateSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=list(PERMISSIONS)), min_length=1)
    days = serializers.IntegerField(min_value=1, max_value=365)
    sources = serializers.ListField(
        child=serializers.SlugField(max_length=40), required=False, max_length=1_000,
        help_text="Slugs of the sources that it is bound to; absent: all that its owner reaches.",
    )  # fmt: skip
    user = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="A machine account; absent: yourself."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "lifetime": timedelta(days=attrs["days"])}


class TokenCreatedSerializer(TokenSerializer):
    secret = serializers.CharField(read_only=True, help_text="The token itself. Shown in this answer only.")

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "secret")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class ResetLinkSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(read_only=True, help_text="Works once, for a day. Shown in this answer only.")


class CredentialsSerializer(serializers.Serializer[Any]):
    email = AddressSerializerField()
    password = SecretField(max_length=1024)


class AccessSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(read_only=True, help_text="A JWT for the Authorization header.")
    expires_in = serializers.IntegerField(read_only=True, help_text="Seconds.")
