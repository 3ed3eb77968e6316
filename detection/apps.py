from django.apps import AppConfig


class DetectionConfig(AppConfig):
    name = "detection"

    def ready(self) -> None:
        from approvals import registry
        from finobs.core import clock, health, schedule
        from finobs.core.jobs import kinds
        from transactions.records import kinds as records

        from . import policy
        from .alerts import external_records
        from .assessment_check import check_health
        from .ml.registry import approval_actions
        from .ml.training.jobs import TrainingJob
        from .pipeline.late.jobs import ReassessmentJob

        policy.register()
        self._register_navigation()
        self._register_hooks()
        for action in approval_actions.actions():
            registry.register(action)
        records.register(external_records.ALERT_KIND)
        kinds.register(TrainingJob())
        kinds.register(ReassessmentJob())
        health.register("detection", check_health)
        schedule.register(
            schedule.ScheduledTask(
                "look again at what late transactions touched", "detection.tasks.reassess", clock.MINUTE // 2
            ),
            schedule.ScheduledTask(
                "explain alerts that were raised without", "detection.tasks.explanations_due", clock.MINUTE
            ),
            schedule.ScheduledTask(
                "see to the first rules and the first model", "detection.tasks.detectors_ensure", clock.MINUTE
            ),
            schedule.ScheduledTask(
                "train on outcomes when enough are known", "detection.tasks.training_due", clock.DAY
            ),
        )

    def _register_hooks(self) -> None:
        """What `transactions`, which knows nothing of detection, calls."""
        from transactions import hooks

        from .alerts.queries import alerts_of_batches
        from .alerts.services import external_alerts_erase
        from .bootstrap import ensure_default_detectors, ensure_first_rules
        from .pipeline.active import send_for_detectors
        from .pipeline.assess import assess

        hooks.register_assessor(assess, send_for_detectors)
        hooks.register_preparation(ensure_default_detectors)
        hooks.register_source_preparation(ensure_first_rules)
        hooks.register_counter("alerts", alerts_of_batches)
        hooks.register_eraser("alerts", external_alerts_erase)

    def _register_navigation(self) -> None:
        from finobs.core.navigation import DETECTION, WORK, NavigationEntry, register, register_near

        register(
            NavigationEntry("detection:alert-list", "Alerts", "bell", "anomaly:read", WORK, 40, go="a"),
            NavigationEntry("detection:rule-list", "Rules", "adjustments", "model:read", DETECTION, 10, go="r"),
            NavigationEntry("detection:model-list", "Models", "chart-line", "model:read", DETECTION, 20, go="o"),
        )
        register_near("detection:training-list", "detection:model-list")
        register_near("detection:reassessment-list", "transactions:batch-list")
