"""Every write of this room."""

from ..row_validation import RawRow
from .ingest import LARGEST_BATCH, Ingested, RowResult, ingest
from .labels import Labelled, LabelResult, labels_add
from .quarantine import quarantine_correct, quarantine_discard, quarantine_release
from .source import source_change, source_create

__all__ = [
    "LARGEST_BATCH",
    "Ingested",
    "LabelResult",
    "Labelled",
    "RawRow",
    "RowResult",
    "ingest",
    "labels_add",
    "quarantine_correct",
    "quarantine_discard",
    "quarantine_release",
    "source_change",
    "source_create",
]
