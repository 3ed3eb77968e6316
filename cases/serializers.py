"""What machines read of cases and send about them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finobs.accounts.models import User
from finobs.core.serializers import ReasonSerializer, TextField

from . import selectors
from .choices import Disposition, ReasonCode
from .models import Case, Incident, Note, Queue


class PersonSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        # The address too: two people may have one name.
        fields = ("id", "name", "email")


class LeaseSerializer(serializers.Serializer[Any]):
    holder = PersonSerializer()
    taken_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class ActionSerializer(serializers.Serializer[Any]):
    """One step of the workflow, and why it cannot be done now."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    enabled = serializers.BooleanField()
    why_not = serializers.CharField()
    needs_reason = serializers.BooleanField()
    needs_approval = serializers.BooleanField()


class QueueSerializer(serializers.ModelSerializer[Queue]):
    open_count = serializers.IntegerField(read_only=True)
    awaiting_count = serializers.IntegerField(read_only=True)
    held_count = serializers.IntegerField(read_only=True)
    typologies = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Queue
        fields = (
            "slug", "name", "description", "typologies", "is_default", "lease_minutes", "alerts_a_day", "open_count",
            "awaiting_count", "held_count", "version",
        )  # fmt: skip


class CaseSerializer(serializers.ModelSerializer[Case]):
    account = serializers.CharField(source="account.external_id")
    queue = serializers.CharField(source="queue.slug")
    assignee = PersonSerializer(allow_null=True)
    lease = LeaseSerializer(source="current_lease", allow_null=True)
    priority_parts = serializers.DictField(child=serializers.IntegerField())
    amounts = serializers.DictField(child=serializers.CharField(), help_text="Currency: alerted minor units.")

    class Meta:
        model = Case
        fields = (
            "reference", "account", "typology", "queue", "status", "disposition", "reason_code", "rationale",
            "machine_opinion", "priority", "priority_parts", "alert_count", "block_count", "urgency", "amounts",
            "assignee", "lease", "opened_at", "closed_at", "updated_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class CaseDetailSerializer(CaseSerializer):
    actions = serializers.SerializerMethodField()

    class Meta:
        model = Case
        fields = (*CaseSerializer.Meta.fields, "actions")
        read_only_fields = fields

    @extend_schema_field(ActionSerializer(many=True))
    def get_actions(self, case: Case) -> Any:
        actions = selectors.case_actions(self.context["request"].user, case)
        return ActionSerializer(actions, many=True).data


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    case = serializers.CharField(source="case.reference")
    account = serializers.CharField(source="case.account.external_id")
    typology = serializers.CharField(source="case.typology")

    class Meta:
        model = Incident
        fields = ("reference", "case", "account", "typology", "first_at", "last_at", "alert_count", "version")
        read_only_fields = fields


class NoteAuthorSerializer(serializers.Serializer[Note]):
    """Who wrote it, as they were called then."""

    id = serializers.IntegerField(source="author_id")
    name = serializers.CharField(source="author_then.name")
    # Two people may be called the same.
    email = serializers.EmailField(source="author.email")


class NoteSerializer(serializers.ModelSerializer[Note]):
    author = NoteAuthorSerializer(source="*", read_only=True)

    class Meta:
        model = Note
        fields = ("id", "author", "text", "created_at")
        read_only_fields = fields


class NoteAddSerializer(serializers.Serializer[Any]):
    # Trimmed and measured by the service, which says what is wrong in the same words everywhere.
    text = TextField(allow_blank=True)


class CaseCloseSerializer(serializers.Serializer[Any]):
    disposition = serializers.ChoiceField(choices=Disposition.choices[1:])
    reason_code = serializers.ChoiceField(choices=ReasonCode.choices)
    rationale = TextField(allow_blank=True)


class CaseAssignSerializer(ReasonSerializer):
    to = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Id of the person.")
