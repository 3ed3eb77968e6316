"""What machines read of the ledger. Hashes travel as base64, as in signed notes."""

from __future__ import annotations

import base64
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from .models import Checkpoint, Event


class HashField(serializers.CharField):
    """32 bytes as base64."""

    def to_representation(self, value: Any) -> str:
        return base64.b64encode(bytes(value)).decode()


class EventSerializer(serializers.ModelSerializer[Event]):
    """Metadata: who, what, when, and where in the tree (`seq` is null while the event waits)."""

    actor = serializers.CharField(source="actor_then.address", read_only=True, help_text="As of then, as below.")
    actor_name = serializers.CharField(source="actor_then.name", read_only=True)
    actor_roles = serializers.ListField(child=serializers.CharField(), source="actor_then.roles", read_only=True)
    on_behalf_of = serializers.CharField(
        source="actor_then.on_behalf_of.address", read_only=True, allow_null=True, default=None,
        help_text="As whom an operator did it, by a command on the server.",
    )  # fmt: skip
    seq = serializers.IntegerField(source="place.seq", read_only=True, allow_null=True, default=None)
    leaf = HashField(read_only=True)

    class Meta:
        model = Event
        fields = (
            "uid", "at", "action", "actor", "actor_name", "actor_roles", "on_behalf_of", "actor_type", "subject_type",
            "subject_id", "request_id", "seq", "leaf",
        )  # fmt: skip
        read_only_fields = fields


class EventDetailSerializer(EventSerializer):
    """With the exact body, where the caller may see what it speaks of; else null."""

    content = serializers.JSONField(read_only=True, allow_null=True, help_text="The body as JSON")
    body = serializers.SerializerMethodField(help_text="The exact bytes, base64")

    class Meta:
        model = Event
        fields = (*EventSerializer.Meta.fields, "content", "body")
        read_only_fields = fields

    @extend_schema_field({"type": ["string", "null"]})
    def get_body(self, event: Any) -> str | None:
        return None if event.content is None else base64.b64encode(bytes(event.body)).decode()


class CheckpointSerializer(serializers.ModelSerializer[Checkpoint]):
    root = HashField(read_only=True)  # type: ignore[assignment]  # DRF has a property of that name

    class Meta:
        model = Checkpoint
        fields = ("size", "root", "sealed_at", "note")
        read_only_fields = fields


class ProofSerializer(serializers.Serializer[Any]):
    """A file that `verify.py` checks. Hashes are base64, checkpoints C2SP signed notes."""

    format = serializers.CharField()
    kind = serializers.CharField()
    origin = serializers.CharField(help_text="The log's name")


class InclusionProofSerializer(ProofSerializer):
    """RFC 9162 inclusion proof, with the signed note of the tree that it ends in."""

    uid = serializers.UUIDField(allow_null=True, help_text="Null without the body, which alone proves it")
    seq = serializers.IntegerField()
    leaf = serializers.CharField(help_text="SHA-256(0x00 || body)")
    size = serializers.IntegerField()
    path = serializers.ListField(child=serializers.CharField())
    checkpoint = serializers.CharField()
    body = serializers.CharField(
        allow_null=True, help_text="The exact bytes; null for who may not see what the event speaks of"
    )


class ConsistencyProofSerializer(ProofSerializer):
    """RFC 9162 consistency proof, with the signed notes of both trees."""

    old = serializers.IntegerField()
    new = serializers.IntegerField()
    path = serializers.ListField(child=serializers.CharField())
    old_checkpoint = serializers.CharField()
    new_checkpoint = serializers.CharField()
