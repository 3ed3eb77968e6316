from django.apps import AppConfig


class JobTestsConfig(AppConfig):
    """Two kinds of job for tests; `settings/test.py` installs it, nothing else does."""

    name = "finobs.core.jobs.tests"
    label = "job_tests"

    def ready(self) -> None:
        from finobs.core import access
        from finobs.core.jobs import kinds as registry

        from . import kinds

        rules = {action: access.AccessRule("model:retrain") for action in ("cancel", "retry")}
        for kind in (kinds.ErrandKind(), kinds.RoundKind()):
            access.register(kind.model, view=access.AccessRule("model:read"), **rules)
            registry.register(kind)
