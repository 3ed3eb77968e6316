"""What machines see of a job of any kind."""

from __future__ import annotations

from typing import Final, TypeVar

from rest_framework import serializers

from . import workflow
from .models import LeasedJob

J = TypeVar("J", bound=LeasedJob)

# A subclass names these in its Meta.fields.
JOB_FIELDS: Final = (
    "state", "step", "done", "total", "attempts", "error", "requested_by", "created_at", "scheduled_at", "started_at",
    "ended_at", "actions",
)  # fmt: skip


class JobSerializer(serializers.ModelSerializer[J]):
    requested_by = serializers.CharField(source="requested_by_then.name")
    actions = serializers.SerializerMethodField(help_text="What can be done with it in its state.")

    def get_actions(self, job: J) -> list[str]:
        return [transition.action for transition in workflow.transitions(job.state)]
