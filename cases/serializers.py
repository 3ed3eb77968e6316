"""What machines read of work items and send about them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finobs.accounts.models import User
from finobs.core.serializers import ReasonSerializer, TextField

from . import selectors
from .arrivals import arrived_since
from .models import Case, CaseSubject, Incident, Note, Queue, QueueEntry
from .services.incidents_close import MAX_BULK


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
    # Of one that was made just now, nothing is counted.
    incident_count = serializers.IntegerField(read_only=True, default=0, help_text="Unfinished incidents.")
    incident_awaiting_count = serializers.IntegerField(read_only=True, default=0, help_text="Those awaiting approval.")
    incident_held_count = serializers.IntegerField(read_only=True, default=0, help_text="Those that somebody holds.")
    oldest_incident_at = serializers.DateTimeField(
        read_only=True, default=None, help_text="When the oldest unfinished incident was opened."
    )
    case_count = serializers.IntegerField(read_only=True, default=0, help_text="Unfinished cases.")
    case_awaiting_count = serializers.IntegerField(read_only=True, default=0, help_text="Those awaiting approval.")
    case_held_count = serializers.IntegerField(read_only=True, default=0, help_text="Those that somebody holds.")
    oldest_case_at = serializers.DateTimeField(
        read_only=True, default=None, help_text="When the oldest unfinished case was opened."
    )
    typologies = serializers.ListField(child=serializers.CharField())
    unit = serializers.CharField(source="unit.code", help_text="It serves this unit and what is below it")

    class Meta:
        model = Queue
        fields = (
            "slug", "name", "description", "unit", "typologies", "is_default", "lease_minutes", "alerts_a_day",
            "incident_count", "incident_awaiting_count", "incident_held_count", "oldest_incident_at",
            "case_count", "case_awaiting_count", "case_held_count", "oldest_case_at", "version",
        )  # fmt: skip


class QueueChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    description = TextField(required=False, allow_blank=True)
    typologies = serializers.ListField(child=serializers.CharField(max_length=40), required=False)
    is_default = serializers.BooleanField(required=False)
    lease_minutes = serializers.IntegerField(min_value=1, max_value=24 * 60, required=False)
    alerts_a_day = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    unit = serializers.SlugField(max_length=40, required=False, help_text="Code; the whole organisation if left out")


class QueueCreateSerializer(QueueChangeSerializer):
    slug = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=120)


class ItemSerializer(serializers.ModelSerializer[Any]):
    """What incidents and cases share."""

    account = serializers.CharField(source="account.external_id", default=None, help_text="Null where none is named.")
    customer = serializers.CharField(source="customer.external_id", default=None, help_text="Null where none is named.")
    queue = serializers.CharField(source="queue.slug")
    unit = serializers.CharField(source="unit.code", help_text="Of its account or customer, when it was opened.")
    assignee = PersonSerializer(allow_null=True)
    lease = LeaseSerializer(source="current_lease", allow_null=True)
    priority_parts = serializers.DictField(child=serializers.IntegerField())
    amounts = serializers.DictField(child=serializers.CharField(), help_text="Currency: alerted minor units.")
    tags = serializers.SerializerMethodField(help_text="Slugs of its tags.")
    predecessor = serializers.CharField(
        source="predecessor.reference", default=None, help_text="What took no more, so that this was opened."
    )

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_tags(self, item: Any) -> list[str]:
        return [each.tag.slug for each in item.tags.all()]


ITEM_FIELDS = (
    "reference", "account", "customer", "unit", "typology", "queue", "status", "disposition", "reason_code",
    "rationale", "machine_opinion", "priority", "priority_parts", "alert_count", "block_count", "urgency", "amounts",
    "assignee", "lease", "tags", "predecessor", "waiting_for", "waiting_until", "opened_at", "closed_at", "updated_at",
    "version",
)  # fmt: skip


class CaseSerializer(ItemSerializer):
    class Meta:
        model = Case
        fields = ITEM_FIELDS
        read_only_fields = fields


class ItemDetailSerializer(serializers.ModelSerializer[Any]):
    """With what you may do with it, and what it takes no more."""

    actions = serializers.SerializerMethodField()
    arrived_since = serializers.SerializerMethodField(
        help_text="References of incidents on its subjects since it was sent for approval, or closed without."
    )

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_arrived_since(self, item: Any) -> list[str]:
        return [each.reference for each in arrived_since(self.context["request"].user, item)]

    @extend_schema_field(ActionSerializer(many=True))
    def get_actions(self, item: Any) -> Any:
        actions = selectors.item_actions(self.context["request"].user, item)
        return ActionSerializer(actions, many=True).data


class CaseSubjectSerializer(serializers.ModelSerializer[CaseSubject]):
    account = serializers.CharField(source="account.external_id", default=None, help_text="Null of a customer.")
    customer = serializers.CharField(source="customer.external_id", default=None, help_text="Null of an account.")
    account_id = serializers.IntegerField(allow_null=True)
    customer_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = CaseSubject
        fields = ("id", "role", "account", "account_id", "customer", "customer_id")
        read_only_fields = fields


class CaseDetailSerializer(ItemDetailSerializer, CaseSerializer):
    subjects = serializers.SerializerMethodField(help_text="Whom it is about, and what they are to it.")

    class Meta:
        model = Case
        fields = (*CaseSerializer.Meta.fields, "subjects", "actions", "arrived_since")
        read_only_fields = fields

    @extend_schema_field(CaseSubjectSerializer(many=True))
    def get_subjects(self, case: Case) -> Any:
        rows = selectors.case_subjects(self.context["request"].user, case)
        return CaseSubjectSerializer(rows, many=True).data


class IncidentSerializer(ItemSerializer):
    case = serializers.CharField(source="case.reference", default=None, help_text="What it was escalated to.")
    delivery = serializers.IntegerField(
        source="delivery_id", allow_null=True, help_text="Id of the delivery whose faults opened it."
    )

    class Meta:
        model = Incident
        fields = (*ITEM_FIELDS, "title", "origin", "delivery", "case", "first_at", "last_at")
        read_only_fields = fields


class IncidentDetailSerializer(ItemDetailSerializer, IncidentSerializer):
    class Meta:
        model = Incident
        fields = (*IncidentSerializer.Meta.fields, "actions", "arrived_since")
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


class QueueEntrySerializer(serializers.ModelSerializer[QueueEntry]):
    """That an item lay in a queue."""

    queue = serializers.CharField(source="queue.slug")
    routing_version = serializers.IntegerField(
        source="routing_version.number", default=None,
        help_text="The version of the routing that chose the queue; null: by the queues' own typologies.",
    )  # fmt: skip

    class Meta:
        model = QueueEntry
        fields = ("queue", "entered_at", "cause", "left_at", "left_cause", "routing_version")
        read_only_fields = fields


class TimelineEntrySerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    actor = serializers.CharField(allow_null=True, help_text="Who did it, as they were called then.")
    kind = serializers.ChoiceField(choices=("note", "change", "event"))
    title = serializers.CharField()
    text = serializers.CharField()
    event = serializers.CharField(help_text="Uid of the ledger's event, for who may read it; else empty.")


class TimelineSerializer(serializers.Serializer[Any]):
    """The newest 200 things that happened, the newest first."""

    entries = TimelineEntrySerializer(many=True)


class NoteAddSerializer(serializers.Serializer[Any]):
    # Trimmed and measured by the service, which says what is wrong in the same words everywhere.
    text = TextField(allow_blank=True)


class CloseSerializer(serializers.Serializer[Any]):
    disposition = serializers.CharField(help_text="A disposition of the item's programme, by its code.")
    reason_code = serializers.CharField(help_text="A reason code that goes with it.")
    rationale = TextField(allow_blank=True)


class BulkCloseSerializer(CloseSerializer):
    incidents = serializers.ListField(child=serializers.CharField(), min_length=1, max_length=MAX_BULK)
    versions = serializers.DictField(
        child=serializers.IntegerField(min_value=1), help_text="By reference, the version of each that you looked at."
    )


class SkippedSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    why = serializers.CharField()


class WaitingForApprovalSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    approval_request_id = serializers.IntegerField()


class BulkResultSerializer(serializers.Serializer[Any]):
    closed = serializers.ListField(child=serializers.CharField())
    skipped = SkippedSerializer(many=True)
    approvals = WaitingForApprovalSerializer(many=True)


class AssignSerializer(ReasonSerializer):
    to = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Id of the person.")


class WaitSerializer(serializers.Serializer[Any]):
    waiting_for = serializers.CharField()
    until = serializers.DateTimeField()


class MoveSerializer(ReasonSerializer):
    queue = serializers.CharField(help_text="Slug of a queue that you may see.")


class EscalateSerializer(ReasonSerializer):
    case = serializers.CharField(required=False, help_text="Reference of the case to join; none: a new one.")


class IncidentOpenSerializer(serializers.Serializer[Any]):
    queue = serializers.CharField(help_text="Slug of the queue that is to look at it.")
    typology = serializers.CharField()
    title = serializers.CharField()
    text = TextField(help_text="What was seen; kept as the first note.")
    account = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="Id of an account.")
    customer = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="Id of a customer.")
