"""Every write of this room."""

from ..rows import RawRow
from .ingest import LARGEST_BATCH, Ingested, RowResult, ingest
from .quarantine import quarantine_correct, quarantine_discard, quarantine_release
from .source import source_change, source_create

__all__ = [
    "LARGEST_BATCH",
    "Ingested",
    "RawRow",
    "RowResult",
    "ingest",
    "quarantine_correct",
    "quarantine_discard",
    "quarantine_release",
    "source_change",
    "source_create",
]
