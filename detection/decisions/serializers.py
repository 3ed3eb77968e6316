"""What the API says of decisions. The answers themselves are plain data: these describe them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from transactions.choices import RowStatus
from transactions.request_body import IncomingTransactionSerializer

from ..choices import ModelRole, Outcome


class DecisionRequestSerializer(IncomingTransactionSerializer):
    source = serializers.SlugField(help_text="Or ?source=")  # type: ignore[assignment]


class DecisionBatchRequestSerializer(serializers.Serializer[Any]):
    source = serializers.SlugField(help_text="Or ?source=")  # type: ignore[assignment]
    transactions = IncomingTransactionSerializer(many=True)


class FiredRuleSerializer(serializers.Serializer[Any]):
    version_id = serializers.IntegerField()
    rule = serializers.SlugField()
    number = serializers.IntegerField(help_text="Of the rule's versions")
    typology = serializers.CharField()
    reason = serializers.CharField()


class MembersSerializer(serializers.Serializer[Any]):
    if_score = serializers.FloatField(help_text="Of the Isolation Forest: 0 to 1")
    pca_error = serializers.FloatField(allow_null=True, help_text="Of the PCA reconstruction: 1 is typical")


class DecidingModelSerializer(serializers.Serializer[Any]):
    version_id = serializers.IntegerField()
    model = serializers.CharField()
    role = serializers.ChoiceField(choices=ModelRole.choices)
    feature_set = serializers.CharField()
    feature_digest = serializers.CharField(allow_null=True)
    threshold = serializers.FloatField()
    sha256 = serializers.CharField(help_text="Of the ONNX artefact")
    score = serializers.FloatField()
    decision = serializers.ChoiceField(choices=Outcome.choices, help_text="What this model alone asks for")
    members = MembersSerializer(allow_null=True, help_text="Of an ensemble")


class PartsSerializer(serializers.Serializer[Any]):
    rules = serializers.ChoiceField(choices=Outcome.choices, help_text="The floor that the rules set")
    anomaly = serializers.ChoiceField(choices=Outcome.choices, allow_null=True, help_text="Null without such a model")
    supervised = serializers.ChoiceField(choices=Outcome.choices, allow_null=True, help_text="Null without one")


class LinksSerializer(serializers.Serializer[Any]):
    decision = serializers.CharField()
    transaction = serializers.CharField()
    account = serializers.CharField()
    batch = serializers.CharField(help_text="Its event batch.ingest commits to the transaction")
    model = serializers.CharField(required=False)
    alert = serializers.CharField(required=False)


class TransactionDecisionSerializer(serializers.Serializer[Any]):
    transaction_id = serializers.IntegerField()
    source = serializers.SlugField()  # type: ignore[assignment]
    external_id = serializers.CharField()
    decision = serializers.ChoiceField(choices=Outcome.choices)
    score = serializers.FloatField(allow_null=True)
    typology = serializers.CharField(allow_null=True)
    parts = PartsSerializer()
    rules = FiredRuleSerializer(many=True, help_text="That fired, the most severe first")
    reasons = serializers.ListField(child=serializers.CharField())
    models = DecidingModelSerializer(many=True, help_text="In force then; the one whose score is shown first")
    alert_id = serializers.IntegerField(allow_null=True)
    decided_at = serializers.DateTimeField()
    links = LinksSerializer()


class QuarantinedSerializer(serializers.Serializer[Any]):
    """Problem details (RFC 9457) of a transaction that could not be taken."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    request_id = serializers.CharField()
    reason = serializers.CharField()
    quarantined_row_id = serializers.IntegerField()
    external_id = serializers.CharField()


class DecidedRowSerializer(serializers.Serializer[Any]):
    row_number = serializers.IntegerField()
    external_id = serializers.CharField()
    status = serializers.ChoiceField(choices=RowStatus.choices)
    decision = TransactionDecisionSerializer(allow_null=True)
    quarantined_row_id = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    detail = serializers.CharField()


class DecidedSerializer(serializers.Serializer[Any]):
    batch_id = serializers.IntegerField()
    received = serializers.IntegerField()
    accepted = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    quarantined = serializers.IntegerField()
    results = DecidedRowSerializer(many=True)
