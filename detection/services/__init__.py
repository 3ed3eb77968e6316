"""Every write of detection. `assess` is the one decision path."""

from ..bootstrap import ensure_default_detectors, ensure_first_model
from ..decisions.services import Decided, decision_make
from ..ml.registry.services import (
    STAGE_SERVICES,
    model_challenge,
    model_install,
    model_promote,
    model_retire,
    model_shadow,
)
from ..ml.training.services.model_publish import model_publish, model_train
from ..ml.training.services.training_cancel import training_cancel
from ..ml.training.services.training_due import training_due
from ..ml.training.services.training_request import training_request
from ..ml.training.services.training_wake import training_wake
from ..ml.training.services.training_work import training_work
from ..performance.services import model_threshold_set
from ..pipeline.assess import assess
from ..pipeline.late.reassess import reassess_due
from ..pipeline.replay import Replay, replay
from ..rules.services import ensure_default_rules, rule_change, rule_create, rule_retire

__all__ = [
    "STAGE_SERVICES",
    "Decided",
    "Replay",
    "assess",
    "decision_make",
    "ensure_default_detectors",
    "ensure_default_rules",
    "ensure_first_model",
    "model_challenge",
    "model_install",
    "model_promote",
    "model_publish",
    "model_retire",
    "model_shadow",
    "model_threshold_set",
    "model_train",
    "reassess_due",
    "replay",
    "rule_change",
    "rule_create",
    "rule_retire",
    "training_cancel",
    "training_due",
    "training_request",
    "training_wake",
    "training_work",
]  # fmt: skip
