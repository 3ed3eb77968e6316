"""What machines see of performance. Shares, scores and thresholds are numbers; null is not known."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from finobs.core.serializers import TextField

from ..models import ModelVersion
from .forms import MIN_ALERTS_A_DAY


class ProportionSerializer(serializers.Serializer[Any]):
    """`hits` of `of`; `low` and `high` are its 95 % interval."""

    hits = serializers.IntegerField()
    of = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class ConfusionMatrixSerializer(serializers.Serializer[Any]):
    tp = serializers.IntegerField()
    fp = serializers.IntegerField()
    fn = serializers.IntegerField()
    tn = serializers.IntegerField()
    unknown_flagged = serializers.IntegerField()
    unknown_unflagged = serializers.IntegerField()


class CalibrationBinSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    first = serializers.FloatField()
    last = serializers.FloatField()
    mean_score = serializers.FloatField(source="mean", allow_null=True)
    confirmed = ProportionSerializer()


class ComparedVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    name = serializers.CharField(source="__str__")

    class Meta:
        model = ModelVersion
        fields = ("id", "name", "role", "stage", "threshold", "sha256")
        read_only_fields = fields


class PerformanceSerializer(serializers.Serializer[Any]):
    version = ComparedVersionSerializer()
    days_from = serializers.DateField(source="window.first", help_text="First day looked at, UTC.")
    days_to = serializers.DateField(source="window.last", help_text="Last day looked at, UTC.")
    scored_from = serializers.DateField(source="first", allow_null=True)
    scored_to = serializers.DateField(source="last", allow_null=True)
    scored = serializers.IntegerField(source="matrix.scored")
    labelled = serializers.IntegerField(source="matrix.labelled", help_text="Rows with an outcome.")
    matrix = ConfusionMatrixSerializer()
    precision = ProportionSerializer(source="matrix.precision")
    recall = ProportionSerializer(source="matrix.recall", help_text="Of what became known, not of all there was.")
    f1 = ProportionSerializer(source="matrix.f1")
    auc = serializers.FloatField(source="ranking.auc", allow_null=True)
    average_precision = serializers.FloatField(source="ranking.average_precision", allow_null=True)
    flagged_a_day = serializers.FloatField(source="alerts_a_day", allow_null=True)
    calibration = CalibrationBinSerializer(source="ranking.bins", many=True)
    calibration_error = serializers.FloatField(source="ranking.calibration_error", allow_null=True)


class ScoredRowSerializer(serializers.Serializer[Any]):
    transaction_id = serializers.IntegerField(source="transaction.pk")
    source = serializers.CharField(source="transaction.source.slug")  # type: ignore[assignment]
    external_id = serializers.CharField(source="transaction.external_id")
    account = serializers.CharField(source="transaction.account.external_id")
    occurred_at = serializers.DateTimeField(source="transaction.occurred_at")
    score = serializers.FloatField()
    is_confirmed = serializers.SerializerMethodField()
    outcome_origin = serializers.CharField(help_text='"person", "label", or empty without an outcome.')

    def get_is_confirmed(self, row: Any) -> bool | None:
        return {1: True, 0: False}.get(row.outcome)


class LeaderboardEntrySerializer(serializers.Serializer[Any]):
    version = ComparedVersionSerializer()
    common = PerformanceSerializer(allow_null=True, help_text="On the rows that all compared versions scored.")
    own = PerformanceSerializer(help_text="On all the rows that it scored.")


class LeaderboardSerializer(serializers.Serializer[Any]):
    role = serializers.CharField()
    rows = serializers.IntegerField(help_text="How many rows all compared versions scored.")
    labelled = serializers.IntegerField(help_text="How many of them have an outcome.")
    entries = LeaderboardEntrySerializer(many=True, help_text="Compared, by average precision.")
    others = LeaderboardEntrySerializer(many=True, help_text="Not compared.")


class ThresholdLevelSerializer(serializers.Serializer[Any]):
    threshold = serializers.FloatField()
    alerts = serializers.IntegerField(help_text="That nothing else alerted.")
    alerts_a_day = serializers.FloatField(source="a_day")
    flagged_share = serializers.FloatField()
    unknown = serializers.IntegerField(help_text="Alerts without an outcome.")
    precision = ProportionSerializer()
    recall = ProportionSerializer()


class QueueHeadroomSerializer(serializers.Serializer[Any]):
    """Averages a day."""

    queue = serializers.CharField(source="queue.queue", allow_null=True, default=None)
    can_take = serializers.IntegerField(allow_null=True)
    by_rules = serializers.FloatField()
    by_other_model = serializers.FloatField(source="by_other")
    left = serializers.FloatField(allow_null=True)


class CapacitySerializer(serializers.Serializer[Any]):
    version = ComparedVersionSerializer()
    days = serializers.IntegerField()
    headroom = QueueHeadroomSerializer()
    target = serializers.FloatField()
    now = ThresholdLevelSerializer(allow_null=True)
    chosen = ThresholdLevelSerializer(allow_null=True)
    curve = ThresholdLevelSerializer(many=True)
    refusal = serializers.CharField(help_text="Why no threshold can be set from this; empty when one can.")


class ThresholdSetSerializer(serializers.Serializer[Any]):
    alerts_a_day = serializers.FloatField(min_value=MIN_ALERTS_A_DAY)
    reason = TextField(max_length=2_000)

    def get_fields(self) -> dict[str, Any]:
        days = {name: serializers.DateField(allow_null=True, default=None) for name in ("from", "to")}
        return {**super().get_fields(), **days}
