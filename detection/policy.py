"""Who may do what with rules, models and alerts."""

from finobs.core import access
from finobs.core.access import AccessRule


def register() -> None:
    from .models import (
        Alert,
        Assessment,
        LateBatch,
        ModelVersion,
        Reassessment,
        ReassessmentRun,
        Rule,
        RuleVersion,
        TrainingRun,
    )  # fmt: skip

    for model in (Rule, RuleVersion, ModelVersion):
        access.register(
            model, view=AccessRule("model:read"), create=AccessRule("model:config"), change=AccessRule("model:config")
        )
    # Whoever answers for compliance agrees to what decides; who configures models proposes it.
    access.register(ModelVersion, train=AccessRule("model:retrain"), approve=AccessRule("compliance:resolve"))
    access.register(
        TrainingRun,
        view=AccessRule("model:read"),
        cancel=AccessRule("model:retrain"),
        retry=AccessRule("model:retrain"),
    )
    access.register(Assessment, view=AccessRule("transaction:read"), decide=AccessRule("transaction:create"))
    for late_model in (Reassessment, ReassessmentRun, LateBatch):
        access.register(late_model, view=AccessRule("transaction:read"))
    # Without it late payments change nothing that was decided, so it is not for everybody who reads them.
    access.register(ReassessmentRun, cancel=AccessRule("system:config"), retry=AccessRule("system:config"))
    access.register(Assessment, explain=AccessRule("explain:read"))
    access.register(Alert, view=AccessRule("anomaly:read"), explanations_fill=AccessRule("system:config"))
