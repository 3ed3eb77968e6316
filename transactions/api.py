"""Ingestion for machines, and reads over the same selectors and filters as the pages."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from finobs.accounts.unit_selectors import with_unit
from finobs.core.api import SelectorDetail, SelectorList, ServiceAction, ServiceCreate, Subject
from finobs.core.serializers import ReasonSerializer

from . import filters, party_serializers, selectors, serializers, services
from .choices import IngestMethod, RecordKind
from .models import Account, Batch, Label, QuarantinedRow, Source, Transaction
from .records.services import records_add
from .row_batch_list import RowBatchList


class TransactionList(RowBatchList[Transaction]):
    """Transactions that you may see, the latest to come in first."""

    selector = selectors.transactions_visible
    serializer_class = serializers.TransactionSerializer
    filterset_class = filters.TransactionFilter
    service = partial(services.ingest, method=IngestMethod.REST)
    body_class = serializers.IngestRequestSerializer
    answer_class = serializers.IngestResultSerializer
    operation_id = "transactions_ingest"
    rows_key = "transactions"

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """One transaction, a list of them with ?source=, or an object with source and transactions: 1 to 10,000 rows.

        A bad row goes to quarantine and never stops its neighbours.
        """
        return self.act()


class TransactionDetail(SelectorDetail[Transaction]):
    """One transaction, with who pays whom where its row says it."""

    selector = selectors.transaction_get
    serializer_class = serializers.TransactionDetailSerializer


class AccountList(RowBatchList[Account]):
    """Accounts, each with the time of its latest transaction; the latest to appear first."""

    selector = selectors.accounts_visible
    serializer_class = serializers.AccountSerializer
    filterset_class = filters.AccountFilter
    service = partial(records_add, kind=RecordKind.ACCOUNT, method=IngestMethod.REST)
    body_class = party_serializers.AccountsAddRequestSerializer
    operation_id = "accounts_add"
    rows_key = "accounts"

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """What is known of one account, a list of them with ?source=, or an object with source and accounts: 1 to
        10,000 rows. What a row leaves out stays as it is."""
        return self.act()


class AccountDetail(SelectorDetail[Account]):
    """One account."""

    selector = selectors.account_get
    serializer_class = serializers.AccountSerializer


class AccountMove(ServiceAction[Account]):
    """Put an account, with all its transactions, into another unit; its cases stay where they were opened."""

    subject = Subject("account", selectors.account_get)
    serializer_class = serializers.AccountSerializer
    service = services.account_move
    body_class = serializers.AccountMoveSerializer

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return with_unit(self.request.user, body)


class BatchList(SelectorList[Batch]):
    """What came in together, with what became of its rows; the latest first."""

    selector = selectors.batches_visible
    serializer_class = serializers.BatchSerializer
    filterset_class = filters.BatchFilter


class BatchDetail(SelectorDetail[Batch]):
    """One batch."""

    selector = selectors.batch_get
    serializer_class = serializers.BatchSerializer


class LabelList(RowBatchList[Label]):
    """What is known of transactions as it stands, corrected or not; the latest first."""

    selector = selectors.labels_visible
    serializer_class = serializers.LabelSerializer
    filterset_class = filters.LabelFilter
    service = services.labels_add
    body_class = serializers.LabelsAddRequestSerializer
    answer_class = serializers.LabelsAddResultSerializer
    operation_id = "labels_add"
    rows_key = "labels"

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """What became known of transactions that are in: one label, a list of them with ?source=, or an object with
        source and labels: 1 to 10,000. A refused row never stops its neighbours.
        """
        return self.act()


class SourceList(SelectorList[Source], ServiceCreate[Source]):
    """Where transactions come from."""

    selector = selectors.sources_visible
    serializer_class = serializers.SourceSerializer
    ordering = ("slug",)
    service = services.source_create
    body_class = serializers.SourceCreateSerializer

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Make a source. With the first one come the first rules, so that nothing comes in without assessment."""
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return with_unit(self.request.user, body)


class SourceDetail(SelectorDetail[Source], ServiceAction[Source]):
    """One source."""

    http_method_names = ("get", "patch", "head", "options")
    selector = selectors.source_get
    serializer_class = serializers.SourceSerializer
    subject = Subject("source", selectors.source_get)
    service = services.source_change
    body_class = serializers.SourceChangeSerializer

    def patch(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Change its name, defaults, mapping, attributes, unit or activity; what is left out stays."""
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return with_unit(self.request.user, body)


class QuarantineList(SelectorList[QuarantinedRow]):
    """Rows that could not be taken as they were, the latest first."""

    selector = selectors.quarantine_visible
    serializer_class = serializers.QuarantinedRowSerializer
    filterset_class = filters.QuarantineFilter


class QuarantineDetail(SelectorDetail[QuarantinedRow]):
    """One row, with what came as far as text can show it."""

    selector = selectors.quarantined_row_get
    serializer_class = serializers.QuarantinedRowDetailSerializer


class QuarantineAction(ServiceAction[QuarantinedRow]):
    """Shared by the three things that can be done with a quarantined row."""

    subject = Subject("row", selectors.quarantined_row_get)
    serializer_class = serializers.QuarantinedRowSerializer
    body_class: type[Serializer[Any]] = ReasonSerializer


class QuarantineCorrect(QuarantineAction):
    """Replace the fields of a row; what came stays beside them."""

    service = services.quarantine_correct
    body_class = serializers.CorrectionSerializer

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        return {"fields": body["values"]}


class QuarantineRelease(QuarantineAction):
    """Take a row in, by the same way as every other. It stays open, with the reason, if it still fails."""

    service = services.quarantine_release


class QuarantineDiscard(QuarantineAction):
    """Say that a row will not be taken in. It is kept."""

    service = services.quarantine_discard
