from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "finobs.core"
    label = "core"
    verbose_name = "Core"

    def ready(self) -> None:
        from django.apps import apps
        from django.db.models.signals import post_migrate

        from finobs.celery import app  # noqa: F401  (binds the Celery app to this process)

        from . import clock, health, navigation, schedule

        navigation.register(
            navigation.NavigationEntry(
                "admin:index", "Admin", "settings", group=navigation.RECORDS, order=90, go="d", staff=True
            )
        )
        schedule.register(
            schedule.ScheduledTask("drop old answers and sessions", "finobs.core.tasks.tidy", clock.DAY),
            schedule.ScheduledTask("wake jobs that nobody works on", "finobs.core.tasks.jobs_wake", clock.MINUTE),
        )
        health.register("schedule", schedule.check_health)
        beat = apps.get_app_config("django_celery_beat")
        post_migrate.connect(schedule.synchronise, sender=beat, dispatch_uid="finobs.core.schedule")
