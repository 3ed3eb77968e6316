from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from approvals import registry
        from detection import hooks
        from finobs.core import clock, schedule
        from transactions.hooks import register_counter

        from . import approval_actions, capacity, policy, queries, selectors
        from .services import group_alerts

        policy.register()
        self._register_navigation()
        registry.register(approval_actions.action())
        hooks.register_alert_grouper(group_alerts)
        hooks.register_capacity_provider(capacity.capacity_for)
        register_counter("cases", queries.cases_opened_by_batches)
        hooks.register_alert_locator(selectors.alert_location)
        schedule.register(
            schedule.ScheduledTask("let priorities age", "cases.tasks.priorities_refresh", clock.DAY),
        )

    def _register_navigation(self) -> None:
        from finobs.core.navigation import BOTTOM, HEADER, SEARCH, WORK, NavigationEntry, register

        my_work, reading = "cases:my-work", "compliance:read"
        register(
            NavigationEntry(
                my_work, "My work", "inbox", reading, WORK, 10, "m", counter="sla", counter_label="due soon"
            ),
            NavigationEntry("cases:queue-list", "Queues", "stack-2", reading, WORK, 20, go="q"),
            NavigationEntry("cases:incident-list", "Incidents", "hierarchy", reading, WORK, 30, go="i"),
            NavigationEntry(my_work, "Due soon", "hourglass", reading, HEADER, 10, counter="sla", hot=True),
            NavigationEntry("cases:search", "Search", "search", reading, SEARCH),
            NavigationEntry(my_work, "Work", "inbox", reading, BOTTOM, 10),
            NavigationEntry("cases:search", "Search", "search", reading, BOTTOM, 20),
        )
