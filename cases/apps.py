from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from approvals import registry
        from detection import hooks
        from finobs.core import schedule
        from transactions.hooks import register_counter

        from . import approval_actions, capacity, policy, selectors
        from .models import Case
        from .services import group_alerts

        policy.register()
        registry.register(approval_actions.action())
        hooks.register_gatherer(group_alerts)
        hooks.register_capacities(capacity.capacity_for)
        register_counter("cases", Case.objects.count)
        hooks.register_locator(selectors.place_of_alert)
        schedule.register(
            schedule.Periodic("let priorities age", "cases.tasks.priorities_refresh", schedule.DAY),
        )
