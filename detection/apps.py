from django.apps import AppConfig


class DetectionConfig(AppConfig):
    name = "detection"

    def ready(self) -> None:
        from approvals import registry
        from transactions import hooks as transactions

        from . import policy, promoting
        from .models import Alert
        from .services import assess, ensure_judges

        policy.register()
        for action in promoting.actions():
            registry.register(action)
        transactions.register_assessor(assess)
        transactions.register_preparation(ensure_judges)
        transactions.register_counter("alerts", Alert.objects.count)
