from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "finobs.ledger"
    label = "ledger"
    verbose_name = "Ledger"

    def ready(self) -> None:
        from . import policy

        policy.register()
