"""Which transactions may use a label that comes later than they did."""

from __future__ import annotations

from finobs.core.db.ids import reserve
from finobs.core.db.locks import lock_writers_out

from ..models import Transaction


def label_watermark() -> int:
    """The greatest transaction id so far, while nothing comes in: whoever gets a greater one may use the labels."""
    # On PostgreSQL whoever brings rows in waits until the labels are committed, or is waited for: else a row with a
    # greater id could be decided without them, and have them when it is described again. SQLite has one writer.
    lock_writers_out(Transaction)
    return reserve(Transaction, 1)[0] - 1
