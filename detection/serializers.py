"""What machines see of alerts, rules and models. Scores and thresholds are numbers; money is decimal text."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from .choices import ModelRole
from .ml.registry import workflow
from .ml.training.pipeline import DEFAULT_SEED, DEFAULT_SHARE
from .models import Alert, LateBatch, ModelVersion, Reassessment, Rule, RuleVersion, TrainingRun


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


class ReassessmentSerializer(serializers.ModelSerializer[Reassessment]):
    transaction_external_id = serializers.CharField(source="transaction.external_id")
    account = serializers.CharField(source="transaction.account.external_id")
    late_batch_id = serializers.IntegerField(source="batch_id", help_text="What came in late.")
    alert_raised = serializers.SerializerMethodField()

    class Meta:
        model = Reassessment
        fields = (
            "id", "transaction_id", "transaction_external_id", "account", "late_batch_id", "outcome_before", "outcome",
            "score_before", "score", "version_before_id", "model_version_id", "anomaly_score", "anomaly_version_id",
            "feature_set", "digest", "alert_raised", "at",
        )  # fmt: skip
        read_only_fields = fields

    def get_alert_raised(self, row: Reassessment) -> bool:
        return row.alert_id is not None


class LateBatchSerializer(serializers.ModelSerializer[LateBatch]):
    state = serializers.CharField(help_text="waiting, running, done or failed")

    class Meta:
        model = LateBatch
        fields = ("batch_id", "state", "due_at", "late", "touched", "left_out", "changed", "raised")
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
    actions = serializers.SerializerMethodField(help_text="The steps that are possible now, by whoever may.")
    created_by = serializers.CharField(source="created_by.name")

    class Meta:
        model = ModelVersion
        fields = (
            "id", "role", "kind", "number", "stage", "feature_set", "parameters", "metrics", "training_rows",
            "trained_from", "trained_to", "threshold", "alerts_a_day", "parent_id", "sha256", "created_by",
            "created_at", "actions",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, version: ModelVersion) -> list[str]:
        return [step.action for step in workflow.steps(version.stage)]


class TrainingRequestSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=ModelRole.choices)
    source = serializers.SlugField(  # type: ignore[assignment]
        required=False, help_text="Every source without it."
    )
    rows = serializers.IntegerField(required=False, default=0, min_value=0, help_text="At most; 0 is as usual.")
    share = serializers.FloatField(required=False, default=DEFAULT_SHARE, help_text="Of what comes in, for review.")
    seed = serializers.IntegerField(required=False, default=DEFAULT_SEED, min_value=0, max_value=2**31 - 1)


class TrainingRunSerializer(serializers.ModelSerializer[TrainingRun]):
    parameters = serializers.DictField()
    source = serializers.CharField(source="source.slug", allow_null=True, default=None)  # type: ignore[assignment]
    asked_by = serializers.CharField(source="asked_by.name")
    model_version_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = TrainingRun
        fields = (
            "id", "role", "source", "parameters", "state", "step", "done", "total", "attempts", "error",
            "model_version_id", "asked_by", "created_at", "started_at", "ended_at",
        )  # fmt: skip
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
        choices=ModelRole.choices,
        default=ModelRole.ANOMALY,
        help_text="supervised: the score is a probability of being confirmed.",
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

    currency = serializers.CharField(default="", help_text="Of the amounts that were observed.")
    beside = ScoreExplanationSerializer(many=True, default=[])
