"""Org units for machines."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from finobs.core.api import SelectorDetail, SelectorList, ServiceAction, ServiceCreate, Subject
from finobs.core.serializers import ReasonSerializer

from . import services, unit_selectors
from .choices import UnitKind
from .models import OrgUnit
from .requests import actor_of
from .services.units import GRANTS


class UnitSerializer(serializers.ModelSerializer[OrgUnit]):
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent.code", default=None, allow_null=True, help_text="Its code"
    )

    class Meta:
        model = OrgUnit
        fields = ("code", "name", "kind", "parent", "is_active", "created_at", "version")


class UnitGrantSerializer(serializers.Serializer[Any]):
    principal_type = serializers.ChoiceField(choices=["user", "group"])
    principal = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    name = serializers.CharField(read_only=True)
    grant = serializers.ChoiceField(choices=list(GRANTS))


class UnitDetailSerializer(UnitSerializer):
    grants = serializers.SerializerMethodField(help_text="On this very unit; for who may grant.")

    class Meta(UnitSerializer.Meta):
        fields = (*UnitSerializer.Meta.fields, "grants")  # type: ignore[assignment]

    def get_grants(self, unit: OrgUnit) -> list[dict[str, Any]]:
        grants = unit_selectors.unit_grants(self.context["request"].user, unit)
        return [dict(UnitGrantSerializer(grant).data) for grant in grants]


class UnitCreateSerializer(serializers.Serializer[Any]):
    code = serializers.SlugField(max_length=40)
    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=UnitKind.choices)
    parent = serializers.SlugField(  # type: ignore[assignment]
        max_length=40, help_text="The code of the unit that it is in"
    )


class UnitChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    kind = serializers.ChoiceField(choices=UnitKind.choices, required=False)
    parent = serializers.SlugField(  # type: ignore[assignment]
        max_length=40, required=False, help_text="It moves there, with all below it"
    )


class UnitList(SelectorList[OrgUnit], ServiceCreate[OrgUnit]):
    """Org units: those that you hold a grant on, or all if you configure them."""

    selector = unit_selectors.units_visible
    serializer_class = UnitSerializer
    ordering = ("name", "id")
    service = services.unit_create
    body_class = UnitCreateSerializer

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Make a unit below another."""
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return with_parent(self.request, body)


class UnitDetail(SelectorDetail[OrgUnit], ServiceAction[OrgUnit]):
    """One unit, and who holds grants on it."""

    http_method_names = ("get", "patch", "head", "options")
    selector = unit_selectors.unit_get
    serializer_class = UnitDetailSerializer
    subject = Subject("unit", unit_selectors.unit_get)
    service = services.unit_change
    body_class = UnitChangeSerializer

    def patch(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Change its name or kind, or move it to another parent; what is left out stays."""
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return with_parent(self.request, body)


class UnitAction(ServiceAction[OrgUnit]):
    """Shared by what is done to one unit."""

    subject = Subject("unit", unit_selectors.unit_get)
    serializer_class = UnitDetailSerializer
    body_class: type[serializers.Serializer[Any]] = ReasonSerializer


class UnitDeactivate(UnitAction):
    """Close a unit in which nothing active hangs."""

    service = services.unit_deactivate


class UnitReactivate(UnitAction):
    """Open a closed unit again."""

    service = services.unit_reactivate


class UnitGrantAction(UnitAction):
    """Shared by giving and taking."""

    body_class = UnitGrantSerializer

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        principal = unit_selectors.principal_get(actor_of(self.request), body["principal_type"], body["principal"])
        return {"principal": principal, "action": body["grant"]}


class UnitGrant(UnitGrantAction):
    """Let a person or a group view, work, lead, read_data or feed a unit and all below it."""

    service = services.unit_grant


class UnitRevoke(UnitGrantAction):
    """Take a grant on a unit away."""

    service = services.unit_revoke


def with_parent(request: Any, body: dict[str, Any]) -> dict[str, Any]:
    """The body, with the unit that `parent` names in place of its code."""
    if "parent" in body:
        body["parent"] = unit_selectors.unit_get(request.user, body["parent"])
    return body
