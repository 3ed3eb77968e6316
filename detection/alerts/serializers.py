"""What machines see of alerts and of what was made of single transactions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from finobs.core import money

from ..choices import AlertSeverity, ModelRole
from ..models import Alert, ExternalAlert
from ..pipeline.clearance import visible_reasons


class ExternalAlertSerializer(serializers.ModelSerializer[ExternalAlert]):
    """What another system said."""

    source = serializers.CharField(source="source.slug")  # type: ignore[assignment]
    amount = serializers.SerializerMethodField()
    transactions = serializers.ListField(
        source="transaction_ids", child=serializers.CharField(), help_text="Ids at the source, in or not"
    )

    class Meta:
        model = ExternalAlert
        fields: tuple[str, ...] = (
            "source", "external_id", "system", "scenario", "scenario_version", "severity", "occurred_at", "amount",
            "currency", "transactions", "payload_digest",
        )  # fmt: skip
        read_only_fields = fields

    def get_amount(self, row: ExternalAlert) -> str | None:
        return None if row.amount_minor is None else str(money.to_decimal(row.amount_minor, row.currency))


class ExternalAlertDetailSerializer(ExternalAlertSerializer):
    payload = serializers.DictField()

    class Meta(ExternalAlertSerializer.Meta):
        fields = (*ExternalAlertSerializer.Meta.fields, "payload")
        read_only_fields = fields


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """`external` is null of what finobs raised; of the rest, transaction and versions are."""

    account = serializers.CharField(source="account.external_id", allow_null=True, default=None)
    customer = serializers.CharField(source="customer.external_id", allow_null=True, default=None)
    transaction_external_id = serializers.CharField(source="transaction.external_id", allow_null=True, default=None)
    external = ExternalAlertSerializer(allow_null=True, default=None)
    rule = serializers.CharField(source="rule_version.rule.slug", allow_null=True, default=None)
    rule_version = serializers.IntegerField(source="rule_version.number", allow_null=True, default=None)
    model_version_id = serializers.IntegerField(allow_null=True)
    transaction_id = serializers.IntegerField(allow_null=True)
    reasons = serializers.SerializerMethodField(help_text="What rests on outcomes that you may not see is withheld.")

    class Meta:
        model = Alert
        fields: tuple[str, ...] = (
            "id", "transaction_id", "transaction_external_id", "account", "customer", "typology", "outcome", "score",
            "rule", "rule_version", "model_version_id", "reasons", "created_at", "external",
        )  # fmt: skip
        read_only_fields = fields

    def get_reasons(self, alert: Alert) -> list[str]:
        return visible_reasons(self.context["request"].user, alert)


class AlertDetailSerializer(AlertSerializer):
    external = ExternalAlertDetailSerializer(allow_null=True, default=None)
    parameters = serializers.DictField()
    snapshot = serializers.DictField(help_text="`withheld` names what you may not see; its digest is empty then.")

    class Meta(AlertSerializer.Meta):
        fields = (*AlertSerializer.Meta.fields, "parameters", "snapshot", "snapshot_digest")
        read_only_fields = fields


class ReplaySerializer(serializers.Serializer[Any]):
    same = serializers.BooleanField()
    why_not = serializers.CharField(help_text="Why it cannot be tried; empty where it was")
    differences = serializers.ListField(child=serializers.CharField())
    outcome = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    reason_codes = serializers.ListField(child=serializers.CharField())


class IncomingAlertSerializer(serializers.Serializer[Any]):
    """A row on its way in: documentation only, for a row that does not hold goes to quarantine and is no 422."""

    external_id = serializers.CharField(max_length=100)
    system = serializers.CharField(max_length=100, help_text="What raised it")
    scenario = serializers.CharField(max_length=200)
    scenario_version = serializers.CharField(max_length=40, required=False)
    typology = serializers.CharField(max_length=40, help_text="Code of a typology of the programmes")
    severity = serializers.ChoiceField(
        choices=AlertSeverity.choices, required=False, help_text="critical and block are for block, the rest for review"
    )
    occurred_at = serializers.DateTimeField(help_text="ISO 8601; without an offset in the source's time zone")
    account = serializers.CharField(max_length=100, required=False, help_text="This, or customer, or both")
    customer = serializers.CharField(max_length=100, required=False, help_text="One who is in already")
    amount = serializers.CharField(required=False, help_text="Decimal, with at most the currency's places")
    currency = serializers.CharField(max_length=3, required=False)
    score = serializers.CharField(required=False, help_text="Decimal, on whatever scale the system has")
    reasons = serializers.ListField(child=serializers.CharField(), required=False)
    transactions = serializers.ListField(child=serializers.CharField(), required=False, help_text="Ids at the source")
    payload = serializers.DictField(required=False, help_text="Whatever else it says, at most 10,000 characters")


class AlertsAddRequestSerializer(serializers.Serializer[Any]):
    source = serializers.SlugField()  # type: ignore[assignment]
    alerts = IncomingAlertSerializer(many=True)


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
    withheld_contribution = serializers.CharField(required=False, help_text="Of all features that are withheld.")


class WithheldFeaturesSerializer(serializers.Serializer[Any]):
    """What rests on outcomes that you may not see: one sum, so that what is added up still adds up."""

    features = serializers.ListField(child=serializers.CharField())
    contribution = serializers.CharField(help_text="Decimal text, in units of the score: of all of them.")


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
    withheld = WithheldFeaturesSerializer(required=False)
    members = MemberSerializer(many=True)
    reasons = serializers.ListField(child=serializers.CharField(), help_text="In words; at most three.")


class ExplanationSerializer(ScoreExplanationSerializer):
    """Of the score that is shown; `beside` has those of the other models that scored the transaction."""

    currency = serializers.CharField(help_text="Of the amounts that were observed.")
    beside = ScoreExplanationSerializer(many=True)
