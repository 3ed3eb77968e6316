from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "finobs.ledger"
    label = "ledger"
    verbose_name = "Ledger"

    def ready(self) -> None:
        from finobs.core import health

        from . import policy, selectors

        policy.register()
        health.register("ledger", selectors.health)
