"""Who may do what with rules, models and alerts."""

from finobs.core.access import AccessRule as Says
from finobs.core.access import register as say


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
        say(model, view=Says("model:read"), create=Says("model:config"), change=Says("model:config"))
    # Whoever answers for compliance agrees to what decides; who configures models proposes it.
    say(ModelVersion, train=Says("model:retrain"), approve=Says("compliance:resolve"))
    say(TrainingRun, view=Says("model:read"), cancel=Says("model:retrain"), retry=Says("model:retrain"))
    say(Assessment, view=Says("transaction:read"), decide=Says("transaction:create"))
    for again in (Reassessment, ReassessmentRun, LateBatch):
        say(again, view=Says("transaction:read"))
    # Without it late payments change nothing that was decided, so it is not for everybody who reads them.
    say(ReassessmentRun, cancel=Says("system:config"), retry=Says("system:config"))
    say(Assessment, explain=Says("explain:read"))
    say(Alert, view=Says("anomaly:read"))
