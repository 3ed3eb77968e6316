"""What machines see of model versions."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ...models import ModelVersion
from . import workflow


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    parameters = serializers.DictField()
    metrics = serializers.DictField()
    actions = serializers.SerializerMethodField(help_text="The steps that are possible now, by whoever may.")
    created_by = serializers.CharField(source="created_by_then.name")

    class Meta:
        model = ModelVersion
        fields = (
            "id", "role", "kind", "number", "stage", "feature_set", "parameters", "metrics", "training_rows",
            "trained_from", "trained_to", "threshold", "alerts_a_day", "parent_id", "sha256", "created_by",
            "created_at", "actions", "version",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, version: ModelVersion) -> list[str]:
        return [step.action for step in workflow.steps(version.stage)]
