"""What machines see of rules."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from finobs.core.serializers import TextField

from ..models import Rule, RuleVersion


class RuleVersionSerializer(serializers.ModelSerializer[RuleVersion]):
    parameters = serializers.DictField()
    created_by = serializers.CharField(source="created_by_then.name")

    class Meta:
        model = RuleVersion
        fields = ("number", "parameters", "reason", "created_by", "created_at")
        read_only_fields = fields


class RuleSerializer(serializers.ModelSerializer[Rule]):
    source = serializers.CharField(source="source.slug", allow_null=True, default=None)  # type: ignore[assignment]
    live = serializers.SerializerMethodField(help_text="Number and parameters of the version in force, or null.")

    class Meta:
        model = Rule
        fields = ("slug", "name", "kind", "typology", "obligation", "source", "live", "version")
        read_only_fields = fields

    def get_live(self, rule: Rule) -> dict[str, Any] | None:
        return None if rule.live is None else {"number": rule.live.number, "parameters": rule.live.parameters}


class RuleChangeSerializer(serializers.Serializer[Any]):
    parameters = serializers.DictField()
    reason = TextField(max_length=2_000)
