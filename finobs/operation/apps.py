from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _schedule(**_: Any) -> None:
    from .schedule import synchronise

    synchronise()


class OperationConfig(AppConfig):
    name = "finobs.operation"
    label = "operation"
    verbose_name = "Operation"

    def ready(self) -> None:
        from django.apps import apps

        post_migrate.connect(_schedule, sender=apps.get_app_config("django_celery_beat"), dispatch_uid="schedule")
