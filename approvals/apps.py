from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"

    def ready(self) -> None:
        from finobs.core import gate

        from . import policy
        from .guard import ApprovalGuard

        policy.register()
        gate.install(ApprovalGuard())
