"""Writing to the ledger. The sealer is in `seal`, what others signed in `witness`."""

from ..merkle import leaf_hash
from .record import SCHEMA, Entry, record, record_many, subject_key, timestamp

__all__ = ["SCHEMA", "Entry", "leaf_hash", "record", "record_many", "subject_key", "timestamp"]
