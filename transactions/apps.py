from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "transactions"

    def ready(self) -> None:
        from finobs.core.navigation import DATA, NavigationEntry, register

        from . import policy

        policy.register()
        register(
            NavigationEntry(
                "transactions:transaction-list", "Transactions", "arrows-exchange", "transaction:read", DATA, 10, go="t"
            ),
            NavigationEntry(
                "transactions:account-list", "Accounts", "building-bank", "transaction:read", DATA, 20, go="c"
            ),
            NavigationEntry(
                "transactions:batch-list", "Batches", "database-import", "transaction:read", DATA, 30, go="b"
            ),
            NavigationEntry(
                "transactions:quarantine-list", "Quarantine", "alert-triangle", "transaction:read", DATA, 40, go="u"
            ),
        )
