"""Rules and models in versions, what they made of each transaction, and the alerts they raised."""

from .alerts import Alert
from .assessments import Assessment, ShadowScore
from .model_versions import ModelVersion
from .reassessments import LateBatch, Reassessment, ReassessmentRun
from .rules import Rule, RuleVersion
from .training import TrainingRun

__all__ = [
    "Alert",
    "Assessment",
    "LateBatch",
    "ModelVersion",
    "Reassessment",
    "ReassessmentRun",
    "Rule",
    "RuleVersion",
    "ShadowScore",
    "TrainingRun",
]
