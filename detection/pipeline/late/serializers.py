"""What machines see of what late transactions touched."""

from __future__ import annotations

from rest_framework import serializers

from finobs.core.jobs.serializers import JOB_FIELDS, JobSerializer

from ...models import LateBatch, Reassessment, ReassessmentRun


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


class ReassessmentRunSerializer(JobSerializer[ReassessmentRun]):
    source = serializers.CharField(source="source.slug")  # type: ignore[assignment]

    class Meta:
        model = ReassessmentRun
        fields = ("id", "source", *JOB_FIELDS)
        read_only_fields = fields


class LateBatchSerializer(serializers.ModelSerializer[LateBatch]):
    state = serializers.CharField(help_text='"waiting", or the state of its run')
    run_id = serializers.IntegerField(allow_null=True)
    missed_by = serializers.ListField(
        child=serializers.IntegerField(), help_text="Batches that were decided at the same time and could not see it"
    )

    class Meta:
        model = LateBatch
        fields = (
            "batch_id", "run_id", "state", "due_at", "missed_by", "late", "touched", "left_out", "changed", "raised",
        )  # fmt: skip
        read_only_fields = fields
