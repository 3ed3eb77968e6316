"""What machines see of alerts and of what was made of single transactions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ..choices import ModelRole
from ..models import Alert


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


class ExplainedFeatureSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    observed = serializers.CharField(allow_null=True, help_text="Decimal text; null is not known.")
    expected = serializers.CharField(allow_null=True, help_text="The median of the rows that the model learned from.")
    contribution = serializers.CharField(help_text="Decimal text, in units of the score.")


class MemberSerializer(serializers.Serializer[Any]):
    """SHAP contributions in the member's own unit. They and `base` add up to `value`."""

    name = serializers.CharField()
    unit = serializers.CharField()
    base = serializers.CharField()
    value = serializers.CharField()
    contributions = serializers.ListField(child=serializers.CharField(), help_text="In the order of the features.")
    reconstructed = serializers.ListField(child=serializers.CharField(), required=False)
    feature_errors = serializers.ListField(child=serializers.CharField(), required=False)


class ScoreExplanationSerializer(serializers.Serializer[Any]):
    """`base` and the contributions of all features add up to `score`."""

    role = serializers.ChoiceField(
        choices=ModelRole.choices, help_text="supervised: the score is a probability of being confirmed."
    )
    model = serializers.CharField()
    model_version = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of the ONNX artefact")
    feature_set = serializers.CharField()
    score = serializers.CharField()
    base = serializers.CharField(help_text="The score at the mean of what the model learned from.")
    features = ExplainedFeatureSerializer(many=True)
    members = MemberSerializer(many=True)
    reasons = serializers.ListField(child=serializers.CharField(), help_text="In words; at most three.")


class ExplanationSerializer(ScoreExplanationSerializer):
    """Of the score that is shown; `beside` has those of the other models that scored the transaction."""

    currency = serializers.CharField(help_text="Of the amounts that were observed.")
    beside = ScoreExplanationSerializer(many=True)
