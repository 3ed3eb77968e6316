from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from approvals import registry
        from detection import hooks
        from finobs.accounts import unit_contents
        from finobs.core import clock, schedule
        from transactions import hooks as incoming

        from . import approval_actions, capacity, customer_erasure, policy, queries, routing, selectors
        from .policies import programmes
        from .services import delivery_fault_gather, gather_alerts, items_erase

        policy.register()
        self._register_navigation()
        registry.register(approval_actions.case_action())
        registry.register(approval_actions.incident_action())
        registry.register(customer_erasure.action())
        incoming.register_erasure_obstacle(customer_erasure.open_case_obstacles)
        incoming.register_eraser("work_items", items_erase)
        hooks.register_alert_grouper(gather_alerts)
        hooks.register_capacity_provider(capacity.capacity_for)
        hooks.register_typologies(programmes.typology_labels)
        incoming.register_counter("incidents", queries.incidents_opened_by_batches)
        incoming.register_fault_listener(delivery_fault_gather)
        incoming.register_delivery_locator(selectors.delivery_locations)
        incoming.register_account_check(routing.why_account_stays)
        unit_contents.register("queues", routing.queues_in)
        unit_contents.register("open incidents", routing.open_incidents_in)
        unit_contents.register("open cases", routing.open_cases_in)
        unit_contents.register_move_check(routing.why_unit_stays)
        hooks.register_alert_locator(selectors.alert_location)
        schedule.register(
            schedule.ScheduledTask("let priorities age", "cases.tasks.priorities_refresh", clock.DAY),
            schedule.ScheduledTask("wake what waits", "cases.tasks.items_wake", clock.MINUTE),
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
            NavigationEntry("cases:work-policies", "Work policies", "adjustments", reading, WORK, 60, go="w"),
            NavigationEntry(my_work, "Due soon", "hourglass", reading, HEADER, 10, counter="sla", hot=True),
            NavigationEntry("cases:search", "Search", "search", reading, SEARCH),
            NavigationEntry(my_work, "Work", "inbox", reading, BOTTOM, 10),
            NavigationEntry("cases:search", "Search", "search", reading, BOTTOM, 20),
        )
