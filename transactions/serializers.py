"""What the API says of what came in. Money is decimal text with its currency beside it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from finobs.core.serializers import ReasonSerializer

from . import selectors
from .choices import LabelStatus, RowStatus
from .models import Account, Batch, Label, QuarantinedRow, Source, Transaction
from .presentation import party_of
from .request_body import IncomingTransactionSerializer
from .row_validation import printable
from .services import BatchResult


class SourceSlugSerializer(serializers.Serializer[Any]):
    """Names the source by its slug."""

    source = serializers.SlugRelatedField[Source](  # type: ignore[assignment]
        slug_field="slug", read_only=True
    )


class SourceSerializer(serializers.ModelSerializer[Source]):
    unit = serializers.CharField(source="unit.code", help_text="The unit whose accounts it brings")
    mapping = serializers.DictField()

    class Meta:
        model = Source
        fields = (
            "slug",
            "name",
            "default_currency",
            "time_zone",
            "unit",
            "is_active",
            "mapping",
            "attributes",
            "version",
        )


class SourceCreateSerializer(serializers.Serializer[Any]):
    slug = serializers.SlugField(max_length=40)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    default_currency = serializers.CharField(max_length=3, required=False, allow_blank=True, default="")
    time_zone = serializers.CharField(max_length=64, default="UTC")
    attributes = serializers.DictField(
        default=dict, help_text="Further columns that are kept: name, and its type, label and filter"
    )
    unit = serializers.SlugField(max_length=40, required=False, help_text="Code; the whole organisation if left out")


class SourceChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    default_currency = serializers.CharField(max_length=3, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=64, required=False)
    mapping = serializers.DictField(required=False, help_text="Field of a transaction: column of the file")
    attributes = serializers.DictField(required=False)
    unit = serializers.SlugField(
        max_length=40, required=False, help_text="Code; new accounts are made there, those that are there stay"
    )
    is_active = serializers.BooleanField(required=False)


class AccountMoveSerializer(ReasonSerializer):
    unit = serializers.SlugField(max_length=40, help_text="Code of the unit that it goes to, with its transactions")


class AccountSerializer(SourceSlugSerializer, serializers.ModelSerializer[Account]):
    unit = serializers.CharField(source="unit.code")
    latest_at = serializers.DateTimeField(read_only=True, allow_null=True)
    name = serializers.CharField(source="details.name", default="")
    kind = serializers.CharField(source="details.kind", default="")
    currency = serializers.CharField(source="details.currency", default="")
    opened_on = serializers.DateField(source="details.opened_on", default=None)
    closed_on = serializers.DateField(source="details.closed_on", default=None)
    status = serializers.CharField(source="details.status", default="")

    class Meta:
        model = Account
        fields = (
            "id", "source", "external_id", "unit", "created_at", "latest_at", "name", "kind", "currency", "opened_on",
            "closed_on", "status",
        )  # fmt: skip


class TransactionSerializer(SourceSlugSerializer, serializers.ModelSerializer[Transaction]):
    account = serializers.CharField(source="account.external_id")
    counterparty = serializers.CharField(source="counterparty.external_id", default="")
    amount = serializers.CharField()
    balance_after = serializers.CharField(allow_null=True)
    attributes = serializers.SerializerMethodField()
    digest = serializers.SerializerMethodField()

    class Meta:
        model = Transaction
        fields = (
            "id", "source", "external_id", "batch_id", "position", "account_id", "account", "counterparty",
            "occurred_at", "received_at", "amount", "currency", "direction", "channel", "country", "memo", "digest",
            "method", "counterparty_country", "balance_after", "attributes",
        )  # fmt: skip

    def get_attributes(self, row: Transaction) -> dict[str, Any]:
        return row.attributes or {}

    def get_digest(self, row: Transaction) -> str:
        return bytes(row.digest).hex()


class TransactionDetailSerializer(TransactionSerializer):
    """With who pays whom, as far as its row says it."""

    originator = serializers.SerializerMethodField()
    beneficiary = serializers.SerializerMethodField()
    counterparty_details = serializers.SerializerMethodField()

    class Meta(TransactionSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *TransactionSerializer.Meta.fields, "originator", "beneficiary", "counterparty_details",
        )  # fmt: skip

    def get_originator(self, row: Transaction) -> dict[str, str]:
        return party_of(row, "originator")

    def get_beneficiary(self, row: Transaction) -> dict[str, str]:
        return party_of(row, "beneficiary")

    def get_counterparty_details(self, row: Transaction) -> dict[str, str]:
        return party_of(row, "counterparty")


class BatchSerializer(SourceSlugSerializer, serializers.ModelSerializer[Batch]):
    actor = serializers.CharField(source="actor_then.name")
    root = serializers.SerializerMethodField()  # type: ignore[assignment]

    class Meta:
        model = Batch
        fields = (
            "id", "source", "kind", "method", "actor", "file_name", "first_row", "received_at", "received", "accepted",
            "duplicate", "quarantined", "already_quarantined", "layout", "root",
        )  # fmt: skip

    def get_root(self, batch: Batch) -> str:
        return bytes(batch.root).hex() if batch.root else ""


class QuarantinedRowSerializer(SourceSlugSerializer, serializers.ModelSerializer[QuarantinedRow]):
    actions = serializers.SerializerMethodField()

    class Meta:
        model = QuarantinedRow
        fields = (
            "id", "source", "kind", "batch_id", "row_number", "reason", "detail", "fields", "raw_size", "state",
            "version", "created_at", "resolved_at", "resolution", "transaction_id", "actions",
        )  # fmt: skip

    def get_actions(self, row: QuarantinedRow) -> list[str]:
        return selectors.quarantine_actions(self.context["request"].user, row)


class QuarantinedRowDetailSerializer(QuarantinedRowSerializer):
    """With what came, as far as text can show it."""

    raw = serializers.SerializerMethodField()

    class Meta(QuarantinedRowSerializer.Meta):
        fields = (*QuarantinedRowSerializer.Meta.fields, "raw")  # type: ignore[assignment]

    def get_raw(self, row: QuarantinedRow) -> str:
        return printable(row.raw_bytes[:20_000].decode("utf-8", "replace"), 20_000)


class CorrectionSerializer(serializers.Serializer[Any]):
    # Named so because `fields` is what a serializer calls its own.
    values = serializers.DictField(child=serializers.CharField(allow_blank=True, allow_null=True, max_length=10_000))


class IngestRequestSerializer(serializers.Serializer[Any]):
    source = serializers.SlugField()  # type: ignore[assignment]
    transactions = IncomingTransactionSerializer(many=True)


class BatchRowResultSerializer(serializers.Serializer[Any]):
    """What became of one row."""

    row_number = serializers.IntegerField()
    external_id = serializers.CharField()
    transaction_id = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    detail = serializers.CharField()


class RowResultSerializer(BatchRowResultSerializer):
    status = serializers.ChoiceField(choices=RowStatus.choices)
    outcome = serializers.CharField(help_text="approve, review or block; empty unless accepted now")
    score = serializers.FloatField(allow_null=True)
    alert_id = serializers.IntegerField(allow_null=True)
    quarantined_row_id = serializers.IntegerField(allow_null=True)


class IngestResultSerializer(serializers.Serializer[Any]):
    batch_id = serializers.IntegerField()
    received = serializers.IntegerField()
    accepted = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    quarantined = serializers.IntegerField()
    already_quarantined = serializers.IntegerField(help_text="Came again as they were held back before")
    results = RowResultSerializer(many=True)


class RecordResultSerializer(serializers.Serializer[Any]):
    """What became of one record. record_id: of the assertion that it made, or that says the same."""

    row_number = serializers.IntegerField()
    external_id = serializers.CharField(help_text="What the row is called at its source; of a tie, all that it ties")
    status = serializers.ChoiceField(choices=RowStatus.choices)
    record_id = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    detail = serializers.CharField()
    quarantined_row_id = serializers.IntegerField(allow_null=True)


class RecordsAddResultSerializer(serializers.Serializer[Any]):
    batch_id = serializers.IntegerField()
    received = serializers.IntegerField()
    accepted = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    quarantined = serializers.IntegerField()
    already_quarantined = serializers.IntegerField(help_text="Came again as they were held back before")
    results = RecordResultSerializer(many=True)


class LabelSerializer(serializers.ModelSerializer[Label]):
    source = serializers.CharField(source="transaction.source.slug")  # type: ignore[assignment]
    external_id = serializers.CharField(source="transaction.external_id")
    label_known_at = serializers.DateTimeField(source="known_at")
    label_batch_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = Label
        fields = (
            "transaction_id", "source", "external_id", "is_suspicious", "typology", "label_known_at", "label_batch_id",
        )  # fmt: skip


class IncomingLabelSerializer(serializers.Serializer[Any]):
    """A label on its way in: documentation only, for a row that does not hold is refused alone and is no 422."""

    external_id = serializers.CharField(max_length=100)
    is_suspicious = serializers.BooleanField()
    typology = serializers.CharField(max_length=40, required=False)
    label_known_at = serializers.DateTimeField(required=False, help_text="Since when it is known; now if left out")


class LabelsAddRequestSerializer(serializers.Serializer[Any]):
    source = serializers.SlugField()  # type: ignore[assignment]
    labels = IncomingLabelSerializer(many=True)


class LabelResultSerializer(BatchRowResultSerializer):
    status = serializers.ChoiceField(choices=LabelStatus.choices)


class LabelsAddResultSerializer(serializers.Serializer[Any]):
    label_batch_id = serializers.IntegerField()
    received = serializers.IntegerField()
    accepted = serializers.IntegerField()
    corrected = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = LabelResultSerializer(many=True)


def rows_response(result: BatchResult[Any, Any], serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The answer to rows that came in, as `serializer` describes it."""
    # Not by its `data`: a batch has up to ten thousand rows, and each would pay for every field of the serializer.
    fields: Any = serializer().fields
    key, *counts, rows = fields
    names = tuple(fields[rows].child.fields)
    answer: dict[str, Any] = {key: result.batch.pk} | {name: getattr(result.batch, name) for name in counts}
    answer[rows] = [{name: getattr(row, name) for name in names} for row in result.rows]
    return answer
