"""Every write of transactions, labels, the quarantine and sources."""

from ..row_validation import RawRow
from .account import account_move
from .deliveries_check import deliveries_check
from .delivery import delivery_announce, delivery_end, delivery_fault_settle, delivery_open, delivery_receive
from .delivery_schedule import delivery_schedule_change, delivery_schedule_create
from .exchange_rates import ExchangeRatesAddResult, RateResult, exchange_rates_add
from .ingest import ingest
from .ingest_result import IngestResult, RowResult
from .label_add import label_add
from .labels import LabelResult, LabelsAddResult, labels_add
from .party_details import account_change, counterparty_change
from .quarantine import quarantine_correct, quarantine_discard, quarantine_release
from .quarantine_erase import quarantine_expire
from .row_batch import MAX_BATCH_SIZE, BatchResult, BatchRowResult
from .source import source_change, source_create

__all__ = [
    "MAX_BATCH_SIZE",
    "BatchResult",
    "BatchRowResult",
    "ExchangeRatesAddResult",
    "IngestResult",
    "LabelResult",
    "LabelsAddResult",
    "RateResult",
    "RawRow",
    "RowResult",
    "account_change",
    "account_move",
    "counterparty_change",
    "deliveries_check",
    "delivery_announce",
    "delivery_end",
    "delivery_fault_settle",
    "delivery_open",
    "delivery_receive",
    "delivery_schedule_change",
    "delivery_schedule_create",
    "exchange_rates_add",
    "ingest",
    "label_add",
    "labels_add",
    "quarantine_correct",
    "quarantine_discard",
    "quarantine_expire",
    "quarantine_release",
    "source_change",
    "source_create",
]
