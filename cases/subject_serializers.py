"""What machines read of the alerts of items, and send about the subjects of cases."""

from __future__ import annotations

from rest_framework import serializers

from detection.models import Alert
from detection.pipeline.clearance import visible_reasons
from finobs.core.serializers import ReasonSerializer

from .choices import SubjectRole
from .matches import match_text
from .models import CaseAlert


class GatheringSerializer(serializers.ModelSerializer[CaseAlert]):
    """Where an alert lies, and why."""

    incident = serializers.CharField(source="incident.reference")
    case = serializers.CharField(source="case.reference", default=None, help_text="What that was escalated to.")
    policy_version = serializers.IntegerField(
        source="policy_version.number", default=None, help_text="Of the policy of gathering; null: as shipped."
    )
    text = serializers.SerializerMethodField(help_text="The same in words.")

    class Meta:
        model = CaseAlert
        fields = (
            "incident", "case", "cause", "gathered_by", "across_typologies", "gap_seconds", "policy_version",
            "grouped_at", "text",
        )  # fmt: skip
        read_only_fields = fields

    def get_text(self, row: CaseAlert) -> str:
        return match_text(row)


class ItemAlertSerializer(serializers.ModelSerializer[Alert]):
    """An alert of an incident or a case, and why it lies there; `GET /api/v1/alerts/{id}` says the rest of it."""

    account = serializers.CharField(source="account.external_id", default=None)
    customer = serializers.CharField(source="customer.external_id", default=None)
    occurred_at = serializers.DateTimeField(source="occurrence.occurred_at")
    reasons = serializers.SerializerMethodField(help_text="What rests on outcomes that you may not see is withheld.")
    gathering = GatheringSerializer(source="case_alert")

    class Meta:
        model = Alert
        fields = (
            "id", "account", "customer", "typology", "outcome", "score", "reasons", "occurred_at", "created_at",
            "is_external", "gathering",
        )  # fmt: skip
        read_only_fields = fields

    def get_reasons(self, alert: Alert) -> list[str]:
        return visible_reasons(self.context["request"].user, alert)


class CaseSubjectChangeSerializer(ReasonSerializer):
    role = serializers.ChoiceField(choices=SubjectRole.choices)


class CaseSubjectAddSerializer(CaseSubjectChangeSerializer):
    account = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="Id of an account,")
    customer = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="or of a customer.")
