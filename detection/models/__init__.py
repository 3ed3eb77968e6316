"""Rules and models in versions, what they made of each transaction, and the alerts they raised."""

from .alerts import Alert
from .assessments import Assessment, ShadowScore
from .external_alerts import ExternalAlert
from .model_versions import ModelVersion
from .reassessments import LateBatch, OverlapCheck, Reassessment, ReassessmentRun
from .rules import Rule, RuleVersion
from .training import TrainingRun

__all__ = [
    "Alert",
    "Assessment",
    "ExternalAlert",
    "LateBatch",
    "ModelVersion",
    "OverlapCheck",
    "Reassessment",
    "ReassessmentRun",
    "Rule",
    "RuleVersion",
    "ShadowScore",
    "TrainingRun",
]
