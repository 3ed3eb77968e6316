from django.apps import AppConfig
from django.conf import settings


def is_sealed_by_schedule() -> bool:
    """A sealer with a process of its own needs no beat."""
    return bool(settings.LEDGER_SEALED_BY_SCHEDULE)


class LedgerConfig(AppConfig):
    name = "finobs.ledger"
    label = "ledger"
    verbose_name = "Ledger"

    def ready(self) -> None:
        from finobs.core import health, navigation, schedule

        from . import policy, queries

        policy.register()
        navigation.register(
            navigation.NavigationEntry(
                "ledger:event-list", "Ledger", "shield-check", "audit:read", navigation.RECORDS, 10, go="l"
            )
        )
        health.register("ledger", queries.check_health)
        schedule.register(
            schedule.ScheduledTask("seal the ledger", "finobs.ledger.tasks.seal", 1, is_needed=is_sealed_by_schedule)
        )
