"""Who may do what with rules, models and alerts. What says something of transactions is for who may read those."""

from finobs.core import access
from finobs.core.access import AccessRule
from finobs.core.units import register_unit
from transactions.policy import FEED_GRANTS, READ_GRANTS


def register() -> None:
    from transactions.models import Source, Transaction

    from .models import (
        Alert,
        Assessment,
        LateBatch,
        ModelVersion,
        Reassessment,
        ReassessmentRun,
        Rule,
        RuleVersion,
        ShadowScore,
        TrainingRun,
    )

    for model in (Rule, RuleVersion, ModelVersion):
        access.register(
            model, view=AccessRule("model:read"), create=AccessRule("model:config"), change=AccessRule("model:config")
        )
    # Whoever answers for compliance agrees to what decides; who configures models proposes it.
    access.register(ModelVersion, train=AccessRule("model:retrain"), approve=AccessRule("compliance:resolve"))
    # One of all sources is the organisation's.
    of_source = ("source__unit",)
    access.register(
        TrainingRun,
        view=AccessRule("model:read", READ_GRANTS, of_source),
        cancel=AccessRule("model:retrain", READ_GRANTS, of_source),
        retry=AccessRule("model:retrain", READ_GRANTS, of_source),
    )
    of_transaction, its_source = ("transaction__unit",), "transaction__source"
    # What figures of models count: of the units whose data one may read.
    access.register(Transaction, measure=AccessRule("model:read", READ_GRANTS, ("unit",)))
    # What people concluded of a source's transactions, told by the reasons of others (`pipeline.clearance`).
    access.register(Source, read_outcomes=AccessRule("model:read", READ_GRANTS, ("unit",), source=""))
    for counted in (Assessment, ShadowScore, Alert):
        access.register(counted, measure=AccessRule("model:read", READ_GRANTS, of_transaction))
    for scored in (Assessment, ShadowScore, Reassessment):
        access.register(scored, view=AccessRule("transaction:read", READ_GRANTS, of_transaction, source=its_source))
        register_unit(scored, "transaction.unit_id")
    access.register(
        Assessment,
        # Whoever feeds a source is told what was decided of what came by it, and need not read anything else.
        decide=AccessRule("transaction:create", FEED_GRANTS, ("transaction__source__unit",), source=its_source),
        explain=AccessRule("explain:read", source=its_source),
    )
    for late_model in (ReassessmentRun, LateBatch):
        access.register(late_model, view=AccessRule("transaction:read", READ_GRANTS, of_source, source="source"))
        register_unit(late_model, "source.unit_id")
    # Without it late payments change nothing that was decided, so it is not for everybody who reads them.
    late_job = AccessRule("system:config", READ_GRANTS, of_source)
    access.register(ReassessmentRun, cancel=late_job, retry=late_job)
    access.register(
        Alert,
        # Of its account, or of the customer whom another system's is about.
        view=AccessRule("anomaly:read", source=("account__source", "customer__source")),
        explanations_fill=AccessRule("system:config"),
    )
    register_unit(Alert, ("account.unit_id", "customer.unit_id"))
    register_unit(TrainingRun, "source.unit_id")
    register_unit(Rule, "source.unit_id")
