"""The places of what came in, in the shell around every page."""

from __future__ import annotations

from typing import Final

from finobs.core.navigation import DATA, NavigationEntry, register, register_counter, register_near

READ: Final = "transaction:read"
ENTRIES: Final = (
    NavigationEntry("transactions:transaction-list", "Transactions", "arrows-exchange", READ, DATA, 10, go="t"),
    NavigationEntry("transactions:customer-list", "Customers", "users", READ, DATA, 15, go="e"),
    NavigationEntry("transactions:account-list", "Accounts", "building-bank", READ, DATA, 20, go="c"),
    NavigationEntry("transactions:counterparty-list", "Counterparties", "users", READ, DATA, 25, go="y"),
    NavigationEntry("transactions:batch-list", "Batches", "database-import", READ, DATA, 30, go="b"),
    # Whoever feeds a source, and reads nothing else, sees what came of it.
    NavigationEntry(
        "transactions:delivery-calendar", "Deliveries", "calendar", READ, DATA, 35, "v", "deliveries", "open faults",
        hot=True, or_permission="transaction:create",
    ),
    NavigationEntry("transactions:quarantine-list", "Quarantine", "alert-triangle", READ, DATA, 40, go="u"),
    NavigationEntry("transactions:exchange-rate-list", "Exchange rates", "coin", READ, DATA, 60, go="x"),
)  # fmt: skip


def register_entries() -> None:
    from .deliveries.selectors import fault_count

    register(*ENTRIES)
    register_counter("deliveries", fault_count)
    register_near("transactions:source-list", "transactions:delivery-calendar")
