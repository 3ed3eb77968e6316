"""Every write of this room."""

from ..row_validation import RawRow
from .ingest import MAX_BATCH_SIZE, IngestResult, RowResult, ingest
from .label_add import label_add
from .labels import LabelResult, LabelsAddResult, labels_add
from .quarantine import quarantine_correct, quarantine_discard, quarantine_release
from .source import source_change, source_create

__all__ = [
    "MAX_BATCH_SIZE",
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
