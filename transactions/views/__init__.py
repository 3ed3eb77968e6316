"""Pages of what came in: transactions, accounts, batches and the quarantine."""

from .accounts import account_activity, account_change, account_detail, account_list
from .batches import batch_detail, batch_list
from .counterparties import counterparty_change, counterparty_detail, counterparty_list
from .exchange_rates import exchange_rate_list
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
    "account_activity", "account_change", "account_detail", "account_list", "batch_detail", "batch_list",
    "counterparty_change", "counterparty_detail", "counterparty_list", "exchange_rate_list", "quarantine_correct",
    "quarantine_detail", "quarantine_discard", "quarantine_file", "quarantine_list", "quarantine_raw",
    "quarantine_release", "transaction_detail", "transaction_list",
]  # fmt: skip
