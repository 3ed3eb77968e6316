"""Writing to the ledger. The sealer is in `seal`, what others signed in `witness`."""

from ..actors import acting_user
from ..merkle import leaf_hash
from .record import NewEvent, event_value, record, record_many, subject_key, timestamp

__all__ = ["NewEvent", "acting_user", "event_value", "leaf_hash", "record", "record_many", "subject_key", "timestamp"]
