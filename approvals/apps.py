from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"

    def ready(self) -> None:
        from finobs.core import gate, shell

        from . import policy, selectors
        from .guard import ApprovalGuard

        policy.register()
        gate.install(ApprovalGuard())
        shell.register_counter("approvals", selectors.inbox_count)
