from django.apps import AppConfig


class DetectionConfig(AppConfig):
    name = "detection"

    def ready(self) -> None:
        from transactions import hooks as transactions

        from . import policy
        from .models import Alert
        from .services import assess, ensure_judges

        policy.register()
        transactions.register_assessor(assess)
        transactions.register_preparation(ensure_judges)
        transactions.register_counter("alerts", Alert.objects.count)
