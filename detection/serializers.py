"""What machines see of alerts, rules and models. Scores and thresholds are numbers; money is decimal text."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .models import Alert, ModelVersion, Rule, RuleVersion


class AlertSerializer(serializers.ModelSerializer[Alert]):
    account = serializers.CharField(source="account.external_id")
    transaction_external_id = serializers.CharField(source="transaction.external_id")
    rule = serializers.CharField(source="rule_version.rule.slug", allow_null=True, default=None)
    rule_version = serializers.IntegerField(source="rule_version.number", allow_null=True, default=None)
    model_version_id = serializers.IntegerField(allow_null=True)
    transaction_id = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Alert
        fields: tuple[str, ...] = (
            "id", "transaction_id", "transaction_external_id", "account", "typology", "outcome", "score", "rule",
            "rule_version", "model_version_id", "reasons", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class AlertDetailSerializer(AlertSerializer):
    parameters = serializers.DictField()
    snapshot = serializers.DictField()

    class Meta(AlertSerializer.Meta):
        fields = (*AlertSerializer.Meta.fields, "parameters", "snapshot", "snapshot_digest")
        read_only_fields = fields


class RuleVersionSerializer(serializers.ModelSerializer[RuleVersion]):
    parameters = serializers.DictField()
    created_by = serializers.CharField(source="created_by.name")

    class Meta:
        model = RuleVersion
        fields = ("number", "parameters", "reason", "created_by", "created_at")
        read_only_fields = fields


class RuleSerializer(serializers.ModelSerializer[Rule]):
    source = serializers.CharField(source="source.slug", allow_null=True, default=None)  # type: ignore[assignment]
    live = serializers.SerializerMethodField(help_text="Number and parameters of the version in force, or null.")

    class Meta:
        model = Rule
        fields = ("slug", "name", "kind", "typology", "obligation", "source", "live")
        read_only_fields = fields

    def get_live(self, rule: Rule) -> dict[str, Any] | None:
        return None if rule.live is None else {"number": rule.live.number, "parameters": rule.live.parameters}


class RuleChangeSerializer(serializers.Serializer[Any]):
    parameters = serializers.DictField()
    reason = serializers.CharField(max_length=2_000)
    version = serializers.IntegerField(help_text="Number of the newest version that you saw.")


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    parameters = serializers.DictField()
    metrics = serializers.DictField()
    created_by = serializers.CharField(source="created_by.name")

    class Meta:
        model = ModelVersion
        fields = (
            "id", "kind", "number", "stage", "feature_set", "parameters", "metrics", "training_rows", "trained_from",
            "trained_to", "threshold", "sha256", "created_by", "created_at",
        )  # fmt: skip
        read_only_fields = fields
