"""Writing to the ledger. The sealer is in `seal`, what others signed in `witness`."""

from ..actors import acting_user
from ..merkle import leaf_hash
from .record import NewEvent, record, record_many, subject_key, timestamp

__all__ = ["NewEvent", "acting_user", "leaf_hash", "record", "record_many", "subject_key", "timestamp"]
