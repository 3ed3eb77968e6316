"""Pages of detection: one file for what one kind of page is about."""

from ..alerts.views import (
    alert_detail,
    alert_explanation,
    alert_list,
    alert_replay,
    transaction_assessment,
    transaction_explanation,
)
from ..ml.registry.views import model_detail, model_list, model_step
from ..ml.training.views import training_cancel, training_detail, training_list, training_request
from ..pipeline.late.views import batch_late, reassessment_list
from ..rules.views import rule_change, rule_detail, rule_list, rule_retire

__all__ = [
    "alert_detail", "alert_explanation", "alert_list", "alert_replay", "batch_late", "model_detail", "model_list",
    "model_step", "reassessment_list", "rule_change", "rule_detail", "rule_list", "rule_retire", "training_cancel",
    "training_detail", "training_list", "training_request", "transaction_assessment", "transaction_explanation",
]  # fmt: skip
