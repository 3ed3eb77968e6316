"""What every app's API sends and answers in the same words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rest_framework import serializers

NO_SUCH_FIELD = "There is no such field."


def refuse_unknown_fields(serializer: serializers.BaseSerializer[Any] | None, data: Any) -> None:
    """Raise ValidationError, naming them, for what a body says and its serializer does not read (SEC-12).

    Nothing is believed to have been set that was not. None: nothing is read at all. What is no object where one
    belongs is for the serializer to refuse.
    """
    unknown = list(_unknown_fields(serializer, data, ""))
    if unknown:
        raise serializers.ValidationError({name: [NO_SUCH_FIELD] for name in unknown})


def _unknown_fields(serializer: Any, data: Any, path: str) -> Iterator[str]:
    if isinstance(serializer, serializers.ListSerializer):
        for number, each in enumerate(data if isinstance(data, list) else ()):
            yield from _unknown_fields(serializer.child, each, f"{path}{number}.")
        return
    if serializer is None and data and not isinstance(data, dict):
        yield ""
    if not isinstance(data, dict):
        return
    fields = (
        {} if serializer is None else {name: each for name, each in serializer.fields.items() if not each.read_only}
    )
    for name in sorted(data, key=str):
        if name not in fields:
            yield f"{path}{name}"
        elif isinstance(fields[name], serializers.BaseSerializer):
            yield from _unknown_fields(fields[name], data[name], f"{path}{name}.")


class TextField(serializers.CharField):
    """Text of several lines. What any other field takes is one line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **kwargs})


class SecretField(serializers.CharField):
    """Taken as it is: compared, and never shown. A password may begin and end with a space."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "write_only": True, **kwargs})


class ReasonSerializer(serializers.Serializer[Any]):
    """Why. The service trims and measures it (`core.reasons`), and refuses in the same words everywhere."""

    reason = TextField(allow_blank=True)


class OptionalReasonSerializer(serializers.Serializer[Any]):
    """Why, where a service asks for it in some states only."""

    reason = TextField(required=False, allow_blank=True, default="")


class SentForApprovalSerializer(serializers.Serializer[Any]):
    """It is not done yet: it waits for a second pair of eyes."""

    approval_request_id = serializers.IntegerField()
    status = serializers.CharField(help_text='"pending"')
    detail = serializers.CharField()
