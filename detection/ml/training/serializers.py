"""What machines see of training runs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from finobs.core.jobs.serializers import JOB_FIELDS, JobSerializer

from ...choices import ModelRole
from ...models import TrainingRun
from .settings import DEFAULT_SEED, DEFAULT_SHARE


class TrainingRequestSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=ModelRole.choices)
    source = serializers.SlugField(  # type: ignore[assignment]
        required=False, help_text="Every source without it."
    )
    rows = serializers.IntegerField(required=False, default=0, min_value=0, help_text="At most; 0 is as usual.")
    share = serializers.FloatField(required=False, default=DEFAULT_SHARE, help_text="Of what comes in, for review.")
    seed = serializers.IntegerField(required=False, default=DEFAULT_SEED, min_value=0, max_value=2**31 - 1)


class TrainingRunSerializer(JobSerializer[TrainingRun]):
    parameters = serializers.DictField()
    source = serializers.CharField(source="source.slug", allow_null=True, default=None)  # type: ignore[assignment]
    model_version_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = TrainingRun
        fields = ("id", "role", "source", "parameters", *JOB_FIELDS, "model_version_id")
        read_only_fields = fields
