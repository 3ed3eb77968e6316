from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"

    def ready(self) -> None:
        from finobs.core import gate, navigation, schedule

        from . import policy, selectors
        from .guard import ApprovalGuard

        policy.register()
        gate.install(ApprovalGuard())
        navigation.register_counter("approvals", selectors.inbox_count)
        schedule.register(
            schedule.Periodic(
                "end requests for approval whose time is up", "approvals.tasks.expire_due", schedule.MINUTE
            )
        )
