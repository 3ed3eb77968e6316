from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "finobs.core"
    label = "core"
    verbose_name = "Core"

    def ready(self) -> None:
        from finobs.celery import app  # noqa: F401  (binds the Celery app to this process)
