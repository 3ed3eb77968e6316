"""What machines read of policies of work and tags, and send about them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from finobs.core.serializers import TextField

from .models import Tag, WorkPolicy, WorkPolicyVersion
from .policies.in_force import content_in_force


class TagSerializer(serializers.ModelSerializer[Tag]):
    class Meta:
        model = Tag
        fields = ("slug", "name", "version")
        read_only_fields = fields


class TagNameSerializer(serializers.Serializer[Any]):
    tag = serializers.CharField(help_text="Slug of a tag.")


class WorkPolicySerializer(serializers.ModelSerializer[WorkPolicy]):
    number = serializers.SerializerMethodField(help_text="Of the version in force; 0: what finobs ships.")
    content = serializers.SerializerMethodField(help_text="What it says now; its form is that of its kind.")

    class Meta:
        model = WorkPolicy
        fields = ("slug", "kind", "name", "number", "content", "version")
        read_only_fields = fields

    def get_number(self, policy: WorkPolicy) -> int:
        return policy.live.number if policy.live is not None else 0

    def get_content(self, policy: WorkPolicy) -> dict[str, Any]:
        return dict(content_in_force(policy))


class WorkPoliciesSerializer(serializers.Serializer[Any]):
    results = WorkPolicySerializer(many=True)


class WorkPolicyVersionSerializer(serializers.ModelSerializer[WorkPolicyVersion]):
    content = serializers.DictField()
    created_by = serializers.CharField(source="created_by_then.name")

    class Meta:
        model = WorkPolicyVersion
        fields = ("number", "content", "reason", "created_by", "created_at")
        read_only_fields = fields


class WorkPolicyContentSerializer(serializers.Serializer[Any]):
    content = serializers.DictField(help_text="The whole document, in the form of the policy's kind.")


class WorkPolicyChangeSerializer(WorkPolicyContentSerializer):
    # Trimmed and measured by the service.
    reason = TextField(allow_blank=True)


class ProgrammeCreateSerializer(WorkPolicyChangeSerializer):
    slug = serializers.CharField(max_length=60)


class WorkPolicyRevertSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="0: what finobs ships.")
    reason = TextField(allow_blank=True)


class QueueCountsSerializer(serializers.Serializer[Any]):
    queue = serializers.CharField(help_text="Slug.")
    name = serializers.CharField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()


class RoutedElsewhereSerializer(serializers.Serializer[Any]):
    level = serializers.CharField()
    reference = serializers.CharField()
    before = serializers.CharField(help_text="Name of the queue that it was routed to.")
    after = serializers.CharField(help_text="Name of the queue that it would be routed to.")


class RoutingDryRunSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    items = serializers.IntegerField(help_text="Incidents and cases that were routed in these days.")
    elsewhere = serializers.IntegerField(help_text="How many of them would go elsewhere.")
    is_whole = serializers.BooleanField(help_text="False: only the newest were looked at.")
    queues = QueueCountsSerializer(many=True)
    examples = RoutedElsewhereSerializer(many=True, help_text="Of what would go elsewhere, what you may see.")
    unseen = serializers.IntegerField(help_text="How many of what would go elsewhere you may not see.")
