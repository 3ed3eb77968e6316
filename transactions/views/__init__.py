"""Pages of what came in: transactions, accounts, batches and the quarantine."""

from .accounts import account_activity, account_detail, account_list
from .batches import batch_detail, batch_list
from .quarantine import (
    quarantine_correct,
    quarantine_detail,
    quarantine_discard,
    quarantine_file,
    quarantine_list,
    quarantine_raw,
    quarantine_release,
)
from .transactions import transaction_detail, transaction_list

__all__ = [
    "account_activity", "account_detail", "account_list", "batch_detail", "batch_list", "quarantine_correct",
    "quarantine_detail", "quarantine_discard", "quarantine_file", "quarantine_list", "quarantine_raw",
    "quarantine_release", "transaction_detail", "transaction_list",
]  # fmt: skip
