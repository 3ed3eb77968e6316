"""Every write of transactions, labels, the quarantine and sources."""

from ..row_validation import RawRow
from .ingest import IngestResult, RowResult, ingest
from .label_add import label_add
from .labels import LabelResult, LabelsAddResult, labels_add
from .quarantine import quarantine_correct, quarantine_discard, quarantine_release
from .row_batch import MAX_BATCH_SIZE, BatchResult, BatchRowResult
from .source import source_change, source_create

__all__ = [
    "MAX_BATCH_SIZE",
    "BatchResult",
    "BatchRowResult",
    "IngestResult",
    "LabelResult",
    "LabelsAddResult",
    "RawRow",
    "RowResult",
    "ingest",
    "label_add",
    "labels_add",
    "quarantine_correct",
    "quarantine_discard",
    "quarantine_release",
    "source_change",
    "source_create",
]
