from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"

    def ready(self) -> None:
        from finobs.core import clock, gate, navigation, schedule

        from . import policy, selectors
        from .guard import ApprovalGuard

        policy.register()
        gate.install(ApprovalGuard())
        navigation.register_counter("approvals", selectors.inbox_count)
        self._register_navigation()
        schedule.register(
            schedule.ScheduledTask(
                "end requests for approval whose time is up", "approvals.tasks.expire_due", clock.MINUTE
            )
        )

    def _register_navigation(self) -> None:
        from finobs.core.navigation import BOTTOM, HEADER, WORK, NavigationEntry, register

        inbox, permission, counter = "approvals:inbox", "compliance:read", "approvals"
        register(
            NavigationEntry(inbox, "Approvals", "checks", permission, WORK, 50, "p", counter, "to approve"),
            NavigationEntry(inbox, "To approve", "checks", permission, HEADER, 20, counter=counter),
            NavigationEntry(inbox, "Approvals", "checks", permission, BOTTOM, 30, counter=counter),
        )
